import { ratioAt, widthAt, widthsOfGroup } from './ratios.ts';
import type { Architecture } from '../../terms/candidates.ts';

/** A channel group as an agent meets it. */
export interface SweepGroup {
  readonly size: number;
  readonly frozen: boolean;
  /** what never changes about it, each about 0 to 1: see group-features.ts */
  readonly features: readonly number[];
}

export interface SweepOptions {
  /** a number that grows with every width and must not exceed 1 at the end: the largest share of a budget (Costs.used) */
  readonly used: (architecture: Architecture) => number;
  readonly roundTo: number;
  /** no group is left with a smaller share of its channels, unless the budget can't be met otherwise */
  readonly leastShare: number;
}

/** Limits of one action. Prune ratios: low keeps most. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/**
 * One episode's rules: the groups that aren't frozen are decided one after the other, by a prune ratio each. Frozen
 * groups keep their size. Everything about ratios, widths, bounds and states is said here and nowhere else; an agent
 * knows nothing of graphs.
 */
export class Sweep {
  /** index, in the architecture, of the group of each decision */
  readonly order: readonly number[];
  /** the narrowest widths that any episode may end with */
  readonly least: Architecture;
  private readonly full: Architecture;
  private readonly base: { least: number; full: number };

  constructor(
    private readonly groups: readonly SweepGroup[],
    private readonly options: SweepOptions,
  ) {
    this.full = groups.map((g) => g.size);
    this.order = groups.flatMap((g, i) => (g.frozen ? [] : [i]));
    this.least = this.floors();
    this.base = { least: options.used(this.least), full: options.used(this.full) };
  }

  /** The same within a share of all budgets. */
  within(share: number): Sweep {
    if (share === 1) return this;
    const { used } = this.options;
    return new Sweep(this.groups, { ...this.options, used: (architecture) => used(architecture) / share });
  }

  /** The largest share of a budget that an architecture uses. */
  used(architecture: Architecture): number {
    return this.options.used(architecture);
  }

  /** Number of decisions in an episode. */
  get length(): number {
    return this.order.length;
  }

  /** Length of `state`. */
  get features(): number {
    return (this.groups[0]?.features.length ?? 0) + 5;
  }

  /** Shares asked for, halved until the budgets can be met. */
  private floors(): Architecture {
    const { used, roundTo, leastShare } = this.options;
    for (let share = leastShare; ; share /= 2) {
      const widths = this.groups.map(({ size, frozen }) =>
        frozen ? size : widthsOfGroup(size, roundTo, size * share)[0],
      );
      if (used(widths) <= 1 || share < 1e-6) return widths;
    }
  }

  /** Widths with the first decisions made, and the others at their full or least width. */
  private partly(decided: readonly number[], rest: Architecture): number[] {
    const widths = [...rest];
    for (let i = 0; i < this.groups.length; i++) if (this.groups[i].frozen) widths[i] = this.full[i];
    decided.forEach((width, step) => (widths[this.order[step]] = width));
    return widths;
  }

  /** The architecture of a finished episode. */
  architecture(decided: readonly number[]): Architecture {
    return this.partly(decided, this.full);
  }

  /** The width that a ratio gives at a step, inside these bounds. */
  width(step: number, ratio: number, { low, high }: Bounds): number {
    const { size } = this.groups[this.order[step]];
    return widthAt(Math.min(high, Math.max(low, ratio)), size, this.options.roundTo);
  }

  /** The ratio that gives a width at a step. */
  ratio(step: number, width: number): number {
    return ratioAt(width, this.groups[this.order[step]].size);
  }

  /**
   * Bounds of the next action (docs/methods/agent.md, "Bounds"): at most so wide that the budget holds with all later
   * groups at their least, at least so wide that it is used up with all later groups whole. As both are kept at every
   * step, the finished architecture is within the budget, and one step more in some group would break it.
   */
  bounds(decided: readonly number[]): Bounds {
    const { used, roundTo } = this.options;
    const group = this.order[decided.length];
    const { size } = this.groups[group];
    const widths = widthsOfGroup(size, roundTo, this.least[group]);
    const at = (rest: Architecture) => {
      const architecture = this.partly(decided, rest);
      return (width: number): number => {
        architecture[group] = width;
        return used(architecture);
      };
    };
    const cheapest = at(this.least);
    const dearest = at(this.full);
    // the first width (in ascending order) from which on a condition holds
    const first = (holds: (width: number) => boolean): number => {
      let low = 0;
      let high = widths.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (holds(widths[middle])) high = middle;
        else low = middle + 1;
      }
      return low;
    };
    const most = Math.max(0, first((w) => cheapest(w) > 1) - 1);
    const fewest = Math.min(
      most,
      first((w) => dearest(w) >= 1 - 1e-12),
    );
    return { low: ratioAt(widths[most], size), high: ratioAt(widths[fewest], size) };
  }

  /**
   * What is known before the next action, after the last too, each about 0 to 1 (docs/methods/agent.md, "State": index,
   * widths in and out, stride, kernel; cost of this group, cost kept so far, whole cost of the later groups, the action
   * before). Costs are shares of what can be removed at all, measured with the other groups as they stand, since costs
   * don't simply add up.
   */
  state(decided: readonly number[]): Float32Array {
    const { used } = this.options;
    const step = Math.min(decided.length, this.length - 1);
    const group = this.order[step];
    const { features } = this.groups[group];
    const before = decided.slice(0, step);
    const scale = this.base.full - this.base.least || 1;
    const here = this.partly(before, this.full);
    const whole = used(here);
    here[group] = this.least[group];
    const own = (whole - used(here)) / scale;
    const kept = (used(this.partly(decided, this.least)) - this.base.least) / scale;
    const later = this.partly([], this.full);
    for (let s = 0; s <= step; s++) later[this.order[s]] = this.least[this.order[s]];
    const rest = decided.length > step ? 0 : (used(later) - this.base.least) / scale;
    const last = decided.length ? this.ratio(decided.length - 1, decided[decided.length - 1]) : 0;
    return Float32Array.from([decided.length / this.length, ...features, own, kept, rest, last]);
  }
}
