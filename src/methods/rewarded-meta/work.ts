import { fullArchitecture } from '../../graph/architecture.ts';
import { costsOf, fitToBudgets } from '../budgets.ts';
import { architectureAt } from '../sensitivity/levels.ts';
import { scoringWork } from '../sensitivity/settings.ts';
import type { Work, WorkContext } from '../types.ts';
import type { Architecture } from '../../terms/candidates.ts';
import { geneMapOf } from './levels.ts';
import { rangePoints, rangeProblem } from './range.ts';
import type { RangePoint } from './range.ts';
import { rangeEvaluations, searchProblem } from './search.ts';
import { evaluations } from './evolution/search-space.ts';
import { affordableTable } from './seeds.ts';
import type { RewardedMetaSettings } from './settings.ts';
import { checkPruningNetFits } from './generators/size.ts';
import type { GeneratorKind } from './generators/generator.ts';

/** MACs of a network whose every width is drawn evenly from 10 to 100 %, over the original's: the mean of a square. */
const evenShare = 0.37;
/** A training step also makes the weights and passes gradients through that: measured on small and medium networks. */
const generatorCost: Readonly<Record<GeneratorKind, number>> = { source: 0, inherit: 1.5, 'pruning-net': 3 };

/**
 * Images through the generator's training and through scoring of candidates.
 * @throws InputError where the search can't work within the budgets, or the generator doesn't fit into memory
 */
export function rewardedMetaWork(settings: RewardedMetaSettings, context: WorkContext): Work {
  const { graph, dependencies, budgets, roundTo } = context;
  const costs = costsOf(graph, dependencies, budgets);
  const geneMap = geneMapOf(dependencies, roundTo);
  const problem = searchProblem(geneMap, costs, settings);
  const points = rangePoints(context, geneMap, settings);
  // what the goal's search found serves the cheaper points
  if (points && context.curve!.share < 1)
    return { trained: [], ...scoringWork(settings, [sharesOf(context).share], context) };
  if (settings.generator === 'pruning-net') checkPruningNetFits(graph, dependencies, settings.hidden);
  const { share, of } = sharesOf(context);
  const { train = 0 } = context.images ?? {};
  const searched = points
    ? rangeEvaluations(
        rangeProblem(points, geneMap, { kind: 'metapruning' }, settings.windowLow, seedsOf),
        settings,
      )
    : evaluations(problem, settings);
  const table = settings.includeRules ? affordableTable(context, searched) : null;
  const tried = table ? [1, ...table.map((cut) => of(architectureAt(dependencies, cut)))] : [];
  return {
    trained: [
      {
        images: settings.epochs * train * generatorCost[settings.generator],
        share: settings.sampling === 'uniform' ? evenShare : share,
        opByOp: true,
      },
    ],
    // and the best one once more at the end
    ...scoringWork(settings, [...repeated(searched + 1, share), ...tried], context),
  };
}

const seedsOf = ({ space }: RangePoint) => space.initial ?? [];

/** The work of so many candidates, that a search left out. */
export function sparedWork(candidates: number, settings: RewardedMetaSettings, context: WorkContext): Work {
  const { share } = sharesOf(context);
  return { trained: [], ...scoringWork(settings, repeated(candidates, share), context) };
}

/** MACs over the original's: of a candidate, and of any widths. */
function sharesOf(context: WorkContext): { share: number; of: (architecture: Architecture) => number } {
  const costs = costsOf(context.graph, context.dependencies, context.budgets);
  const full = fullArchitecture(context.dependencies);
  const whole = Math.max(costs.cost(full).macs, 1);
  const of = (architecture: Architecture) => costs.cost(architecture).macs / whole;
  return { share: of(fitToBudgets(context, costs, full)), of };
}

function repeated(times: number, share: number): number[] {
  return Array.from({ length: times }, () => share);
}
