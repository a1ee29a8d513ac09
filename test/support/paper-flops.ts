import { layerCosts } from '../../src/graph/cost.ts';
import { alongChannels } from '../../src/graph/ops/rules/layout.ts';
import { sizeOf } from '../../src/graph/shapes.ts';
import type { Dependencies, Graph, Node, Shape } from '../../src/graph/types.ts';
import type { Architecture } from '../../src/terms/candidates.ts';

export interface PaperOptions {
  /** default true, as for their ResNet-50 */
  readonly countRelu?: boolean;
  /** default false, as for their ResNet-50 */
  readonly countGlobalPool?: boolean;
}

/**
 * The FLOPs of the MetaPruning and rewarded meta-pruning papers' counter, to compare with their tables:
 * multiply-accumulates of convolutions, weights and biases of dense layers, one for each element behind a batch norm or
 * (`countRelu`) a ReLU, and window size times output for max and average pooling. ReLU counts in their ResNet-50 and in
 * neither MobileNet, where it is not a module; the last pooling the other way about (`countGlobalPool`), since the
 * MobileNets' is an average pooling of 7 x 7 and ResNet-50's an adaptive one. (docs/methods/metapruning.md, "FLOPs
 * count") In single operations, not millions.
 */
export function paperFlops(
  graph: Graph,
  dependencies: Dependencies,
  architecture: Architecture,
  options: PaperOptions = {},
): number {
  const costs = layerCosts(graph, dependencies, architecture);
  const shapes = new Map(costs.map(({ node, outputShape }) => [node, outputShape]));
  const shape = (id: string): Shape => shapes.get(id)!;
  return graph.nodes.reduce((sum, node, i) => sum + costs[i].macs + besides(node, shape, options), 0);
}

/** What is counted of a node besides multiply-accumulates. */
function besides(
  { id, op, inputs, params }: Node,
  shape: (id: string) => Shape,
  { countRelu = true, countGlobalPool = false }: PaperOptions,
): number {
  switch (op.kind) {
    case 'batchNorm':
      return sizeOf(shape(id));
    case 'activation':
      return op.activation === 'relu' && countRelu ? sizeOf(shape(id)) : 0;
    case 'dense':
      return params.bias === undefined ? 0 : (alongChannels(shape(id)) ?? 0);
    case 'maxPool':
    case 'avgPool':
      return op.size[0] * op.size[1] * sizeOf(shape(id));
    case 'globalAvgPool':
    case 'globalMaxPool':
      return countGlobalPool ? sizeOf(shape(inputs[0])) : 0;
    default:
      return 0;
  }
}
