import type { Graph } from '../../graph/types.ts';

/** The parameters of one layer, in the order of Keras' `layer.weights`; how every container finds its arrays. */
export interface LayerWeights {
  /** name with the path of nested models, as in Node.layer: "backbone/conv1" */
  readonly path: string;
  /** the same, model by model (a layer's own name may hold a slash) */
  readonly names: readonly string[];
  readonly className: string;
  /** parameter ids; empty for a layer without weights */
  readonly params: readonly string[];
  /** the layer itself isn't trained, whatever the models around it say */
  readonly frozen?: boolean;
}

/** A Keras model configuration (Keras 2.x/3 dialects, tfjs too), read into a graph without weights. */
export interface ParsedConfig {
  readonly graph: Graph;
  /** every layer that is not itself a model, in the order of the configuration */
  readonly layers: readonly LayerWeights[];
  readonly warnings: readonly string[];
}

/**
 * Whether Keras keeps an integer beside a layer's parameters, behind them: how many values a Normalization layer was
 * adapted to. Nothing is computed from it, but Keras loads no file without it.
 */
export function keepsCount(layer: Pick<LayerWeights, 'className' | 'params'>): boolean {
  return layer.className === 'Normalization' && layer.params.length > 0;
}
