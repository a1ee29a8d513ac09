import type { Graph } from '../../graph/types.ts';

/** The parameters of one layer, in the order of Keras' `layer.weights`; how every container finds its arrays. */
export interface LayerWeights {
  /** name with the path of nested models, as in Node.layer: "backbone/conv1" */
  readonly path: string;
  readonly className: string;
  readonly params: readonly string[];
}

/** A Keras model configuration (Keras 1.x/2.x/3 dialects, tfjs too), read into a graph without weights. */
export interface ParsedConfig {
  readonly graph: Graph;
  readonly layers: readonly LayerWeights[];
  readonly warnings: readonly string[];
}
