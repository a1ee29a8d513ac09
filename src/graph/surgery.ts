import { architectureOf } from './architecture.ts';
import { InputError } from './errors.ts';
import { specOf } from './ops/index.ts';
import { alongChannels } from './ops/rules/layout.ts';
import { inferShapes, sizeOf } from './shapes.ts';
import { gatherAxes, zeroAlong } from './slices.ts';
import type { AxisChannels, Dependencies, Graph, Node, Op, Param, Weights } from './types.ts';
import type { KeptChannels } from '../terms/candidates.ts';

/**
 * The network at its kept channels, without weights: shapes of parameters, targets of reshapes, and constants along
 * channels are cut; ids, names and order stay.
 * @throws InputError where the kept channels don't fit the groups
 */
export function narrowGraph(graph: Graph, dependencies: Dependencies, kept: KeptChannels): Graph {
  architectureOf(dependencies, kept);
  const positions = positionsOf(kept);
  const length = (axis: AxisChannels | null | undefined, size: number) => positions(axis)?.length ?? size;
  const params: Record<string, Param> = {};
  for (const [id, param] of Object.entries(graph.params)) {
    const axes = dependencies.params[id];
    params[id] = { ...param, shape: param.shape.map((size, a) => length(axes?.[a], size)) };
  }
  const nodes = graph.nodes.map((node) => {
    const op = narrowOp(node, dependencies, positions);
    return op === node.op ? node : { ...node, op };
  });
  const narrow = { ...graph, nodes, params };
  inferShapes(narrow);
  return narrow;
}

/**
 * The smaller network: removed channels are really gone from every parameter. The arrays are new.
 * @throws InputError where the kept channels don't fit the groups, or weights are missing
 */
export function prune(
  graph: Graph,
  weights: Weights,
  dependencies: Dependencies,
  kept: KeptChannels,
): { graph: Graph; weights: Weights } {
  const narrow = narrowGraph(graph, dependencies, kept);
  const sliced = new Map<string, Float32Array>();
  for (const param of Object.values(graph.params)) {
    const data = dataOf(weights, param);
    sliced.set(param.id, sliceParam(data, param.shape, dependencies.params[param.id] ?? [], kept));
  }
  return { graph: narrow, weights: sliced };
}

/**
 * The kept part of one parameter, row-major: `axes` as in Dependencies.params. A new array.
 */
export function sliceParam(
  data: Float32Array,
  shape: readonly number[],
  axes: readonly (AxisChannels | null)[],
  kept: KeptChannels,
): Float32Array {
  const positions = positionsOf(kept);
  return gatherAxes(
    data,
    shape,
    shape.map((_, a) => positions(axes[a])),
  );
}

/**
 * The original network with the removed channels held at zero: all that makes them and all that reads them is zero,
 * so their value can't matter anywhere. Variances and other divisors stay. What `prune` gives must equal this. (Layer norm
 * over channels takes its statistics over all that are there: see statisticsOverChannels.)
 */
export function zeroRemoved(
  graph: Graph,
  weights: Weights,
  dependencies: Dependencies,
  kept: KeptChannels,
): Weights {
  architectureOf(dependencies, kept);
  const positions = positionsOf(kept);
  const divisors = divisorsOf(graph);
  const zeroed = new Map<string, Float32Array>();
  for (const param of Object.values(graph.params)) {
    const data = dataOf(weights, param).slice();
    zeroed.set(param.id, data);
    if (divisors.has(param.id)) continue;
    param.shape.forEach((size, a) => {
      const keep = positions(dependencies.params[param.id]?.[a]);
      if (!keep) return;
      const removed = new Uint8Array(size).fill(1);
      for (const p of keep) removed[p] = 0;
      zeroAlong(data, param.shape, a, removed);
    });
  }
  return zeroed;
}

/** Parameters that something is divided by: there is no value at zero. */
function divisorsOf({ nodes }: Graph): ReadonlySet<string | undefined> {
  const constants = new Map(nodes.flatMap(({ id, params }) => (params.value ? [[id, params.value]] : [])));
  const divided = nodes.flatMap(({ op, inputs }) => (op.kind === 'divide' ? inputs.slice(1) : []));
  return new Set([...nodes.map(({ params }) => params.variance), ...divided.map((id) => constants.get(id))]);
}

/**
 * The same function with the channels of every group in another order: channel c of group g is what channel
 * permutations[g][c] was, everywhere. Groups through an `affine` of one constant a channel keep their order, since that
 * constant is part of the graph and not of the weights.
 * @throws InputError where a permutation does not fit its group
 */
export function permuteChannels(
  graph: Graph,
  weights: Weights,
  dependencies: Dependencies,
  permutations: readonly (readonly number[])[],
): Weights {
  dependencies.groups.forEach((group, g) => {
    const sorted = [...(permutations[g] ?? [])].sort((a, b) => a - b);
    if (sorted.length !== group.size || sorted.some((c, i) => c !== i))
      throw new InputError(
        `the order for group "${group.id}" is not a permutation of its ${group.size} channels`,
      );
  });
  const held = new Set<number>();
  for (const { id, op } of graph.nodes)
    if (specOf(op).ordered?.(op))
      for (const g of alongChannels(dependencies.values[id])?.group ?? []) held.add(g);
  for (const { id, op } of graph.nodes)
    for (const g of partlyMadeUp(op, dependencies.values[id])) held.add(g);

  const orders = new Map<AxisChannels, Int32Array>();
  const order = (axis: AxisChannels | null | undefined): Int32Array | null => {
    if (!axis) return null;
    let found = orders.get(axis);
    if (!found) orders.set(axis, (found = orderAlong(axis, permutations, held)));
    return found;
  };
  const permuted = new Map<string, Float32Array>();
  for (const param of Object.values(graph.params)) {
    const axes = dependencies.params[param.id];
    const orderOf = param.shape.map((_, a) => order(axes?.[a]));
    permuted.set(param.id, gatherAxes(dataOf(weights, param), param.shape, orderOf));
  }
  return permuted;
}

/** Groups that have some channels where an op makes values up, and others where it is given them. */
function partlyMadeUp(op: Op, axes: readonly (AxisChannels | null)[]): number[] {
  const { madeUp } = specOf(op);
  if (!madeUp) return [];
  return axes.flatMap((axis, a) => {
    const kinds = new Map<number, Set<boolean>>();
    axis?.group.forEach((g, p, all) => {
      const found = kinds.get(g) ?? new Set();
      kinds.set(g, found.add(madeUp(op, a, p, all.length)));
    });
    return [...kinds].flatMap(([g, found]) => (found.size > 1 ? [g] : []));
  });
}

/** For each position along an axis, the position whose content it takes: the k-th of one channel, of the other. */
function orderAlong(
  axis: AxisChannels,
  permutations: readonly (readonly number[])[],
  held: ReadonlySet<number>,
): Int32Array {
  const n = axis.group.length;
  const lists = new Map<number, number[][]>();
  for (let i = 0; i < n; i++) {
    const g = axis.group[i];
    if (g < 0) continue;
    let channels = lists.get(g);
    if (!channels) lists.set(g, (channels = permutations[g].map(() => [])));
    channels[axis.channel[i]].push(i);
  }
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (const [g, channels] of lists) {
    if (held.has(g)) continue;
    channels.forEach((positions, c) => {
      const from = channels[permutations[g][c]];
      positions.forEach((p, k) => (order[p] = from[k]));
    });
  }
  return order;
}

/** Ascending positions that stay along an axis, or null where all do; found once for each distinct axis. */
export function positionsOf(
  kept: KeptChannels,
): (axis: AxisChannels | null | undefined) => Int32Array | null {
  const masks: (Uint8Array | undefined)[] = [];
  const known = new Map<AxisChannels, Int32Array | null>();
  const maskOf = (group: number): Uint8Array => {
    let mask = masks[group];
    if (!mask) {
      const channels = kept[group];
      mask = new Uint8Array(channels.length === 0 ? 0 : channels[channels.length - 1] + 1);
      for (const c of channels) mask[c] = 1;
      masks[group] = mask;
    }
    return mask;
  };
  return (axis) => {
    if (!axis) return null;
    const found = known.get(axis);
    if (found !== undefined) return found;
    const stay: number[] = [];
    for (let i = 0; i < axis.group.length; i++)
      if (axis.group[i] < 0 || maskOf(axis.group[i])[axis.channel[i]] === 1) stay.push(i);
    const result = stay.length === axis.group.length ? null : Int32Array.from(stay);
    known.set(axis, result);
    return result;
  };
}

function narrowOp(
  { id, op, inputs, params }: Node,
  dependencies: Dependencies,
  positions: (axis: AxisChannels | null | undefined) => Int32Array | null,
): Op {
  const axes = dependencies.values[id] ?? [];
  const narrow = specOf(op).narrow?.(op, {
    rank: axes.length,
    output: (axis) => positions(axes[axis]),
    length: (axis) => axes[axis]?.group.length,
    input: (axis) => positions(dependencies.values[inputs[0]]?.[axis]),
    runsAlong: (role, axis) => !!dependencies.params[params[role]]?.[axis],
  });
  return narrow ?? op;
}

function dataOf(weights: Weights, param: Param): Float32Array {
  const data = weights.get(param.id);
  if (!data) throw new InputError(`there are no weights for "${param.id}"`);
  if (data.length !== sizeOf(param.shape))
    throw new InputError(
      `the weights of "${param.id}" are ${data.length} numbers, expected ${sizeOf(param.shape)} for [${param.shape.join(', ')}]`,
    );
  return data;
}
