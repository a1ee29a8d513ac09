import { InputError } from '../graph/errors.ts';
import type { Architecture, Cost, Dependencies, Graph } from '../graph/types.ts';
import { costBy, isStatic } from '../methods/budgets.ts';
import type { Budget } from '../methods/types.ts';
import { bounds, costModel, fitToBudget, fullArchitecture } from '../graph/architecture.ts';
import { ScriptFailed } from './measure.ts';
import { describeTarget } from './targets.ts';
import type { Target } from './targets.ts';

/** Measures an architecture in a target's unit (a latency, or what a script prints). */
export type Measure = (target: Target, architecture: Architecture) => Promise<number>;

export interface Feasible {
  readonly budgets: Budget[];
  /** most MACs with which the measured budgets (latency, script) hold for uniform widths */
  readonly proxy?: number;
}

/**
 * Turns targets into budgets, refusing before anything runs what can't be reached.
 * @throws InputError with the nearest that can be
 */
export async function feasible(
  graph: Graph,
  dependencies: Dependencies,
  targets: readonly Target[],
  roundTo: number,
  measure: Measure,
): Promise<Feasible> {
  const nothing = nothingPrunable(dependencies);
  if (nothing) throw new InputError(nothing);
  const { least, most } = bounds(graph, dependencies, roundTo);
  const budgets: Budget[] = [];
  for (const target of targets)
    if (isStatic(target.metric))
      budgets.push(check(target, costBy(most, target.metric), costBy(least, target.metric)));
  const measured = targets.filter((one) => !isStatic(one.metric));
  if (!measured.length) return { budgets };
  const full = fullArchitecture(dependencies);
  const cost = costModel(graph, dependencies);
  const narrow = fitToBudget(full, (a) => cost(a).macs, least.macs, dependencies, { roundTo });
  for (const target of measured)
    budgets.push({
      ...check(target, await measure(target, full), (await tried(target, narrow)) ?? 0),
      command: target.command,
    });
  return { budgets, proxy: await findProxy() };

  /** A script may fail for a narrow network although it can measure the original. */
  async function tried(target: Target, widths: Architecture): Promise<number | null> {
    return await measure(target, widths).catch((error: unknown) => {
      if (error instanceof ScriptFailed) return null;
      throw error;
    });
  }

  /** Bisection on the share of MACs: measurements are noisy, so a few steps are as good as many. */
  async function findProxy(): Promise<number> {
    let low = least.macs;
    let high = most.macs;
    for (let step = 0; step < 6; step++) {
      const middle = (low + high) / 2;
      const widths = fitToBudget(full, (a) => cost(a).macs, middle, dependencies, { roundTo });
      let holds = true;
      for (const target of measured) {
        const budget = budgets.find((one) => one.metric === target.metric && one.command === target.command)!;
        holds &&= ((await tried(target, widths)) ?? Infinity) <= budget.limit;
      }
      if (holds) low = middle;
      else high = middle;
    }
    return Math.floor(low);
  }
}

/** The budgets of a method that measures for itself: after a miss it aims at a share of the measured ones. */
export function tightened(budgets: readonly Budget[], share: number): Budget[] {
  return budgets.map((one) => (isStatic(one.metric) ? one : { ...one, limit: one.limit * share }));
}

/** The budgets that any other method works with: measured ones by their stand-in. */
export function methodBudgets(budgets: readonly Budget[], proxy: number | undefined, full: Cost): Budget[] {
  const fixed = budgets.filter((budget) => isStatic(budget.metric));
  if (proxy === undefined) return fixed;
  const macs = fixed.find((budget) => budget.metric === 'macs');
  const rest = fixed.filter((budget) => budget !== macs);
  return [{ metric: 'macs', limit: Math.min(proxy, macs?.limit ?? Infinity), original: full.macs }, ...rest];
}

/** The budgets that a cost breaks. */
export function broken(budgets: readonly Budget[], cost: Cost): Budget[] {
  return budgets.filter((budget) => isStatic(budget.metric) && costBy(cost, budget.metric) > budget.limit);
}

/** Whether a target can be reached. */
export interface Judgement {
  readonly reachable: boolean;
  /** in the metric's unit */
  readonly limit: number;
  /** why it can't be reached, or why there is nothing to do, with the nearest; empty where all is well */
  readonly message: string;
}

/** A target's limit in its metric's unit. */
export function limitOf(target: Target, original: number): number {
  return target.relative ? (original * target.value) / 100 : target.value;
}

/** What can be said of a target, given the original's value and the least that any widths reach. */
export function judge(target: Target, original: number, least: number): Judgement {
  const limit = limitOf(target, original);
  const say = (value: number) => Number(value.toPrecision(4));
  if (limit >= original)
    return {
      reachable: false,
      limit,
      message: `target ${describeTarget(target)}: the network is within it already (${say(original)}), so there is nothing to prune; ask for less`,
    };
  if (limit < least) {
    const share = Math.ceil((1000 * least) / original) / 10;
    return {
      reachable: false,
      limit,
      message: `target ${describeTarget(target)}: can't be reached; the nearest is ${target.metric}=${share}% (${say(least)} of ${say(original)})`,
    };
  }
  return { reachable: true, limit, message: '' };
}

function check(target: Target, original: number, least: number): Budget {
  const { reachable, limit, message } = judge(target, original, least);
  if (!reachable) throw new InputError(message);
  return { metric: target.metric, limit, original };
}

/** Why no channel at all can go; null where some can. */
export function nothingPrunable(dependencies: Dependencies): string | null {
  const open = dependencies.groups.some((group) => group.frozen === undefined && group.size > 1);
  return open ? null : `nothing can be pruned: ${frozenReasons(dependencies)}`;
}

function frozenReasons(dependencies: Dependencies): string {
  const reasons = new Set(dependencies.groups.map((group) => group.frozen ?? 'groups of a single channel'));
  const shown = [...reasons].slice(0, 3).join('; ');
  return reasons.size > 3 ? `${shown}; and ${reasons.size - 3} more reasons` : shown || 'it has no channels';
}
