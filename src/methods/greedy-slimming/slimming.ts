import { fullArchitecture } from '../../graph/architecture.ts';
import { roundWidth } from '../../graph/budget.ts';
import type { Costs } from '../budgets.ts';
import { levelsOf, openGroups } from '../sensitivity/levels.ts';
import type { MethodContext } from '../types.ts';
import type { Architecture } from '../../terms/candidates.ts';
import { costBy } from '../../terms/cost.ts';
import type { Cost } from '../../terms/cost.ts';
import type { StaticMetric } from '../../terms/goals.ts';

/** A slice that could go next. */
export interface Option {
  readonly group: number;
  /** the group's width without it */
  readonly width: number;
  /** what that saves of the budgets that do not hold yet, as shares of their limits summed; above 0 */
  readonly saving: number;
}

/** One slice that went. */
export interface Removal {
  readonly group: number;
  readonly from: number;
  readonly to: number;
}

/** What greedy slimming knows without measuring anything: slices, what they save, and the way back. Pure. */
export class Slimming {
  /** widths of every group, widest first; none for those that can't lose channels */
  private readonly levels: readonly (readonly number[])[];

  constructor(
    private readonly context: Pick<MethodContext, 'dependencies' | 'budgets' | 'roundTo'>,
    private readonly costs: Costs,
    slices: number,
  ) {
    const { dependencies, roundTo } = context;
    const levels: number[][] = dependencies.groups.map(() => []);
    for (const { index, size } of openGroups(dependencies))
      levels[index] = [size, ...levelsOf(size, slices, roundTo, true)];
    this.levels = levels;
  }

  holds(architecture: Architecture): boolean {
    return this.costs.used(architecture) <= 1;
  }

  /** Slices that save something of the budgets that don't hold; where none alone does, all that make it smaller. */
  options(architecture: Architecture): Option[] {
    const now = this.costs.cost(architecture);
    const excess = this.excess(now);
    const all = this.levels.flatMap((levels, group): (Option & { readonly smaller: number })[] => {
      const width = levels.find((one) => one < architecture[group]);
      if (width === undefined) return [];
      const without = architecture.map((w, g) => (g === group ? width : w));
      const cost = this.costs.cost(without);
      // a peak of activations stays where it is until all that are as high have fallen
      const smaller =
        (now.macs - cost.macs) / Math.max(now.macs, 1) + (now.params - cost.params) / now.params;
      return [{ group, width, saving: excess - this.excess(cost), smaller }];
    });
    const saving = all.filter((one) => one.saving > 0);
    return saving.length
      ? saving.map(({ group, width, saving }) => ({ group, width, saving }))
      : all.map(({ group, width, smaller }) => ({ group, width, saving: smaller }));
  }

  /**
   * Slices to measure: of groups that were never measured all, of the others those that look best.
   * @param rises by how much the loss rose when a group's next slice was last measured; null: never
   */
  promising(options: readonly Option[], rises: readonly (number | null)[], most: number): Option[] {
    const known = options.filter(({ group }) => rises[group] !== null);
    const best = new Set(ranked(known, (group) => rises[group]!).slice(0, most));
    return options.filter((one) => rises[one.group] === null || best.has(one));
  }

  /**
   * Takes back what went too much: the slices that went last come back first, whole or in part, as far as all budgets
   * hold. No group could get a step wider then.
   */
  refill(architecture: Architecture, removals: readonly Removal[]): Architecture {
    const { dependencies, roundTo } = this.context;
    let result = [...architecture];
    for (const { group, from } of [...removals].reverse()) {
      const { size } = dependencies.groups[group];
      for (;;) {
        const width = roundWidth(result[group] + 1, size, roundTo);
        if (result[group] >= from || width > from) break;
        const wider = result.map((w, g) => (g === group ? width : w));
        if (!this.holds(wider)) break;
        result = wider;
      }
    }
    return result;
  }

  /** Networks on a way to the budgets that takes a slice of whichever group is widest: what can be said beforehand. */
  guess(from: Architecture = fullArchitecture(this.context.dependencies)): Architecture[] {
    const { groups } = this.context.dependencies;
    const way: Architecture[] = [];
    for (let at = from; !this.holds(at); way.push(at)) {
      const share = ({ group }: Option) => at[group] / groups[group].size;
      const options = this.options(at);
      if (options.length === 0) break;
      const { group, width } = options.reduce((best, one) => (share(one) > share(best) ? one : best));
      at = at.map((w, g) => (g === group ? width : w));
    }
    return way;
  }

  /** By how much the budgets are exceeded, as shares of their limits summed; 0 where all hold. */
  private excess(cost: Cost): number {
    return this.context.budgets.reduce(
      (sum, { metric, limit }) => sum + Math.max(0, costBy(cost, metric as StaticMetric) / limit - 1),
      0,
    );
  }
}

/**
 * The slice that hurts least comes first: those that don't hurt at all by what they save, the others by how much the
 * loss rises for what they save.
 */
export function ranked(options: readonly Option[], rise: (group: number) => number): Option[] {
  const price = ({ group, saving }: Option) => (rise(group) > 0 ? rise(group) / saving : -saving);
  return [...options].sort((a, b) => price(a) - price(b) || a.group - b.group);
}
