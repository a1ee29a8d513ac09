import { InputError } from '../../graph/errors.ts';
import { MAX_NODES } from '../limits.ts';
import type { Graph, Op } from '../../graph/types.ts';
import { fold, shapeOfLive } from './fold/index.ts';
import { readerOf } from './ops/index.ts';
import { hasGraphs, readBySubgraphs } from './proto/model.ts';
import type { Attribute, OnnxModel, OnnxNode, ValueInfo } from './proto/model.ts';
import { isReal, TYPE } from './proto/tensor.ts';
import { IMAGE_AXES, Reading, Step } from './reading/reading.ts';
import type { Sizes } from './reading/reading.ts';
import { constant, Unsaid } from './reading/values.ts';
import type { Constant, Live, Value } from './reading/values.ts';

/** Where an input or output of the network is in the file, and how it lies there. */
export interface Port {
  readonly name: string;
  readonly type: number;
  /** for each axis of ours, which axis it is in the file */
  readonly axes: readonly number[];
  readonly rank: number;
  /** the batch's axis in the file; -1 where there is none */
  readonly batch: number;
}

/** A file's network as a graph of ours. */
export interface Network {
  readonly graph: Graph;
  readonly reading: Reading;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** how many nodes our graph can't say */
  readonly opaque: number;
}

/** A batch that no other size of a network has as a factor: what is left of it in a size is the batch's. */
const OPEN_BATCH = 10_007;

/** Heights and widths that are tried where a file leaves them open. */
const OPEN_SIZES = [224, 256, 320, 64];

/**
 * The network of a file.
 * @throws InputError where the file is no network: sizes that are nowhere said, values that nothing gives
 */
export function readNetwork(model: OnnxModel): Network {
  const inputs = trueInputs(model);
  const first = inputs.find(({ dims }) => (dims?.length ?? 0) > 1) ?? inputs[0];
  const size = first?.dims?.[0];
  const fixed = typeof size === 'number' && size > 0;
  const open = inputs.some(({ dims }) => dims?.slice(1).some((d) => typeof d !== 'number' || d < 1));
  const batches = fixed ? [size] : [OPEN_BATCH, 1];
  const sizes = batches.flatMap((batch) => (open ? OPEN_SIZES : [1]).map((one) => ({ batch, open: one })));
  let best: Network | undefined;
  let failure: unknown;
  for (const one of sizes) {
    try {
      const found = readAt(model, inputs, one);
      if (!best || found.opaque < best.opaque) best = found;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      failure ??= error;
    }
    if (best?.opaque === 0) break;
  }
  if (!best) throw failure;
  return best;
}

/** Inputs that aren't weights: old files list those among them. */
export function trueInputs({ graph }: OnnxModel): readonly ValueInfo[] {
  const inputs = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  if (inputs.length === 0) throw new InputError('its network has no input');
  return inputs;
}

/** Reads it at these sizes. */
export function readAt(model: OnnxModel, inputs: readonly ValueInfo[], sizes: Sizes): Network {
  const reading = new Reading(model, sizes);
  const { graph } = model;
  const layers = layerNames(graph.nodes);
  const taken = new Set<string>(layers);
  const ports = inputs.map((info) => input(reading, info, taken));
  for (const [name, tensor] of graph.initializers)
    reading.values.set(name, { kind: 'constant', tensor, origin: name });
  let opaque = 0;
  graph.nodes.forEach((node, index) => {
    const step = new Step(reading, node, index, layers[index]);
    if (!follow(step)) opaque++;
  });
  if (reading.nodes.length > MAX_NODES)
    throw new InputError(`its network has more than the ${MAX_NODES} nodes that Espalier follows`);
  const used = new Set<string>();
  const outputs = graph.outputs.map((info): [string, Port] => {
    const [node, port] = output(reading, info, used, taken);
    used.add(node);
    return [node, port];
  });
  const named = new Set(reading.nodes.flatMap((node) => Object.values(node.params)));
  for (const id of Object.keys(reading.params))
    if (!named.has(id)) {
      delete reading.params[id];
      reading.stored.delete(id);
    }
  return {
    graph: {
      nodes: reading.nodes,
      inputs: ports.map(([node]) => node),
      outputs: outputs.map(([node]) => node),
      params: reading.params,
    },
    reading,
    inputs: ports.map(([, port]) => port),
    outputs: outputs.map(([, port]) => port),
    opaque,
  };
}

/** A name for every node by which people find it: its own where no other has it, else that of what it gives. */
function layerNames(nodes: readonly OnnxNode[]): string[] {
  const times = new Map<string, number>();
  for (const { name } of nodes) times.set(name, (times.get(name) ?? 0) + 1);
  const taken = new Set<string>();
  return nodes.map(({ name, outputs, op }, i) => {
    const own = name && times.get(name) === 1 ? name : outputs.find(Boolean);
    let found = own ?? `${op}_${i}`;
    while (taken.has(found)) found += "'";
    taken.add(found);
    return found;
  });
}

function input(reading: Reading, { name, dims, type }: ValueInfo, taken: Set<string>): [string, Port] {
  if (!dims) throw new InputError(`its input "${name}" has no shape`);
  if (type === TYPE.string || type === TYPE.bool || dims.length > 8)
    throw new InputError(`its input "${name}" takes no numbers that Espalier can give it`);
  const batch = dims.length > 1 ? 0 : -1;
  const { sizes } = reading;
  const actual = dims.map((d, a) => {
    if (a === batch) return sizes.batch;
    return typeof d === 'number' && d > 0 ? d : a === 1 && dims.length === 4 ? 3 : sizes.open;
  });
  if (batch === 0 && typeof dims[0] === 'number' && dims[0] > 0 && dims[0] !== sizes.batch)
    throw new InputError(`its inputs have batches of ${sizes.batch} and of ${dims[0]}`);
  const axes = [...dims.keys()].filter((a) => a !== batch);
  const order = dims.length === 4 && !channelsLast(reading, name, actual) ? IMAGE_AXES : axes;
  let layer = name;
  while (taken.has(layer)) layer += "'";
  taken.add(layer);
  const node = reading.emit(layer, 'Input', { kind: 'input', shape: order.map((a) => actual[a]) }, []);
  reading.values.set(name, reading.live(node, order, dims.length, batch));
  reading.made.set(name, node);
  return [node, { name, type, axes: order, rank: dims.length, batch }];
}

/** Whether a file's image has its channels last, as TensorFlow's have. */
function channelsLast({ model }: Reading, name: string, dims: readonly number[]): boolean {
  const reader = model.graph.nodes.find(({ inputs }) => inputs.includes(name));
  const perm = reader?.op === 'Transpose' ? reader.attributes.get('perm')?.ints.join() : undefined;
  if (perm !== undefined) return perm === '0,3,1,2';
  const few = (n: number): boolean => n === 1 || n === 3 || n === 4;
  return few(dims[3]) && !few(dims[1]) && reader?.op !== 'Conv';
}

function output(
  reading: Reading,
  { name, type }: ValueInfo,
  used: ReadonlySet<string>,
  taken: Set<string>,
): [string, Port] {
  const value = reading.values.get(name);
  if (!value) throw new InputError(`its output "${name}" is given by no node`);
  const own = (op: Op, inputs: readonly string[]): string => {
    let layer = name;
    while (taken.has(layer) || reading.shapes[layer]) layer += "'";
    return reading.emit(layer, 'Output', op, inputs);
  };
  if (value.kind === 'live') {
    const { node, axes, dims, batch } = value;
    const again = used.has(node) || reading.nodeOf(node).op.kind === 'input';
    return [again ? own({ kind: 'identity' }, [node]) : node, { name, type, axes, rank: dims.length, batch }];
  }
  if (value.kind === 'constant') {
    const shape = value.tensor.dims.map((d) => Math.max(d, 1));
    const node = own({ kind: 'opaque', what: 'a constant', shape }, []);
    return [node, { name, type, axes: [...shape.keys()], rank: shape.length, batch: -1 }];
  }
  const node = used.has(value.node) ? own({ kind: 'identity' }, [value.node]) : value.node;
  return [node, { name, type, axes: [0], rank: 1, batch: -1 }];
}

/** Reads one node, and gives its outputs their values. @returns whether our graph can say it */
function follow(step: Step): boolean {
  const { node, reading } = step;
  for (const name of node.inputs)
    if (name && !reading.values.has(name))
      throw new InputError(
        `its node "${step.layer}" (${node.op}) reads "${name}", which no node before it gives`,
      );
  if (node.op === 'Constant' && node.domain === '') {
    const value = constantOf(node);
    if (value) {
      reading.values.set(node.outputs[0], value);
      return true;
    }
  }
  const before = reading.nodes.length;
  const edits = reading.edits.length;
  try {
    const values = read(step);
    node.outputs.forEach((name, i) => {
      if (!name) return;
      const value = values[i];
      if (!value) {
        if (reading.readers.has(name)) throw new Unsaid('an output');
        return;
      }
      reading.values.set(name, value);
      if (value.kind === 'live' && reading.nodes.length > before) reading.made.set(name, value.node);
    });
    return true;
  } catch (error) {
    if (!(error instanceof Unsaid || error instanceof InputError)) throw error;
    reading.undo(before, edits);
    opaque(
      step,
      error instanceof Unsaid ? error.message && ` with ${error.message}` : `, since its ${error.message}`,
    );
    return false;
  }
}

function read(step: Step): readonly Value[] {
  const { node } = step;
  const inputs = node.inputs.map((_, i) => step.input(i));
  const given = inputs.filter((one) => one !== undefined);
  if (hasGraphs(node)) throw new Unsaid('');
  if (given.length > 0 && given.every(({ kind }) => kind === 'constant')) return [fold(step)];
  if (node.domain === '' && (node.op === 'Shape' || node.op === 'Size') && inputs[0]?.kind === 'live') {
    if (node.op === 'Shape') return [shapeOfLive(step)];
  }
  const reader = readerOf(node);
  if (!reader) throw new Unsaid('');
  return reader(step);
}

function constantOf(node: OnnxNode): Constant | undefined {
  const origin = node.outputs[0];
  const get = (name: string): Attribute | undefined => node.attributes.get(name);
  const tensor = get('value')?.tensor;
  if (tensor) return { kind: 'constant', tensor, origin };
  const made = (type: number, dims: readonly number[], values: readonly number[]): Constant =>
    constant(
      type,
      dims,
      () => (type === TYPE.float ? Float32Array.from(values) : Float64Array.from(values)),
      { origin },
    );
  const [float, int, floats, ints] = ['value_float', 'value_int', 'value_floats', 'value_ints'].map(get);
  if (float) return made(TYPE.float, [], [float.f]);
  if (int) return made(TYPE.int64, [], [int.i]);
  if (floats) return made(TYPE.float, [floats.floats.length], floats.floats);
  if (ints) return made(TYPE.int64, [ints.ints.length], ints.ints);
  return undefined;
}

/** Operators that give a value of the first input's shape, whatever else they do. */
const SHAPED = new Set(
  `Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Cast Ceil Cos Cosh CumSum DequantizeLinear Det Floor Hardmax IsInf IsNaN
  LRN LpNormalization MeanVarianceNormalization Not QuantizeLinear Round Sign Sin Sinh Shrink Softmax LogSoftmax Tan Trilu
  Clip PRelu GroupNormalization InstanceNormalization LayerNormalization ScatterElements ScatterND Pow`.split(
    /\s+/,
  ),
);

/** What our graph can't say: it freezes what it reads, and all behind it is followed on by its shape alone. */
function opaque(step: Step, why: string): void {
  const { node, reading } = step;
  const name = node.domain ? `${node.domain}.${node.op}` : node.op;
  const what = `${name}${why}`;
  const reads = [...node.inputs, ...(hasGraphs(node) ? readBySubgraphs(node) : [])];
  const inputs = new Set(
    reads.flatMap((input) => {
      const value = reading.values.get(input);
      return value && value.kind !== 'constant' ? [value.node] : [];
    }),
  );
  for (const output of node.outputs) {
    if (!output) continue;
    const known = shapeBehind(step, output);
    const { axes, batch } = known;
    const shape = axes.map((a) => (a === batch ? known.dims![a] / reading.batch : (known.dims?.[a] ?? 1)));
    const made = reading.emit(step.layer, node.op, { kind: 'opaque', what, shape }, [...inputs]);
    const live: Value = known.dims
      ? reading.live(made, axes, known.dims.length, batch)
      : { kind: 'unknown', node: made };
    reading.values.set(output, live);
  }
}

interface Known extends Pick<Live, 'axes' | 'batch'> {
  /** undefined: nothing is known */
  readonly dims: readonly number[] | undefined;
}

/** What the file, or the operator, says of the shape of a value. */
function shapeBehind({ node, reading }: Step, output: string): Known {
  const { graph } = reading.model;
  const info = graph.values.get(output) ?? graph.outputs.find(({ name }) => name === output);
  const first = reading.values.get(node.inputs[0] ?? '');
  const said = info?.dims?.map((d, a) => (typeof d === 'number' && d > 0 ? d : a === 0 ? reading.batch : -1));
  if (first?.kind === 'live' && node.domain === '' && SHAPED.has(node.op) && output === node.outputs[0])
    return { dims: first.dims, axes: first.axes, batch: first.batch };
  if (!said || said.includes(-1) || said.length === 0 || (info && !isReal(info.type) && info.type !== 0))
    return { dims: undefined, axes: [0], batch: -1 };
  const batch = said[0] % reading.batch === 0 && said.length > 1 ? 0 : -1;
  const axes = [...said.keys()].filter((a) => a !== batch || said[a] > reading.batch);
  const image = said.length === 4 && axes.length === 3;
  return { dims: said, axes: image ? IMAGE_AXES : axes, batch };
}
