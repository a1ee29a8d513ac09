import * as z from 'zod';
import type { Frozen } from '../terms/frozen.ts';
import { cost, costBy } from '../terms/cost.ts';
import type { Cost } from '../terms/cost.ts';
import { isStatic } from '../terms/goals.ts';
import type { Target } from '../terms/goals.ts';
import type { Rounding } from '../terms/choices.ts';

/** The one rule of whether a goal can be reached: the panel's page, the plan, the command line and a run all ask it. */

/** What any rounding comes down to. JSON-safe; made by src/run/plan/feasibility.ts. */
export const reachTable = z.object({
  /** cost of the network as it is */
  original: cost,
  multiples: z.array(
    z.object({
      /** what widths are multiples of */
      multiple: z.number(),
      /** enough groups keep a choice of widths: `auto` may take it */
      choice: z.boolean(),
      /** cost of the narrowest network in these multiples */
      least: cost,
      /** by method: cost of its own narrowest, where it goes less far */
      floors: z.record(z.string(), cost),
    }),
  ),
});
export type ReachTable = Frozen<z.infer<typeof reachTable>>;

/** Multiples that `auto` chooses from, the quickest first; else 1. */
const BLOCKS = [8, 4, 2];
/** Multiples that every table has. */
export const MULTIPLES = [1, 2, 4, 8, 16, 32];

/**
 * within: the network is within the goal already; measured: no function of the widths gives it (latency, a script), so
 * it is known when the run starts, and a goal that can't be reached is refused then
 */
export type Verdict = 'reachable' | 'unreachable' | 'within' | 'measured';

/** What is said of one goal. Values in the metric's own unit; null where they would have to be measured. */
export interface Reached {
  readonly verdict: Verdict;
  readonly limit: number | null;
  readonly original: number | null;
  readonly least: number | null;
  /** the method whose own narrowest network sets `least`; null: the network does */
  readonly because: string | null;
  /** unreachable: the nearest goal that can be reached, as the target's value is given; else null */
  readonly nearest: number | null;
}

export interface Reach {
  readonly roundTo: number;
  /** one a target, in order */
  readonly targets: readonly Reached[];
}

/** A cost by a metric, in its unit; null where it has to be measured. */
export function costOf(of: Cost, metric: Target['metric']): number | null {
  return isStatic(metric) ? costBy(of, metric) : null;
}

/** A goal's limit in its metric's unit. */
export function limitOf({ relative, value }: Pick<Target, 'relative' | 'value'>, original: number): number {
  return relative ? (original * value) / 100 : value;
}

/**
 * What is to be said of goals under a rounding, for all the methods that have to reach them (the run's own and its
 * controls). Null where the table doesn't hold this rounding.
 */
export function reach(
  table: ReachTable,
  targets: readonly Target[],
  rounding: Rounding,
  methods: readonly string[],
): Reach | null {
  const roundTo = multipleFor(table, targets, rounding, methods);
  const row = table.multiples.find(({ multiple }) => multiple === roundTo);
  if (!row) return null;
  return {
    roundTo,
    targets: targets.map((target, at) => {
      const original = costOf(table.original, target.metric);
      if (original === null)
        return { verdict: 'measured', limit: null, original, least: null, because: null, nearest: null };
      const limit = limitOf(target, original);
      const { least, because } = floorOf(row, target.metric, methods)!;
      const verdict = limit >= original ? 'within' : limit < least ? 'unreachable' : 'reachable';
      const nearest =
        verdict === 'unreachable' ? nearestOf(table, targets, at, rounding, methods, least) : null;
      return { verdict, limit, original, least, because, nearest };
    }),
  };
}

/** What widths are multiples of: as asked, or what suits the network and its goals (see src/run/plan/rounding.ts). */
export function multipleFor(
  table: ReachTable,
  targets: readonly Target[],
  rounding: Rounding,
  methods: readonly string[],
): number {
  if (rounding !== 'auto') return rounding;
  const suits = (multiple: number): boolean => {
    const row = table.multiples.find((one) => one.multiple === multiple);
    if (!row?.choice) return false;
    return targets.every((target) => {
      const original = costOf(table.original, target.metric);
      if (original === null) return true;
      const limit = limitOf(target, original);
      // room below the goal, and no rounding that alone puts it out of a method's reach
      return (
        costOf(row.least, target.metric)! <= limit / 2 && floorOf(row, target.metric, methods)!.least <= limit
      );
    });
  };
  return BLOCKS.find(suits) ?? 1;
}

/** The least that all of the methods come to: the widest of their narrowest. */
function floorOf(
  { least, floors }: ReachTable['multiples'][number],
  metric: Target['metric'],
  methods: readonly string[],
): { least: number; because: string | null } | null {
  const own = costOf(least, metric);
  if (own === null) return null;
  const worst = { least: own, because: null as string | null };
  for (const method of methods) {
    const floor = Object.hasOwn(floors, method) ? costOf(floors[method], metric)! : own;
    if (floor > worst.least) Object.assign(worst, { least: floor, because: method });
  }
  return worst;
}

/** The nearest goal that can be reached, in the goal's own terms: rounded up, so that it holds when it is typed. */
function nearestOf(
  table: ReachTable,
  targets: readonly Target[],
  at: number,
  rounding: Rounding,
  methods: readonly string[],
  least: number,
): number | null {
  const target = targets[at];
  const original = costOf(table.original, target.metric)!;
  // a wider goal may allow larger multiples, which don't go quite as far
  for (let floor = least, turn = 0; turn < 2 * BLOCKS.length; turn++) {
    const value = target.relative ? upTo((100 * floor) / original, 1) : typable(floor);
    if (limitOf({ ...target, value }, original) >= original) return null;
    const now = targets.map((one, i) => (i === at ? { ...one, value } : one));
    const roundTo = multipleFor(table, now, rounding, methods);
    const row = table.multiples.find(({ multiple }) => multiple === roundTo);
    floor = row ? floorOf(row, target.metric, methods)!.least : Infinity;
    if (floor <= limitOf({ ...target, value }, original)) return value;
  }
  return null;
}

/** Up to so many decimals; not for a rounding error's sake. */
function upTo(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.ceil(value * factor - 1e-6) / factor;
}

/** A number of three or four digits and a unit, as people type it: 66,813 becomes 66,900 (66.9k). */
function typable(value: number): number {
  const step = 10 ** Math.max(0, Math.ceil(Math.log10(Math.max(value, 1))) - 3);
  return Math.ceil(value / step) * step;
}
