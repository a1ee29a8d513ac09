import { candidateOfArm, pointOfArm } from '../candidates.ts';
import type { RunCandidate } from '../candidates.ts';
import { costBy } from '../cost.ts';
import type { Cost } from '../cost.ts';
import { staticMetric } from '../goals.ts';
import type { StaticMetric } from '../goals.ts';
import { mainArmOf } from '../run-data.ts';
import type { ArmData, RunData } from '../run-data.ts';
import type { Score } from '../scores.ts';

/** A network of a run that was taken to its end: what it costs, and how good it is. */
export interface FrontPoint {
  readonly candidate: RunCandidate;
  /** on the test images, or where there are none on the validation images */
  readonly score: Score;
  readonly split: 'test' | 'validation';
}

/** What one method, or one control, came to at several costs. */
export interface Front {
  readonly arm: string;
  readonly control: boolean;
  /** the cheapest first */
  readonly points: readonly FrontPoint[];
}

/** The method that an arm belongs to, be it at the goal, at a cheaper point, or another candidate that was fine-tuned. */
function methodOf(arm: string): string {
  const extra = candidateOfArm(arm)?.arm ?? arm;
  return pointOfArm(extra)?.arm ?? extra;
}

/**
 * The curves of a run: its own method's first. Only of what is fine-tuned (or, without images, of nothing), and all on
 * the same images: once one network has seen the test, those that haven't are not at their end.
 * @param split what accuracies are of; default: the test images, where there are any
 */
export function frontsOf(
  run: RunData,
  metric: StaticMetric,
  split: FrontPoint['split'] = run.arms.some(({ scores }) => scores.test) ? 'test' : 'validation',
): readonly Front[] {
  const { arms } = run;
  const main = mainArmOf(run);
  const own = methodOf(main?.arm ?? '');
  const by = new Map<string, FrontPoint[]>();
  for (const arm of main ? [main, ...arms.filter((one) => one !== main)] : arms) {
    const point = pointOf(arm, arms, split);
    if (!point) continue;
    const method = methodOf(arm.arm);
    const others = by.get(method) ?? [];
    // where an accuracy was the goal, the result is one of the networks that were tried on the way
    if (!others.some((other) => isSame(other, point))) by.set(method, [...others, point]);
  }
  const cost = ({ candidate }: FrontPoint) => costBy(candidate.cost, metric);
  return [...by].map(([arm, points]) => ({
    arm,
    control: arm !== own,
    // of two at one cost the better first, which leaves the other dominated
    points: points.sort((a, b) => cost(a) - cost(b) || b.score.accuracy - a.score.accuracy),
  }));
}

/** Whether two are one network, trained once: of the same costs, and alike to the last digit of their loss. */
function isSame(a: FrontPoint, b: FrontPoint): boolean {
  const { accuracy, loss } = a.score;
  const alike = accuracy === b.score.accuracy && loss === b.score.loss;
  return (
    alike && staticMetric.options.every((id) => costBy(a.candidate.cost, id) === costBy(b.candidate.cost, id))
  );
}

function pointOf(arm: ArmData, arms: readonly ArmData[], split: FrontPoint['split']): FrontPoint | null {
  const candidate = arm.chosen ?? extraCandidate(arm.arm, arms);
  const score = split === 'test' ? arm.scores.test : arm.scores.validation.fineTuned;
  return candidate && score ? { candidate, score, split } : null;
}

function extraCandidate(name: string, arms: readonly ArmData[]): RunCandidate | undefined {
  const ref = candidateOfArm(name);
  if (!ref) return undefined;
  return arms.find(({ arm }) => arm === ref.arm)?.candidates.find(({ id }) => id === ref.id);
}

/** The points of a curve, the cheapest first, that nothing as cheap is as accurate as. */
export function undominated(points: readonly FrontPoint[]): readonly FrontPoint[] {
  return points.filter((point, i) =>
    points.slice(0, i).every(({ score }) => score.accuracy < point.score.accuracy),
  );
}

/**
 * The area that a curve holds, in percent points of accuracy: the share of the cost that is saved, times the accuracy
 * that is had for it at least. Its reference point is the original's cost at an accuracy of 0 (Zitzler and Thiele 1999).
 */
export function hypervolume(points: readonly FrontPoint[], metric: StaticMetric, original: Cost): number {
  const whole = costBy(original, metric);
  let [area, right] = [0, 1];
  // from the dearest, which is the best, to the cheapest
  for (const { candidate, score } of [...undominated(points)].reverse()) {
    const left = costBy(candidate.cost, metric) / whole;
    if (left >= right) continue;
    area += (right - left) * score.accuracy;
    right = left;
  }
  return area;
}

/**
 * The point of a curve after which accuracy falls fastest: the farthest above the line from its cheapest to its dearest
 * point, both scales brought to 0 to 1 (Satopää et al. 2011, Kneedle). Null for fewer than three points, and where none is
 * above that line: the curve has no bend of this kind.
 */
export function knee(points: readonly FrontPoint[], metric: StaticMetric): FrontPoint | null {
  const front = undominated(points);
  if (front.length < 3) return null;
  const [first, last] = [front[0], front.at(-1)!];
  const [x0, x1] = [costBy(first.candidate.cost, metric), costBy(last.candidate.cost, metric)];
  const [y0, y1] = [first.score.accuracy, last.score.accuracy];
  const above = ({ candidate, score }: FrontPoint) =>
    (score.accuracy - y0) / (y1 - y0) - (costBy(candidate.cost, metric) - x0) / (x1 - x0);
  const farthest = front.reduce((a, b) => (above(b) > above(a) ? b : a));
  return above(farthest) > 0 ? farthest : null;
}

/**
 * What is meant by a limit on the cost: of the points within it the most accurate, of equals the first. In the terminal
 * (`--pick macs=45%`) and under a target's handle in the panel.
 */
export function bestWithin<P>(
  points: readonly P[],
  limit: number,
  cost: (point: P) => number,
  accuracy: (point: P) => number,
): P | undefined {
  let most: P | undefined;
  for (const point of points)
    if (cost(point) <= limit && (most === undefined || accuracy(point) > accuracy(most))) most = point;
  return most;
}
