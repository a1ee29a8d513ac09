import { fullArchitecture } from '../../graph/architecture.ts';
import { roundWidth } from '../../graph/budget.ts';
import type { Costs } from '../budgets.ts';
import { fitToBudgets } from '../budgets.ts';
import { ranked, Slimming } from '../greedy-slimming/slimming.ts';
import { openGroups } from '../sensitivity/levels.ts';
import type { MethodContext } from '../types.ts';
import type { Architecture } from '../../terms/candidates.ts';
import { costBy } from '../../terms/cost.ts';
import type { Cost } from '../../terms/cost.ts';
import type { StaticMetric } from '../../terms/goals.ts';
import type { Lost } from './lost.ts';
import { solveKnapsack } from './solve.ts';
import type { Item } from './solve.ts';

/** Widths of a group that one knapsack chooses from, at most. */
const MOST_WIDTHS = 64;
/** Knapsacks in a row, at most: it ends long before. */
const MOST_ROUNDS = 100;
/** What is lost has to become less by this share to count: sums differ in their last digits. */
const BETTER = 1e-9;

/** How costs are weighed to be one number: a factor a budget. */
type Direction = readonly number[];

/**
 * Shares a budget out among the groups so that little is lost. A knapsack adds costs up, but a layer's MACs go with its
 * own width times that of the one before. So its costs are those of changing one group alone, from widths that hold all
 * budgets; the choice is narrowed where the true cost is above a budget, widened where room is left, and taken where less
 * is lost than before, and so on from there. Where nothing is gained, only half as far is gone; the end is where no
 * group can go a step. Pure and deterministic.
 */
export class Allocation {
  private readonly slimming: Slimming;
  private readonly directions: readonly Direction[];

  /** @param cells see solveKnapsack */
  constructor(
    private readonly context: Pick<MethodContext, 'dependencies' | 'budgets' | 'roundTo'>,
    private readonly costs: Costs,
    private readonly lost: Lost,
    private readonly cells: number,
  ) {
    const { budgets } = context;
    this.slimming = new Slimming(context, costs, MOST_WIDTHS);
    // one alone in its own unit, so that whole numbers stay whole; several also by the mean of their shares
    const alone = budgets.map((_, b) => budgets.map((_, other) => Number(b === other)));
    this.directions = budgets.length > 1 ? [...alone, budgets.map(({ limit }) => 1 / limit)] : alone;
  }

  /** Widths within all budgets, of which no group could get a step wider. @throws InputError where there are none */
  solve(): Architecture {
    const { dependencies, roundTo } = this.context;
    const full = fullArchitecture(dependencies);
    const uniform = fitToBudgets(this.context, this.costs, full);
    let best = this.least([this.widened(uniform), this.slimmed()]);
    const widest = Math.max(0, ...openGroups(dependencies).map(({ size }) => size));
    let radius = 1;
    for (let round = 0; round < MOST_ROUNDS && radius * widest >= roundTo; round++) {
      const next = this.least(this.directions.map((one) => this.step(best, radius, one)));
      if (this.total(next) < (1 - BETTER) * this.total(best)) best = next;
      else radius /= 2;
    }
    return best;
  }

  /** What greedy slimming comes to by the same table: slices go that lose least for what they save, from the whole network. */
  slimmed(): Architecture {
    return this.within(fullArchitecture(this.context.dependencies));
  }

  /** What is lost in all, if it adds up. */
  total(architecture: Architecture): number {
    return architecture.reduce((sum, width, group) => sum + this.lost(group, width), 0);
  }

  private least(all: readonly Architecture[]): Architecture {
    return all.reduce((best, one) => (this.total(one) < this.total(best) ? one : best));
  }

  /** One knapsack around some widths, brought to the budgets. */
  private step(from: Architecture, radius: number, direction: Direction): Architecture {
    const { dependencies, budgets } = this.context;
    const open = openGroups(dependencies);
    const weighed = (cost: Cost) =>
      budgets.reduce((sum, { metric }, b) => sum + direction[b] * costBy(cost, metric as StaticMetric), 0);
    const now = weighed(this.costs.cost(from));
    const widths = open.map(({ index, size }) => this.widths(size, from[index], radius));
    const rows = open.map(({ index }, r) =>
      widths[r].map((width): Item => {
        const cost = weighed(this.costs.cost(changed(from, index, width)));
        return { cost: cost - now, lost: this.lost(index, width) };
      }),
    );
    const limit = budgets.reduce((sum, { limit }, b) => sum + direction[b] * limit, 0);
    const items = solveKnapsack(rows, limit - now, this.cells);
    if (!items) return from;
    const choice = [...from];
    open.forEach(({ index }, r) => (choice[index] = widths[r][items[r]]));
    return this.within(choice);
  }

  /** Allowed widths up to so far from one, as a share of the group, widest first; it is among them. */
  private widths(size: number, from: number, radius: number): number[] {
    const { roundTo } = this.context;
    const all: number[] = [];
    for (let width = roundWidth(1, size, roundTo); ; width = roundWidth(width + 1, size, roundTo)) {
      if (Math.abs(width - from) <= radius * size) all.push(width);
      if (width === size) break;
    }
    const every = Math.ceil(all.length / MOST_WIDTHS);
    return all.filter((width, i) => i % every === 0 || width === from).reverse();
  }

  /** Brought within the budgets, where it isn't: by whatever loses least for what it saves. Then widened. */
  private within(start: Architecture): Architecture {
    let at = start;
    while (!this.slimming.holds(at)) {
      const options = this.slimming.options(at);
      const to = (group: number) => options.find((one) => one.group === group)!.width;
      const rise = (group: number) => this.lost(group, to(group)) - this.lost(group, at[group]);
      const [{ group, width }] = ranked(options, rise);
      at = changed(at, group, width);
    }
    return this.widened(at);
  }

  /** Uses up what the budgets leave, a step at a time, where that wins most for what it costs. */
  private widened(start: Architecture): Architecture {
    const { dependencies, budgets, roundTo } = this.context;
    const share = (cost: Cost) =>
      budgets.reduce((sum, { metric, limit }) => sum + costBy(cost, metric as StaticMetric) / limit, 0);
    let at = start;
    for (;;) {
      const used = share(this.costs.cost(at));
      let best: { wider: Architecture; price: number; more: number } | null = null;
      for (const { index, size } of openGroups(dependencies)) {
        if (at[index] === size) continue;
        const wider = changed(at, index, roundWidth(at[index] + 1, size, roundTo));
        if (!this.slimming.holds(wider)) continue;
        const more = share(this.costs.cost(wider)) - used;
        const won = this.lost(index, at[index]) - this.lost(index, wider[index]);
        const price = won > 0 ? won / Math.max(more, Number.MIN_VALUE) : 0;
        if (!best || price > best.price || (price === best.price && more < best.more))
          best = { wider, price, more };
      }
      if (!best) return at;
      at = best.wider;
    }
  }
}

function changed(architecture: Architecture, group: number, width: number): Architecture {
  return architecture.map((w, g) => (g === group ? width : w));
}
