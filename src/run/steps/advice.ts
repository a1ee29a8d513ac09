import { accuracyNoun } from '../../terms/scores.ts';
import type { Score } from '../../terms/scores.ts';
import type { Trained } from './ports.ts';

/** Points of accuracy that a pruned network may lose without a word. */
const WORTH_A_WORD = 1;
/** The best epoch, as far as a few hundred images tell, came in the later part of the training: it was not done. */
const STILL_IMPROVING = 0.6;
/** A set of fewer images is small. */
const FEW_IMAGES = 10_000;

/**
 * What would bring the rest, where a network ends well below the original.
 * @param images training images
 * @returns null where it doesn't
 */
export function adviceAfter(
  original: Pick<Score, 'accuracy' | 'measure'> | undefined,
  now: Pick<Score, 'accuracy'>,
  { epochs, best = epochs }: Omit<Trained, 'weights'>,
  images: number,
): string | null {
  const lost = (original?.accuracy ?? 0) - now.accuracy;
  if (!(lost > WORTH_A_WORD)) return null;
  const points = `${lost.toFixed(1)} points of ${accuracyNoun(original?.measure)} are lost on validation`;
  if (best >= STILL_IMPROVING * epochs)
    return `${points}, and it was still learning when training ended: try --fine-tune-epochs ${3 * epochs}, or a higher --effort`;
  const few =
    images < FEW_IMAGES ? `more training images than these ${images.toLocaleString('en-US')}, or ` : '';
  return `${points}; it learned nothing more after epoch ${best} of ${epochs}, so longer training would hardly bring them back, but ${few}a larger budget would`;
}
