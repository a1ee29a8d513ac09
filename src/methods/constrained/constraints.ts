import { fitToBudget, leastArchitecture } from '../../graph/budget.ts';
import { costModel } from '../../graph/cost.ts';
import { InputError } from '../../graph/errors.ts';
import type { MethodContext } from '../types.ts';
import type { Architecture, KeptChannels } from '../../terms/candidates.ts';
import { costBy } from '../../terms/cost.ts';
import type { Cost } from '../../terms/cost.ts';
import { isStatic } from '../../terms/goals.ts';
import type { Budget, StaticMetric } from '../../terms/goals.ts';

interface Choice {
  readonly architecture: Architecture;
  readonly kept: KeptChannels;
}

/** A candidate's costs by every budget, in percent of the original; null where one could not be measured. */
export interface Measured {
  readonly costs: readonly (number | null)[];
  /** why not, in words */
  readonly failed?: string;
}

/** The budgets of a run as constraints. Costs are only ever evaluated; nothing here has a gradient. */
export class Constraints {
  /** limits in percent of the original */
  readonly limits: readonly number[];
  /** for curves: the metric, numbered where there are several scripts */
  readonly names: readonly string[];
  readonly cost: (architecture: Architecture) => Cost;
  readonly measuredAtAll: boolean;
  private readonly budgets: readonly Budget[];

  constructor(
    private readonly context: MethodContext,
    private readonly seconds: number,
  ) {
    const { budgets, graph, dependencies } = context;
    if (budgets.length === 0) throw new InputError('there is no budget: give a target, as --target macs=50%');
    for (const { metric, limit, original } of budgets) {
      if (!(limit > 0 && original > 0))
        throw new InputError(
          `a budget of ${limit} ${metric} out of ${original} can't be worked with: both must be above 0`,
        );
      if (!isStatic(metric) && !context.evaluate)
        throw new InputError(`nothing here can measure a budget on ${metric}`);
    }
    this.budgets = budgets;
    this.limits = budgets.map(({ limit, original }) => (100 * limit) / original);
    const scripts = budgets.filter((b) => b.metric === 'script');
    this.names = budgets.map((b) =>
      b.metric === 'script' && scripts.length > 1 ? `script ${scripts.indexOf(b) + 1}` : b.metric,
    );
    this.cost = costModel(graph, dependencies);
    this.measuredAtAll = budgets.some((b) => !isStatic(b.metric));
  }

  /** Largest share of a limit that a static budget is used to; 0 without one. */
  used(architecture: Architecture): number {
    const cost = this.cost(architecture);
    return Math.max(
      0,
      ...this.budgets.map(({ metric, limit }) => (isStatic(metric) ? costBy(cost, metric) / limit : 0)),
    );
  }

  /** By every budget. */
  async measure(choice: Choice): Promise<Measured> {
    const cost = this.cost(choice.architecture);
    const costs: (number | null)[] = [];
    let failed: string | undefined;
    for (const budget of this.budgets) {
      const { metric, original } = budget;
      if (isStatic(metric)) costs.push((100 * costBy(cost, metric as StaticMetric)) / original);
      else if (failed !== undefined) costs.push(null);
      else {
        const value = await this.context.evaluate!(budget, choice, { seconds: this.seconds });
        if (typeof value === 'number' && Number.isFinite(value)) costs.push((100 * value) / original);
        else {
          failed = typeof value === 'number' ? `it gave ${value}` : value.failed;
          costs.push(null);
        }
      }
    }
    return { costs, failed };
  }

  /** Whether the measured budgets hold, the largest of `times` measurements each; latency with a margin for noise. */
  async holds(choice: Choice, times: number, latencyMargin: number): Promise<boolean> {
    for (const budget of this.budgets) {
      if (isStatic(budget.metric)) continue;
      const limit = budget.metric === 'latency' ? budget.limit * (1 - latencyMargin) : budget.limit;
      for (let i = 0; i < times; i++) if (!((await this.patiently(budget, choice)) <= limit)) return false;
    }
    return true;
  }

  /** A script that fails now and then says nothing of the network: it is asked again. NaN where it gives nothing. */
  private async patiently(budget: Budget, choice: Choice): Promise<number> {
    for (let tries = 0; tries < 3; tries++) {
      const value = await this.context.evaluate!(budget, choice, { seconds: this.seconds });
      if (typeof value === 'number') return value;
    }
    return NaN;
  }

  /** By how many percent of a limit the worst budget is exceeded; at most 0 where all hold. */
  excess(costs: readonly (number | null)[]): number {
    return Math.max(
      ...costs.map((c, i) => (c === null ? Infinity : (100 * (c - this.limits[i])) / this.limits[i])),
    );
  }

  /** An architecture brought to the static budgets; `grow`: also widened to use them up. */
  fit(architecture: Architecture, grow: boolean): Architecture {
    const { dependencies, roundTo } = this.context;
    // without a static budget there is nothing to fit to, but widths are made allowed ones
    return fitToBudget(architecture, (a) => this.used(a), 1, dependencies, {
      roundTo,
      grow: grow && this.budgets.some((b) => isStatic(b.metric)),
    });
  }

  /** The narrowest network's use of the static budgets. @throws InputError where even that is above a limit */
  check(): void {
    const { dependencies, roundTo } = this.context;
    const least = this.cost(leastArchitecture(dependencies, roundTo));
    for (const { metric, limit } of this.budgets)
      if (isStatic(metric) && costBy(least, metric) > limit)
        throw new InputError(
          `the budget of ${limit} ${metric} can't be reached: the narrowest network needs ${costBy(least, metric)}`,
        );
  }
}
