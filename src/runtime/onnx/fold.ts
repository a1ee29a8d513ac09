import { hasStatistics, kernelOf, madeChannels } from '../../graph/op-facts.ts';
import type { Graph, Node, Weights } from '../../graph/types.ts';

/** A batch norm as y = scale x + shift. */
export function batchNormScale(
  node: Node,
  epsilon: number,
  weights: Weights,
): { scale: Float32Array; shift: Float32Array } {
  const get = (role: string): Float32Array | undefined => weights.get(node.params[role]);
  const mean = get('mean')!;
  const variance = get('variance')!;
  const gamma = get('gamma');
  const beta = get('beta');
  const scale = new Float32Array(mean.length);
  const shift = new Float32Array(mean.length);
  for (let c = 0; c < mean.length; c++) {
    const s = (gamma?.[c] ?? 1) / Math.sqrt(variance[c] + epsilon);
    scale[c] = s;
    shift[c] = (beta?.[c] ?? 0) - mean[c] * s;
  }
  return { scale, shift };
}

/**
 * The same network, for inference, with every batch norm that directly follows a convolution or dense layer of its own
 * merged into that layer's kernel and bias. Neither graph nor weights given are changed.
 */
export function foldBatchNorms(graph: Graph, weights: Weights): { graph: Graph; weights: Weights } {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const readers = new Map<string, number>();
  const users = new Map<string, number>();
  const count = (map: Map<string, number>, id: string): unknown => map.set(id, (map.get(id) ?? 0) + 1);
  for (const node of graph.nodes) {
    node.inputs.forEach((id) => count(readers, id));
    Object.values(node.params).forEach((id) => count(users, id));
  }
  graph.outputs.forEach((id) => count(readers, id));

  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const params = { ...graph.params };
  const values = new Map(weights);
  for (const node of graph.nodes) {
    if (!hasStatistics(node.op)) continue;
    const layer = byId.get(node.inputs[0])!;
    const { kernel, bias } = layer.params;
    const alone = (id: string | undefined): boolean => id === undefined || users.get(id) === 1;
    if (!kernelOf(layer.op)?.linear || readers.get(layer.id) !== 1 || !alone(kernel) || !alone(bias))
      continue;

    const { scale, shift } = batchNormScale(node, node.op.epsilon, weights);
    values.set(kernel, scaleKernel(layer, weights.get(kernel)!, graph.params[kernel].shape, scale));
    const old = bias === undefined ? undefined : weights.get(bias);
    const biasId = bias ?? `${layer.id}/folded-bias`;
    params[biasId] ??= { id: biasId, shape: [scale.length], trainable: false };
    values.set(
      biasId,
      shift.map((s, c) => s + (old?.[c] ?? 0) * scale[c]),
    );
    nodes.set(layer.id, { ...layer, params: { ...layer.params, bias: biasId } });
    nodes.set(node.id, { ...node, op: { kind: 'identity' }, params: {} });
  }
  return { graph: { ...graph, nodes: graph.nodes.map((n) => nodes.get(n.id)!), params }, weights: values };
}

/** Every weight with the scale of the output channel that it goes into. */
function scaleKernel(
  layer: Node,
  kernel: Float32Array,
  shape: readonly number[],
  scale: Float32Array,
): Float32Array {
  const { of } = madeChannels(kernelOf(layer.op)!, shape);
  return kernel.map((v, i) => v * scale[of(i)]);
}
