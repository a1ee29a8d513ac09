import type { ImageWork, Work } from '../../methods/types.ts';
import { RACE_SHARE } from './race.ts';

/** A forward pass is about this share of a training step. */
export const FORWARD = 1 / 3;

/**
 * Epochs of plain fine-tuning that cost as much as a method and its own fine-tuning do: as many images, each weighed by
 * the MACs of the network that it goes through, and by what is done there.
 * @param work of the method
 * @param tuned epochs of its fine-tuning
 * @param raced training images of its race
 * @param spared what its search left undone (see `spent`)
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
    spared = 0,
  }: { tuned: number; raced: number; share: number; own: number; images: number; spared?: number },
): number {
  const all = spent(work) - spared + (raced + tuned * images) * share;
  return Math.max(tuned, Math.round(all / (images * own)));
}

/** Work in training images of the whole network. */
export function spent({
  trained,
  recalibrated,
  scored,
}: Pick<Work, 'trained' | 'recalibrated' | 'scored'>): number {
  const sum = (list: readonly ImageWork[]) =>
    list.reduce((all, { images, share }) => all + images * share, 0);
  return sum(trained) + FORWARD * (sum(recalibrated) + sum(scored));
}

/** What an epoch of every arm's fine-tuning takes. */
export interface Epoch {
  /** arms that are fine-tuned for as long as the method's own */
  readonly arms: number;
  /** MACs of their networks, over the original's */
  readonly share: number;
  /** of the splits */
  readonly train: number;
  readonly validation: number;
  /** the original answers every image, too */
  readonly distilled: boolean;
}

/**
 * Epochs that every arm can be fine-tuned for longer within what a search left undone, and its race in proportion: never
 * more than the run was planned to take in all.
 * @param spared in training images of the whole network (see `spent`)
 */
export function moreEpochs(spared: number, { arms, share, train, validation, distilled }: Epoch): number {
  const trained = train * (share + (distilled ? FORWARD : 0));
  const each = trained + FORWARD * validation * share;
  return Math.floor(spared / (arms * each + RACE_SHARE * trained));
}
