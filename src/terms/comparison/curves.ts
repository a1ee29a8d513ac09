import { pointOfArm } from '../candidates.ts';
import { costBy } from '../cost.ts';
import { isStatic } from '../goals.ts';
import type { StaticMetric } from '../goals.ts';
import type { RunData } from '../run-data.ts';
import type { Score, Split } from '../scores.ts';
import { difference } from './answers.ts';
import type { Difference } from './answers.ts';
import { frontsOf, hypervolume, knee, undominated } from './front.ts';
import type { Front, FrontPoint } from './front.ts';

/** A point with what its curve, and the other curves, say of it. */
export interface CurvePoint extends FrontPoint {
  /** of the original's cost, 0 to 1 */
  readonly share: number;
  /** in percent on the validation images, by which points are told apart; null where it was not measured */
  readonly validation: number | null;
  /** another of its curve is as cheap and as accurate on these */
  readonly dominated: boolean;
  readonly knee: boolean;
  /** the best of the other methods and controls at the same point of the trade-off, and how far this one is from it */
  readonly rival: (Difference & { readonly arm: string }) | null;
}

export interface Curve extends Omit<Front, 'points'> {
  readonly points: readonly CurvePoint[];
  /** see front.ts */
  readonly hypervolume: number;
}

/** All curves of a run beside each other. */
export interface Curves {
  readonly metric: StaticMetric;
  /** what accuracies are of */
  readonly split: Split;
  /** the original's on these images */
  readonly original: Score | null;
  /** the run's own method's first */
  readonly curves: readonly Curve[];
}

/** What a run's curves are over unless asked otherwise: its first goal's metric, or MACs where that one is measured. */
export function frontMetric({ budgets: [first] }: RunData): StaticMetric {
  return first && isStatic(first.metric) ? first.metric : 'macs';
}

/**
 * The curves of a run, compared with each other; without curves where no network is at its end. What is dominated, and
 * where the knee is, goes by the validation images, so that nothing is chosen by the test.
 */
export function curvesOf(run: RunData, metric: StaticMetric = frontMetric(run)): Curves {
  const fronts = frontsOf(run, metric);
  const split = fronts[0]?.points[0].split ?? 'validation';
  const original = (split === 'test' ? run.scores.test : run.scores.validation.original) ?? null;
  const { cost } = run;
  if (!cost) return { metric, split, original, curves: [] };
  const judged = frontsOf(run, metric, 'validation');
  const curves = fronts.map((front) => {
    const own = judged.find(({ arm }) => arm === front.arm)?.points ?? [];
    const points = own.length === front.points.length ? own : front.points;
    const standing = new Set(undominated(points).map(({ candidate }) => candidate));
    const bend = knee(points, metric)?.candidate;
    const validations = new Map(own.map(({ candidate, score }) => [candidate, score.accuracy]));
    return {
      ...front,
      hypervolume: hypervolume(front.points, metric, cost),
      points: front.points.map((point) => ({
        ...point,
        share: costBy(point.candidate.cost, metric) / costBy(cost, metric),
        validation: validations.get(point.candidate) ?? null,
        dominated: !standing.has(point.candidate),
        knee: point.candidate === bend,
        rival: rivalOf(run, fronts, front, point),
      })),
    };
  });
  return { metric, split, original, curves };
}

/** At the same point of the trade-off: null for a candidate that was fine-tuned afterwards, which is at none. */
function rivalOf(
  run: RunData,
  fronts: readonly Front[],
  front: Front,
  point: FrontPoint,
): CurvePoint['rival'] {
  const level = levelOf(run, point);
  if (level === null) return null;
  const rivals = fronts
    .filter((other) => other !== front)
    .flatMap(({ arm, points }) =>
      points.filter((other) => levelOf(run, other) === level).map(({ score }) => ({ arm, score })),
    );
  if (rivals.length === 0) return null;
  const best = rivals.reduce((a, b) => (b.score.accuracy > a.score.accuracy ? b : a));
  const found = difference(point.score, best.score);
  return found && { ...found, arm: best.arm };
}

/** The point's share of the original in percent, or the goal. */
function levelOf({ arms }: RunData, { candidate: { arm, id } }: FrontPoint): number | 'goal' | null {
  if (arms.find((one) => one.arm === arm)?.chosen?.id !== id) return null;
  return pointOfArm(arm)?.percent ?? 'goal';
}
