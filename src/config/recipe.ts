import type { PrunedConfig } from './schema.ts';
import type { WeightsFrom } from '../terms/choices.ts';

/** What a pruned config says of how its weights came to be. */
export interface Recipe {
  /** generated: by the method's own training, which the config doesn't hold */
  readonly weights: WeightsFrom;
  /** images changed the weights after cutting: recalibrated or fine-tuned */
  readonly trained: boolean;
}

/** Methods that made weights when configs didn't say yet what a network was trained from. */
const madeWeights = ['rewarded-meta', 'metapruning', 'agent'];

/** How to get a config's weights again; configs of older versions are understood as these meant them. */
export function recipeOf({ method, fineTuning, accuracy }: PrunedConfig): Recipe {
  // another candidate than the chosen one was always cut from the source
  const made = madeWeights.includes(method.name) && method.candidate === undefined;
  const weights = method.weights ?? method.retrain ?? (made ? 'generated' : 'source');
  const trained = weights !== 'source' || fineTuning !== undefined || accuracy.recalibrated !== undefined;
  return { weights, trained };
}
