import type { Score } from '../scores.ts';
import { difference } from './answers.ts';

/** Accuracies are recorded in percent, so this much apart they are the same. */
const ROUNDING = 1e-9;

/** Whether a network has lost at most so many points of accuracy. All in percent, on the same images. */
export function isWithinDrop(accuracy: number, original: number, drop: number): boolean {
  return accuracy >= original - drop - ROUNDING;
}

/** "loses 0.80 ± 0.62 points on 300 validation images", with the paired error where it is recorded who was right. */
export function dropInWords(score: Score, original: Score): string {
  const lost = original.accuracy - score.accuracy;
  const paired = difference(score, original);
  const error = paired ? ` ± ${paired.error.toFixed(2)}` : '';
  const figure = `${Math.abs(lost).toFixed(2)}${error} points on ${score.images.toLocaleString('en-US')} validation images`;
  return lost < 0 ? `gains ${figure}` : `loses ${figure}`;
}

/** "1 point", "0.5 points". */
export function points(drop: number): string {
  return `${drop} ${drop === 1 ? 'point' : 'points'}`;
}
