import type { Random } from '../../graph/random.ts';
import type { Budget } from '../../terms/goals.ts';
import { costsOf } from '../budgets.ts';
import type { Costs } from '../budgets.ts';
import type { Curve, WorkContext } from '../types.ts';
import type { GeneMap, Genes } from './levels.ts';
import { widthsOf } from './levels.ts';
import { proposeRandom } from './evolution/proposals.ts';
import type { RangeProblem } from './evolution/range-evolution.ts';
import { evenExponent, reward } from './reward.ts';
import type { RewardSpec } from './reward.ts';
import { searchProblem } from './search.ts';
import type { RewardedMetaSettings } from './settings.ts';

/** A point of those that one search serves. */
export interface RangePoint {
  readonly share: number;
  readonly budgets: readonly Budget[];
  readonly costs: Costs;
  readonly space: ReturnType<typeof searchProblem>;
}

/**
 * The points that one search serves, the goal first; undefined where each is searched for itself.
 * @throws InputError where a point's budget can't be reached
 */
export function rangePoints(
  context: Pick<WorkContext, 'graph' | 'dependencies' | 'budgets' | 'curve'>,
  geneMap: GeneMap,
  settings: Pick<RewardedMetaSettings, 'windowLow' | 'includeUniform' | 'oneSearch'>,
): readonly RangePoint[] | undefined {
  const { graph, dependencies, budgets, curve } = context;
  if (!settings.oneSearch || !curve?.points.length) return undefined;
  return sharesOf(curve).map((share) => {
    const scaled = budgets.map((budget) => ({ ...budget, limit: (budget.limit * share) / curve.share }));
    const costs = costsOf(graph, dependencies, scaled);
    return { share, budgets: scaled, costs, space: searchProblem(geneMap, costs, settings) };
  });
}

function sharesOf({ points }: Curve): readonly number[] {
  return [1, ...[...points].sort((a, b) => b - a)];
}

/** One search for all of them. @param initial of each, what it begins with */
export function rangeProblem(
  points: readonly RangePoint[],
  geneMap: GeneMap,
  spec: RewardSpec,
  windowLow: number,
  initial: (point: RangePoint) => readonly Genes[],
): RangeProblem {
  const [{ costs, space }] = points;
  const measured = (genes: Genes, accuracy: number) => ({
    accuracy,
    ...costs.cost(widthsOf(geneMap, genes)),
  });
  const even = (dear: Parameters<RangeProblem['evenExponent']>[0], cheap: typeof dear) =>
    evenExponent(spec, measured(dear.genes, dear.accuracy), measured(cheap.genes, cheap.accuracy));
  return {
    ...space,
    stretches: points.map((point) => ({
      share: point.share,
      lowLevel: lowestLevel(point),
      initial: initial(point),
    })),
    used: (genes) => costs.used(widthsOf(geneMap, genes)),
    low: windowLow,
    reward: (genes, accuracy, exponent) => {
      const own = exponent !== undefined && spec.kind === 'rewarded-meta';
      return reward(own ? { ...spec, accuracyExponent: exponent } : spec, measured(genes, accuracy));
    },
    evenExponent: even,
    between: spec.kind === 'rewarded-meta',
  };
}

/** Ten levels below the uniform width that fits. */
function lowestLevel({ space }: RangePoint): number {
  return Math.max(0, space.uniform - 10);
}

/** A network of any of the points, each as likely; for a generator to be trained with. */
export function drawOf(
  points: readonly RangePoint[],
  settings: Pick<RewardedMetaSettings, 'lowLevel' | 'highLevel' | 'tries'>,
  random: Random,
): number[] | null {
  const point = random.pick(points);
  const lowLevel = Math.min(settings.lowLevel, lowestLevel(point));
  return proposeRandom(point.space, { ...settings, lowLevel }, random);
}
