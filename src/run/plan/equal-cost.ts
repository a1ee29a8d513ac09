import type { ImageWork, Work } from '../../methods/types.ts';

/** A forward pass is about this share of a training step. */
export const FORWARD = 1 / 3;

/**
 * Epochs of plain fine-tuning that cost as much as a method and its own fine-tuning do: as many images, each weighed by
 * the MACs of the network that it goes through, and by what is done there.
 * @param work of the method
 * @param tuned epochs of its fine-tuning
 * @param raced training images of its race
 * @param share MACs of the method's network, over the original's
 * @param own the same of the network that is fine-tuned for so long
 */
export function equalEpochs(
  work: Work,
  {
    tuned,
    raced,
    share,
    own,
    images,
  }: { tuned: number; raced: number; share: number; own: number; images: number },
): number {
  const spent = (list: readonly ImageWork[]) => list.reduce((sum, one) => sum + one.images * one.share, 0);
  const method = spent(work.trained) + FORWARD * (spent(work.recalibrated) + spent(work.scored));
  return Math.max(tuned, Math.round((method + (raced + tuned * images) * share) / (images * own)));
}
