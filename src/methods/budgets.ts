import { InputError } from '../graph/errors.ts';
import { fitToBudget, leastArchitecture } from '../graph/budget.ts';
import { costModel } from '../graph/cost.ts';
import type { Dependencies, Graph } from '../graph/types.ts';
import type { MethodContext } from './types.ts';
import type { Architecture } from '../terms/candidates.ts';
import { costBy } from '../terms/cost.ts';
import type { Cost } from '../terms/cost.ts';
import { isStatic } from '../terms/goals.ts';
import type { Budget, StaticMetric } from '../terms/goals.ts';

/** Everything a search asks about an architecture's cost. */
export interface Costs {
  readonly cost: (architecture: Architecture) => Cost;
  /** the largest share of a limit that any budget is used to: at most 1 exactly where all budgets hold */
  readonly used: (architecture: Architecture) => number;
}

/**
 * The budgets as one number, so that several hold at once.
 * @throws InputError without budgets, and for latency and script budgets, which no function of the widths gives
 */
export function costsOf(graph: Graph, dependencies: Dependencies, budgets: readonly Budget[]): Costs {
  if (budgets.length === 0) throw new InputError('there is no budget: give a target, as --target macs=50%');
  for (const { metric, limit } of budgets) {
    if (!isStatic(metric))
      throw new InputError(
        `a budget on ${metric} can't be searched for yet: give a target on macs, params, bytes or memory`,
      );
    if (!(limit > 0))
      throw new InputError(`the budget of ${limit} ${metric} leaves no network: it must be above 0`);
  }
  const cost = costModel(graph, dependencies);
  const limits = budgets.map((b) => ({ metric: b.metric as StaticMetric, limit: b.limit }));
  const used = (architecture: Architecture): number => {
    const c = cost(architecture);
    return Math.max(...limits.map(({ metric, limit }) => costBy(c, metric) / limit));
  };
  return { cost, used };
}

/** An architecture brought to the budgets of a run: see fitToBudget. @throws InputError where none fits, in words */
export function fitToBudgets(
  context: Pick<MethodContext, 'dependencies' | 'budgets' | 'roundTo'>,
  costs: Costs,
  start: Architecture,
): Architecture {
  const { dependencies, budgets, roundTo } = context;
  const least = costs.cost(leastArchitecture(dependencies, roundTo));
  for (const { metric, limit } of budgets) {
    const lowest = isStatic(metric) ? costBy(least, metric) : 0;
    if (lowest > limit)
      throw new InputError(
        `the budget of ${limit} ${metric} can't be reached: the narrowest network${roundTo > 1 ? ` in multiples of ${roundTo}` : ''} needs ${lowest}`,
      );
  }
  return fitToBudget(start, costs.used, 1, dependencies, { roundTo });
}
