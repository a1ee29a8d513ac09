import { fullArchitecture } from '../../graph/architecture.ts';
import { costsOf, fitToBudgets } from '../budgets.ts';
import { searchImportanceWork } from '../importance/search.ts';
import { scoringWork } from '../sensitivity/settings.ts';
import type { Work, WorkContext } from '../types.ts';
import { Slimming } from './slimming.ts';
import type { GreedySettings } from './settings.ts';

/**
 * The slices of a way to the budgets that narrows all groups alike, and what is scored for each.
 * @throws InputError where the budgets can't be met
 */
export function greedyWork(settings: GreedySettings, context: WorkContext): Work {
  const { graph, dependencies, budgets } = context;
  const costs = costsOf(graph, dependencies, budgets);
  const full = fullArchitecture(dependencies);
  fitToBudgets(context, costs, full);
  const slimming = new Slimming(context, costs, settings.slices);
  const whole = Math.max(costs.cost(full).macs, 1);
  const way = slimming.guess();
  const shares = way.flatMap((architecture, step) => {
    const options = slimming.options(architecture).length;
    // the first step measures every group
    const scored = step ? Math.min(options, settings.scoredAStep) : options;
    return Array.from({ length: scored }, () => costs.cost(architecture).macs / whole);
  });
  const last = way.at(-1);
  return {
    trained: searchImportanceWork(graph, settings.importance, context.images?.train ?? 0),
    // whole before, and filled behind
    ...scoringWork(settings, [1, ...shares, last ? costs.cost(last).macs / whole : 1], context),
  };
}
