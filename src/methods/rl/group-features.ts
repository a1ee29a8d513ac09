import { kernelOf } from '../../graph/op-facts.ts';
import { alongChannels } from '../../graph/ops/rules/layout.ts';
import { inferShapes } from '../../graph/shapes.ts';
import type { ChannelGroup, Dependencies, Graph, Node } from '../../graph/types.ts';
import type { SweepGroup } from './sweep.ts';

interface Layer {
  readonly input: number;
  readonly stride: number;
  readonly kernel: number;
}

/**
 * Every channel group with what never changes about it: channels in, channels out, stride and kernel side of the layers
 * that make its channels (docs/methods/agent.md, "State"), each divided by the largest among the groups that aren't
 * frozen. A group that several layers make (a residual stage) has the mean of their inputs and kernels and the largest
 * of their strides; one that a depthwise layer passes on counts that layer's stride and kernel too.
 */
export function sweepGroups(graph: Graph, dependencies: Dependencies): SweepGroup[] {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const shapes = inferShapes(graph);
  const layers = dependencies.groups.map((group) => layersOf(group, nodes, graph, shapes));
  const numbers = dependencies.groups.map((group, g) => {
    const own = layers[g];
    const mean = (of: (layer: Layer) => number) =>
      own.length ? own.reduce((sum, layer) => sum + of(layer), 0) / own.length : 0;
    return [
      mean((layer) => layer.input),
      group.size,
      Math.max(0, ...own.map((layer) => layer.stride)),
      mean((layer) => layer.kernel),
    ];
  });
  const open = numbers.filter((_, g) => dependencies.groups[g].frozen === undefined);
  const largest = [0, 1, 2, 3].map((k) => Math.max(1, ...open.map((values) => values[k])));
  return dependencies.groups.map((group, g) => ({
    size: group.size,
    frozen: group.frozen !== undefined,
    features: numbers[g].map((value, k) => value / largest[k]),
  }));
}

function layersOf(
  group: ChannelGroup,
  nodes: ReadonlyMap<string, Node>,
  graph: Graph,
  shapes: Readonly<Record<string, readonly number[]>>,
): Layer[] {
  return group.members.flatMap(({ node: id, role }): Layer[] => {
    const node = nodes.get(id);
    if (!node || role === 'consumer') return [];
    const { op } = node;
    const input = alongChannels(shapes[node.inputs[0]] ?? []) ?? 0;
    const kernel = kernelOf(op);
    if (!kernel) return [];
    const { shape } = graph.params[node.params.kernel];
    const stride = 'strides' in op ? Math.max(...op.strides) : 1;
    return [{ input, stride, kernel: Math.max(1, ...(kernel.window ?? []).map((axis) => shape[axis])) }];
  });
}
