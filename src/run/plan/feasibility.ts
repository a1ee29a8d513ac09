import { cutsBy } from '../../protocol/controls.ts';
import { InputError } from '../../graph/errors.ts';
import type { Dependencies, Graph } from '../../graph/types.ts';
import type { Method } from '../../methods/types.ts';
import { bounds, fullArchitecture } from '../../graph/architecture.ts';
import { fitToBudget, leastArchitecture } from '../../graph/budget.ts';
import { costModel } from '../../graph/cost.ts';
import { limitOf, MULTIPLES, reach } from '../../protocol/reach.ts';
import type { Reach, Reached, ReachTable } from '../../protocol/reach.ts';
import { methods } from '../../methods/index.ts';
import type { Plan } from './plan.ts';
import { ScriptFailed } from './script.ts';
import { describeTarget } from './targets.ts';
import type { Architecture } from '../../terms/candidates.ts';
import type { Rounding } from '../../terms/choices.ts';
import { costBy } from '../../terms/cost.ts';
import type { Cost } from '../../terms/cost.ts';
import { isStatic } from '../../terms/goals.ts';
import type { Budget, Target } from '../../terms/goals.ts';
import { inThousands } from '../../protocol/units.ts';

/** Measures an architecture in a target's unit (a latency, or what a script prints). */
export type Measure = (target: Target, architecture: Architecture) => Promise<number>;

export interface Feasible {
  readonly budgets: Budget[];
  /** most MACs with which the measured budgets (latency, script) hold for uniform widths */
  readonly proxy?: number;
}

/** The methods that have to reach a goal: the run's own and its controls. */
export type Arms = readonly Pick<Method, 'name' | 'narrowest'>[];

/**
 * The methods of a plan that cut the network; training from scratch takes the shape that the run's own found, and names
 * that are unknown are refused elsewhere.
 */
export function armsOf({ method, controls }: Pick<Plan, 'method' | 'controls'>): Arms {
  return [...new Set([method, ...controls.flatMap((name) => cutsBy(name) ?? [])])].flatMap(
    (name) => methods.get(name) ?? [],
  );
}

/** Share of the groups that must keep a choice of widths for `auto` to take a multiple. */
const CHOICE = 0.75;

/** The narrowest networks there are, for the rule of what can be reached (src/protocol/reach.ts). */
export function tableOf(
  graph: Graph,
  dependencies: Dependencies,
  arms: Arms,
  multiples: readonly number[] = MULTIPLES,
): ReachTable {
  const cost = costModel(graph, dependencies);
  const open = dependencies.groups.filter(({ frozen, size }) => frozen === undefined && size > 1);
  return {
    original: cost(fullArchitecture(dependencies)),
    multiples: [...new Set(multiples)].map((multiple) => ({
      multiple,
      choice: open.filter(({ size }) => size >= 2 * multiple).length >= CHOICE * open.length,
      least: cost(leastArchitecture(dependencies, multiple)),
      floors: Object.fromEntries(
        arms.flatMap(({ name, narrowest }) =>
          narrowest ? [[name, cost(narrowest(dependencies, multiple))]] : [],
        ),
      ),
    })),
  };
}

/** Whether goals can be reached by all of these arms. @throws InputError where nothing at all can be pruned */
export function reachOf(
  graph: Graph,
  dependencies: Dependencies,
  targets: readonly Target[],
  rounding: Rounding,
  arms: Arms,
): Reach {
  const nothing = nothingPrunable(dependencies);
  if (nothing) throw new InputError(nothing);
  const multiples = rounding === 'auto' ? MULTIPLES : [rounding];
  const table = tableOf(graph, dependencies, arms, multiples);
  return reach(
    table,
    targets,
    rounding,
    arms.map(({ name }) => name),
  )!;
}

/** @throws InputError with the nearest goal that can be reached, where one can't or is within reach already */
export function refuseUnreachable(targets: readonly Target[], { targets: said, roundTo }: Reach): void {
  targets.forEach((target, i) => {
    const sentence = reachSentence(target, said[i], roundTo);
    if (sentence && said[i].verdict !== 'measured') throw new InputError(sentence);
  });
}

/** Why a goal can't be reached, or why there is nothing to do, with the nearest; empty where all is well. */
export function reachSentence(target: Target, said: Reached, roundTo: number): string {
  const { verdict, original, least, because, nearest } = said;
  const say = (value: number | null) => Number(value!.toPrecision(4));
  const goal = `target ${describeTarget(target)}`;
  switch (verdict) {
    case 'reachable':
      return '';
    case 'measured':
      return `${target.metric === 'script' ? 'what the script prints' : 'latency'} is measured when the run starts; a goal that can't be reached is refused then`;
    case 'within':
      return `${goal}: the network is within it already (${say(original)}), so there is nothing to prune; ask for less`;
    case 'unreachable': {
      const narrowest = because === null ? 'the narrowest network' : `the narrowest network of ${because}`;
      const multiples = roundTo > 1 ? `, in multiples of ${roundTo},` : '';
      const near =
        nearest === null
          ? 'no goal below the original can be reached'
          : `the nearest is ${target.metric}=${target.relative ? `${nearest}%` : inUnits(nearest)}`;
      return `${goal}: can't be reached; ${near} (${narrowest}${multiples} has ${say(least)} of ${say(original)})`;
    }
  }
}

/** 66900 as 66.9k: what --target reads back. */
function inUnits(value: number): string {
  const [number, unit] = inThousands(value);
  return unit ? `${Number(number.toPrecision(12))}${unit}` : String(value);
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
  arms: Arms,
  measure: Measure,
): Promise<Feasible> {
  const said = reachOf(graph, dependencies, targets, roundTo, arms);
  refuseUnreachable(targets, said);
  const budgets: Budget[] = targets.flatMap(({ metric }, i) => {
    const { limit, original } = said.targets[i];
    return limit === null || original === null ? [] : [{ metric, limit, original }];
  });
  const { least, most } = bounds(graph, dependencies, roundTo);
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

/**
 * A measured goal, once it was measured.
 * @param least what the narrowest network was measured to
 * @throws InputError with the nearest, where it can't be reached or is within reach already
 */
function check(target: Target, original: number, least: number): Budget {
  const limit = limitOf(target, original);
  const verdict = limit >= original ? 'within' : limit < least ? 'unreachable' : 'reachable';
  const share = Math.ceil((1000 * least) / original) / 10;
  const nearest = target.relative ? share : Number(least.toPrecision(4));
  const said = { verdict, limit, original, least, because: null, nearest } as const;
  if (verdict !== 'reachable') throw new InputError(reachSentence(target, said, 1));
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
