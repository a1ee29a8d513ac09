import type { Effort } from '../methods/types.ts';
import type { TrainSettings } from '../runtime/types.ts';
import { defaultTrainSettings } from '../runtime/schedule.ts';
import type { DataPlan } from './plan.ts';

const epochsByEffort: Record<Effort, number> = { quick: 3, standard: 15, thorough: 40 };

/** How the pruned network is trained after cutting, at an effort; every arm alike. */
export function fineTuneSettings(
  effort: Effort,
  images: number,
  given: { epochs?: number; augment?: DataPlan['augment'] },
): TrainSettings {
  const settings = defaultTrainSettings('fine-tune', {
    images,
    epochs: given.epochs ?? epochsByEffort[effort],
  });
  return given.augment ? { ...settings, augmentation: given.augment } : settings;
}

/**
 * The same training for a network that starts from nothing: as many epochs of the same images, with the rate and the
 * warm-up that a fresh network needs (a fine-tuning rate would make this control look worse than it is).
 */
export function scratchSettings(fineTuning: TrainSettings, images: number): TrainSettings {
  const scratch = defaultTrainSettings('scratch', { images, epochs: fineTuning.epochs });
  return { ...scratch, batchSize: fineTuning.batchSize, augmentation: fineTuning.augmentation };
}
