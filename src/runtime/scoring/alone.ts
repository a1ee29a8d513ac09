import type { Graph, Node, Shape } from '../../graph/types.ts';

/** One layer as a network of its own, whose inputs are the values that it reads, each once. */
export function alone(graph: Graph, node: Node, shapes: Readonly<Record<string, Shape>>): Graph {
  const inputs = [...new Set(node.inputs)];
  const params = Object.fromEntries(Object.values(node.params).map((id) => [id, graph.params[id]]));
  return {
    nodes: [
      ...inputs.map((id) => ({
        id,
        layer: id,
        layerType: 'InputLayer',
        op: { kind: 'input' as const, shape: shapes[id] },
        inputs: [],
        params: {},
      })),
      node,
    ],
    inputs,
    outputs: [node.id],
    params,
  };
}
