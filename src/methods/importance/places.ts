import { hasStatistics, kernelOf, learntAxes, mixes } from '../../graph/op-facts.ts';
import type { AxisChannels, Dependencies, Graph, Node } from '../../graph/types.ts';
import { sizeOf } from '../../graph/ops/rules/sizes.ts';

/** One place where channels of a group are made or scaled: an axis of a parameter. */
export interface Place {
  readonly param: string;
  readonly axis: number;
  readonly shape: readonly number[];
  readonly channels: AxisChannels;
}

/** Kernels that make channels, one place a kernel (a shared layer's kernel once). */
export function producerPlaces(graph: Graph, dependencies: Dependencies): Place[] {
  return places(graph, dependencies, ({ op }) => {
    const kernel = kernelOf(op);
    return kernel && mixes(kernel) ? [['kernel', kernel.out[0]]] : [];
  });
}

/** Scales (gamma) of batch norms. */
export function scalePlaces(graph: Graph, dependencies: Dependencies): Place[] {
  return places(graph, dependencies, ({ op }) => (hasStatistics(op) ? [['gamma', 0]] : []));
}

/** Every parameter slice that goes when a channel goes and that only this channel's producers own. */
export function ownedPlaces(graph: Graph, dependencies: Dependencies): Place[] {
  return places(graph, dependencies, ({ op }) => (kernelOf(op) || hasStatistics(op) ? learntAxes(op) : []));
}

function places(
  graph: Graph,
  dependencies: Dependencies,
  rolesOf: (node: Node) => readonly (readonly [string, number])[],
): Place[] {
  const result = new Map<string, Place>();
  for (const node of graph.nodes)
    for (const [role, axis] of rolesOf(node)) {
      const param = node.params[role];
      const channels = param === undefined ? null : dependencies.params[param]?.[axis];
      if (!channels || result.has(param)) continue;
      if (!channels.group.some((g) => g >= 0 && dependencies.groups[g].frozen === undefined)) continue;
      result.set(param, { param, axis, shape: graph.params[param].shape, channels });
    }
  return [...result.values()];
}

/** Calls `visit` with every element's index in the flat array and its position along the axis. */
export function eachAlong(
  shape: readonly number[],
  axis: number,
  visit: (index: number, position: number) => void,
): void {
  const inner = sizeOf(shape.slice(axis + 1));
  const size = shape[axis];
  const total = sizeOf(shape);
  for (let i = 0; i < total; i++) visit(i, Math.floor(i / inner) % size);
}
