import type { AxisChannels, Dependencies, Graph, Node } from '../../graph/types.ts';

/** One place where channels of a group are made or scaled: an axis of a parameter. */
export interface Place {
  readonly param: string;
  readonly axis: number;
  readonly shape: readonly number[];
  readonly channels: AxisChannels;
}

/** The axis of a layer's kernel along which its own output channels run; undefined where it makes none. */
export function outputAxis(node: Node): number | undefined {
  switch (node.op.kind) {
    case 'conv2d':
      return 3;
    case 'conv2dTranspose':
      return 2;
    case 'dense':
      return 1;
    default:
      return undefined;
  }
}

/** Kernels that make channels, one place a kernel (a shared layer's kernel once). */
export function producerPlaces(graph: Graph, dependencies: Dependencies): Place[] {
  return places(graph, dependencies, (node) => {
    const axis = outputAxis(node);
    return axis === undefined ? [] : [['kernel', axis]];
  });
}

/** Scales (gamma) of batch norms. */
export function scalePlaces(graph: Graph, dependencies: Dependencies): Place[] {
  return places(graph, dependencies, (node) => (node.op.kind === 'batchNorm' ? [['gamma', 0]] : []));
}

/** Every parameter slice that goes when a channel goes and that only this channel's producers own. */
export function ownedPlaces(graph: Graph, dependencies: Dependencies): Place[] {
  return places(graph, dependencies, (node) => {
    const axis = outputAxis(node);
    if (axis !== undefined)
      return [
        ['kernel', axis],
        ['bias', 0],
      ];
    if (node.op.kind === 'depthwiseConv2d')
      return [
        ['kernel', 2],
        ['bias', 0],
      ];
    if (node.op.kind === 'batchNorm')
      return [
        ['gamma', 0],
        ['beta', 0],
      ];
    return [];
  });
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
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const size = shape[axis];
  const total = shape.reduce((a, b) => a * b, 1);
  for (let i = 0; i < total; i++) visit(i, Math.floor(i / inner) % size);
}
