import type { Graph, Node, Weights } from '../../graph/types.ts';

/**
 * For every layer with a kernel the L1 norm of each of its filters over the layer's largest (0..1), by position along
 * its output's channels. A layer of several kernels (a separable convolution) gives its last.
 */
export function filterNorms(graph: Graph, weights: Weights): Map<string, number[]> {
  const result = new Map<string, number[]>();
  for (const node of graph.nodes) {
    const kernel = node.params.kernel;
    const values = kernel === undefined ? undefined : weights.get(kernel);
    const place = values && placeOf(node, graph.params[kernel].shape);
    if (!place) continue;
    const { width, of } = place;
    const norms = new Float64Array(width);
    for (let i = 0; i < values.length; i++) norms[of(i)] += Math.abs(values[i]);
    const most = norms.reduce((a, b) => Math.max(a, b), 0);
    // three digits: it decides a shade
    result.set(
      node.layer,
      Array.from(norms, (v) => (most > 0 ? Math.round((1000 * v) / most) / 1000 : 0)),
    );
  }
  return result;
}

/** Which output channel an element of a kernel belongs to. */
function placeOf(
  { op }: Node,
  shape: readonly number[],
): { width: number; of: (index: number) => number } | null {
  const last = shape.at(-1)!;
  switch (op.kind) {
    case 'conv2d':
    case 'dense':
      return { width: last, of: (i) => i % last };
    case 'depthwiseConv2d': {
      const width = last * shape[2];
      return { width, of: (i) => i % width };
    }
    case 'conv2dTranspose':
      return { width: shape[2], of: (i) => Math.floor(i / last) % shape[2] };
    default:
      return null;
  }
}
