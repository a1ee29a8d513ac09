import type { Effort } from '../../terms/choices.ts';
import type { ScoreSettings } from '../scoring.ts';
import { count, recalibrationMode } from '../setting-kinds.ts';
import { searchCriterion } from '../importance/importance.ts';
import type { ImageWork, Work, WorkContext } from '../types.ts';

/** Settings of all that scores widths by the source's own weights. */
export const cutSettings = {
  /** which channels stay at a width */
  importance: searchCriterion,
  recalibrationBatches: count,
  recalibrationBatchSize: count,
  recalibrationMode,
  validationImages: count,
};

const images: Record<Effort, number> = { quick: 1000, standard: 2000, thorough: 5000 };
const batches: Record<Effort, number> = { quick: 5, standard: 10, thorough: 20 };

/** Their defaults at an effort. @param trainImages images of the training split */
export function cutDefaults(
  effort: Effort,
  trainImages: number,
  given: { readonly recalibrationBatchSize?: number },
): ScoreSettings & { readonly importance: 'l1' } {
  const train = Math.max(trainImages, 1);
  const recalibrationBatchSize = given.recalibrationBatchSize ?? Math.min(128, train);
  return {
    importance: 'l1',
    recalibrationBatches: Math.max(1, Math.min(batches[effort], Math.floor(train / recalibrationBatchSize))),
    recalibrationBatchSize,
    recalibrationMode: 'average',
    validationImages: images[effort],
  };
}

/** The work of scoring networks, each of a share of the original's MACs. */
export function scoringWork(
  settings: ScoreSettings,
  shares: readonly number[],
  { images }: Pick<WorkContext, 'images'>,
): Pick<Work, 'recalibrated' | 'scored' | 'opened'> {
  const { train = 0, validation = 0 } = images ?? {};
  const recalibration = settings.recalibrationBatches * settings.recalibrationBatchSize;
  // time is a straight line in the share, so the mean of all stands for them
  const share = shares.reduce((sum, one) => sum + one, 0) / Math.max(shares.length, 1);
  const all = (most: number): ImageWork[] => [{ images: shares.length * most, share }];
  return {
    recalibrated: all(Math.min(recalibration, train)),
    scored: all(Math.min(settings.validationImages, validation)),
    opened: shares.length,
  };
}
