import { differenceFromMix } from './answers.ts';
import type { Difference } from './answers.ts';
import type { Front, FrontPoint } from './front.ts';

/** The best of the other methods at a point's own cost, and how far the point is from it. */
export interface Rival extends Difference {
  readonly arm: string;
  /** what the point is held to costs this, of the original, 0 to 1 */
  readonly share: number;
  /** it is no network, but the line between two of the other's curve */
  readonly between: boolean;
}

/** The search's own window: at its ends a curve stands for what costs this much more or less. */
export const REACH = 1.05;

/** What a curve comes to at a cost: the mix of two of its points, of which the second counts by this share. */
interface Level {
  readonly arm: string;
  readonly ends: readonly [FrontPoint, FrontPoint];
  readonly share: number;
  readonly accuracy: number;
}

/**
 * Holds a point to the best of these curves at the point's own cost. Two methods' networks of one budget seldom cost the
 * same, so that each curve is read at this cost: on the line between its two points around it, over the logarithm of the
 * cost, by which the points of a run are apart. Beyond its ends a curve is not extended: its last point stands in where
 * it costs nearly the same.
 * @param others cheapest point first; without points that were made afterwards
 * @param costOf of the original, 0 to 1
 * @returns null where no curve has anything at this cost, or it isn't recorded which images were answered right
 */
export function rivalOf(
  point: FrontPoint,
  others: readonly Front[],
  costOf: (point: FrontPoint) => number,
): Rival | null {
  const at = costOf(point);
  const levels = others.flatMap((front) => levelAt(front, at, costOf) ?? []);
  if (levels.length === 0) return null;
  const { arm, ends, share } = levels.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
  const [low, high] = ends;
  const found = differenceFromMix(point.score, [low.score, high.score], share);
  const between = low !== high;
  return found && { ...found, arm, share: between ? at : costOf(low), between };
}

function levelAt({ arm, points }: Front, at: number, costOf: (point: FrontPoint) => number): Level | null {
  const alone = (point: FrontPoint): Level => ({
    arm,
    ends: [point, point],
    share: 0,
    accuracy: point.score.accuracy,
  });
  const [low, high] = [points.findLast((one) => costOf(one) <= at), points.find((one) => costOf(one) >= at)];
  if (low && high) {
    const [from, to] = [costOf(low), costOf(high)];
    // of two at this very cost the first is the better
    if (from === to) return alone(high);
    const share = Math.log(at / from) / Math.log(to / from);
    const accuracy = (1 - share) * low.score.accuracy + share * high.score.accuracy;
    return { arm, ends: [low, high], share, accuracy };
  }
  const last = low ?? high;
  if (!last) return null;
  const apart = costOf(last) / at;
  return apart <= REACH && apart >= 1 / REACH ? alone(last) : null;
}
