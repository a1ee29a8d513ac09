import type { Call, LayerSpec, ModelSpec, TensorRef } from './layer-spec.ts';

/** One call of one layer of a functional model. */
export interface Placed {
  readonly layer: LayerSpec;
  readonly call: Call;
  /** which of the layer's calls it is */
  readonly index: number;
}

export interface Order {
  /** every call behind those that it reads from; what waits for itself, or for nothing that there is, comes last */
  readonly calls: readonly Placed[];
  /** layer -> how many of its calls aren't listed */
  readonly offsets: ReadonlyMap<string, number>;
}

const known = new WeakMap<ModelSpec, Order>();

/**
 * The order in which a functional model's calls can be made. Layers come roughly in order, so passes over the list
 * are what is meant: each takes all calls whose inputs are there, until none is left. A call's pass follows from
 * those of its inputs, so that all are found in one walk, whichever way the layers are listed.
 */
export function orderOf(model: ModelSpec): Order {
  const found = known.get(model);
  if (found) return found;
  const made = makeOrder(model);
  known.set(model, made);
  return made;
}

function makeOrder(model: ModelSpec): Order {
  const offsets = nodeOffsets(model);
  const calls = model.layers.flatMap((layer) => layer.calls.map((call, index) => ({ layer, call, index })));
  const given = new Set(model.inputs.map((ref) => `${ref.layer}\n0`));
  const at = new Map(calls.map(({ layer, index }, i) => [`${layer.name}\n${index}`, i]));
  const readers: number[][] = calls.map(() => []);
  const missing = new Int32Array(calls.length);
  calls.forEach(({ call }, i) => {
    const inputs = new Set(tensorsOf(call).map((ref) => keyOf(ref, offsets)));
    for (const key of inputs) {
      if (given.has(key)) continue;
      missing[i]++;
      const source = at.get(key);
      if (source !== undefined) readers[source].push(i);
    }
  });
  // in rounds: a call waits for the next one only where it is listed before what it reads
  const pass = new Float64Array(calls.length).fill(Infinity);
  const ready = calls.flatMap((_, i) => (missing[i] === 0 ? [i] : []));
  for (const i of ready) pass[i] = 0;
  while (ready.length > 0) {
    const i = ready.pop()!;
    for (const reader of readers[i]) {
      const least = pass[i] + (i < reader ? 0 : 1);
      if (pass[reader] === Infinity || pass[reader] < least) pass[reader] = least;
      if (--missing[reader] === 0) ready.push(reader);
    }
  }
  const stuck = (i: number) => (missing[i] > 0 ? 1 : 0);
  const order = calls.map((_, i) => i);
  order.sort((a, b) => stuck(a) - stuck(b) || (stuck(a) ? 0 : pass[a] - pass[b]) || a - b);
  return { calls: order.map((i) => calls[i]), offsets };
}

/** Which value a reference is to: layer and listed call. */
export function keyOf(ref: TensorRef, offsets: ReadonlyMap<string, number>): string {
  return `${ref.layer}\n${ref.node - (offsets.get(ref.layer) ?? 0)}`;
}

/**
 * Some versions count a nested model's own construction as its call 0 and leave it out of inbound_nodes. All
 * calls that are listed are used, so the largest index used shows which way it is.
 */
function nodeOffsets(model: ModelSpec): Map<string, number> {
  const largest = new Map<string, number>();
  const see = (ref: TensorRef) => largest.set(ref.layer, Math.max(largest.get(ref.layer) ?? 0, ref.node));
  for (const layer of model.layers) for (const call of layer.calls) tensorsOf(call).forEach(see);
  model.outputs.forEach(see);
  const offsets = new Map<string, number>();
  for (const layer of model.layers)
    if (layer.model && largest.get(layer.name) === layer.calls.length) offsets.set(layer.name, 1);
  return offsets;
}

/** All tensors that a call reads, in order. */
export function tensorsOf(call: Call): TensorRef[] {
  return [...call.args, ...Object.values(call.kwargs)].flatMap((a) => ('tensor' in a ? [a.tensor] : []));
}
