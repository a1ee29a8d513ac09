import type { Score } from '../scores.ts';

/**
 * The standard error of an accuracy, in points: of n images each is answered right with the same probability p, so that
 * the share of right answers has the variance p (1 - p) / n (binomial). How far two networks are apart on the same
 * images is another question, with a smaller error: answers.ts.
 * @returns null where nothing was measured, or no image is right or wrong
 */
export function accuracyError({
  accuracy,
  images,
  measure,
}: Pick<Score, 'accuracy' | 'images' | 'measure'>): number | null {
  if (measure === 'agreement in values') return null;
  if (!(images > 0) || !(accuracy >= 0 && accuracy <= 100)) return null;
  return Math.sqrt((accuracy * (100 - accuracy)) / images);
}
