import { kernelOf, madeChannels } from '../../graph/op-facts.ts';
import type { Graph, Weights } from '../../graph/types.ts';

/**
 * For every layer with a kernel the L1 norm of each of its filters over the layer's largest (0..1), by position along
 * its output's channels. A layer of several kernels (a separable convolution) gives its last.
 */
export function filterNorms(graph: Graph, weights: Weights): Map<string, number[]> {
  const result = new Map<string, number[]>();
  for (const node of graph.nodes) {
    const kernel = node.params.kernel;
    const spec = kernelOf(node.op);
    const values = spec && weights.get(kernel);
    if (!values) continue;
    const { count, of } = madeChannels(spec, graph.params[kernel].shape);
    const norms = new Float64Array(count);
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
