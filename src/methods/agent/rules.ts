import { fullArchitecture } from '../../graph/architecture.ts';
import { fitToBudget } from '../../graph/budget.ts';
import { InputError } from '../../graph/errors.ts';
import type { Architecture } from '../../terms/candidates.ts';
import { fitToBudgets, type Costs } from '../budgets.ts';
import { sweepGroups } from '../rl/group-features.ts';
import { Sweep } from '../rl/sweep.ts';
import type { WorkContext } from '../types.ts';
import type { AgentMethodSettings } from './settings.ts';

/** The rules of an episode on a network. @throws InputError where its budgets can't be met, or nothing can be removed */
export function sweepOf(
  context: Omit<WorkContext, 'images'>,
  costs: Costs,
  { leastShare }: Pick<AgentMethodSettings, 'leastShare'>,
): Sweep {
  const { graph, dependencies, roundTo } = context;
  fitToBudgets(context, costs, fullArchitecture(dependencies));
  const sweep = new Sweep(sweepGroups(graph, dependencies), { used: costs.used, roundTo, leastShare });
  if (sweep.length === 0)
    throw new InputError('no channel of this network can be removed: every group is frozen');
  return sweep;
}

/** The network whose groups all keep the same share of their channels, within this share of the budgets. */
export function uniformOf(
  { dependencies, roundTo }: Pick<WorkContext, 'dependencies' | 'roundTo'>,
  { used }: Costs,
  share: number,
): Architecture {
  return fitToBudget(fullArchitecture(dependencies), used, share, dependencies, { roundTo });
}
