import { pointOfArm } from '../../src/terms/candidates.ts';
import { costPart } from '../../src/terms/cost.ts';
import type { RunData } from '../../src/terms/run-data.ts';
import type { CostChoice } from './state.ts';

/** What a run was to come down to, on one axis of costs: its goal, or one of its cheaper points. */
export interface Target {
  /** in the cost's unit */
  readonly limit: number;
  /** the original's */
  readonly original: number;
  /** of the original, as it is called */
  readonly percent: number;
  readonly goal: boolean;
}

/** The targets of a run in this cost: the goal's first, then those of its points, from the dearest to the cheapest. */
export function targetsOf({ budgets, arms }: Pick<RunData, 'budgets' | 'arms'>, cost: CostChoice): Target[] {
  const [first] = budgets;
  const found = budgets.find(({ metric }) => (metric === 'latency' ? metric : costPart(metric)) === cost);
  if (!found) return [];
  const { limit, original } = found;
  const called = (100 * limit) / original;
  const points = new Set(arms.flatMap(({ arm }) => pointOfArm(arm)?.percent ?? []));
  const goal = (100 * first.limit) / first.original;
  return [
    { limit, original, percent: called, goal: true },
    ...[...points]
      .sort((a, b) => b - a)
      .map((percent) => ({
        limit: Math.min(1, (percent + roundedAway(percent)) / goal) * limit,
        original,
        percent: (percent / goal) * called,
        goal: false,
      })),
  ];
}

/**
 * Points are called by three digits of their percentage: what that may have taken away is within the target, else a
 * point's own network might not be.
 */
function roundedAway(percent: number): number {
  return 10 ** (Math.floor(Math.log10(percent)) - 2) / 2;
}
