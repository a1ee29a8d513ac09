import { fullArchitecture } from '../../graph/architecture.ts';
import { costsOf, fitToBudgets } from '../budgets.ts';
import { searchImportanceWork } from '../importance/search.ts';
import { architectureAt, cutsOf } from '../sensitivity/levels.ts';
import { scoringWork } from '../sensitivity/settings.ts';
import type { Work, WorkContext } from '../types.ts';
import type { KnapsackSettings } from './settings.ts';

/** Every group measured at its levels, and the result scored. @throws InputError where the budgets can't be met */
export function knapsackWork(settings: KnapsackSettings, context: WorkContext): Work {
  const { graph, dependencies, budgets, roundTo } = context;
  const costs = costsOf(graph, dependencies, budgets);
  const full = fullArchitecture(dependencies);
  const whole = Math.max(costs.cost(full).macs, 1);
  const share = (architecture: typeof full) => costs.cost(architecture).macs / whole;
  const result = share(fitToBudgets(context, costs, full));
  const cuts = cutsOf(dependencies, settings.levels, roundTo, true);
  const table = cuts.map((cut) => share(architectureAt(dependencies, cut)));
  const shares = settings.value === 'sensitivity' ? [1, ...table, result] : [result];
  return {
    trained: searchImportanceWork(graph, settings.importance, context.images?.train ?? 0),
    ...scoringWork(settings, shares, context),
  };
}
