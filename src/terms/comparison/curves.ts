import { costBy } from '../cost.ts';
import { isStatic } from '../goals.ts';
import type { StaticMetric } from '../goals.ts';
import type { RunData } from '../run-data.ts';
import type { Score, Split } from '../scores.ts';
import { frontsOf, hypervolume, knee, undominated } from './front.ts';
import type { Front, FrontPoint } from './front.ts';
import { rivalOf } from './rival.ts';
import type { Rival } from './rival.ts';

/** A point with what its curve, and the other curves, say of it. */
export interface CurvePoint extends FrontPoint {
  /** of the original's cost, 0 to 1 */
  readonly share: number;
  /** in percent on the validation images, by which points are told apart; null where it was not measured */
  readonly validation: number | null;
  /** another of its curve is as cheap and as accurate on these */
  readonly dominated: boolean;
  readonly knee: boolean;
  /** the best of the other methods and controls at the same cost, and how far this one is from it */
  readonly rival: Rival | null;
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
export function frontMetric({ budgets: [first] }: Pick<RunData, 'budgets'>): StaticMetric {
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
  const shareOf = ({ candidate }: FrontPoint) => costBy(candidate.cost, metric) / costBy(cost, metric);
  const curves = fronts.map((front) => {
    const own = judged.find(({ arm }) => arm === front.arm)?.points ?? [];
    const points = own.length === front.points.length ? own : front.points;
    const standing = new Set(undominated(points).map(({ candidate }) => candidate));
    const bend = knee(points, metric)?.candidate;
    const validations = new Map(own.map(({ candidate, score }) => [candidate, score.accuracy]));
    const rivals = ofTheRun(run, fronts).filter(({ arm }) => arm !== front.arm);
    return {
      ...front,
      hypervolume: hypervolume(front.points, metric, cost),
      points: front.points.map((point) => ({
        ...point,
        share: shareOf(point),
        validation: validations.get(point.candidate) ?? null,
        dominated: !standing.has(point.candidate),
        knee: point.candidate === bend,
        rival: rivalOf(point, rivals, shareOf),
      })),
    };
  });
  return { metric, split, original, curves };
}

/** The same curves without candidates that were fine-tuned afterwards: a rival is what a run gives by itself. */
function ofTheRun({ arms }: RunData, fronts: readonly Front[]): readonly Front[] {
  const chosen = new Set(arms.flatMap(({ chosen }) => chosen ?? []));
  return fronts.map((front) => ({
    ...front,
    points: front.points.filter(({ candidate }) => chosen.has(candidate)),
  }));
}
