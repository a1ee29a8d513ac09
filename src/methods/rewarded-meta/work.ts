import { fullArchitecture } from '../../graph/architecture.ts';
import { costsOf, fitToBudgets } from '../budgets.ts';
import type { Work, WorkContext } from '../types.ts';
import { geneMapOf } from './levels.ts';
import { searchProblem } from './search.ts';
import { evaluations } from './search-space.ts';
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
  const problem = searchProblem(geneMapOf(dependencies, roundTo), costs, settings);
  if (settings.generator === 'pruning-net') checkPruningNetFits(graph, dependencies, settings.hidden);
  const full = fullArchitecture(dependencies);
  const fitted = fitToBudgets(context, costs, full);
  const share = costs.cost(fitted).macs / Math.max(costs.cost(full).macs, 1);
  const { train = 0, validation = 0 } = context.images ?? {};
  // and the best one once more at the end
  const candidates = evaluations(problem, settings) + 1;
  const recalibration = settings.recalibrationBatches * settings.recalibrationBatchSize;
  return {
    trained: [
      {
        images: settings.epochs * train * generatorCost[settings.generator],
        share: settings.sampling === 'uniform' ? evenShare : share,
        opByOp: true,
      },
    ],
    recalibrated: [{ images: candidates * Math.min(recalibration, train), share }],
    scored: [{ images: candidates * Math.min(settings.validationImages, validation), share }],
    opened: candidates,
  };
}
