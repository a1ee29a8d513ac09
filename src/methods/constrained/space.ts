import { fullArchitecture } from '../../graph/architecture.ts';
import { roundWidth } from '../../graph/budget.ts';
import { InputError } from '../../graph/errors.ts';
import type { Dependencies, Graph } from '../../graph/types.ts';
import type { Importance } from '../importance/importance.ts';
import { byImportance } from '../importance/widths.ts';
import type { BudgetRange } from '../rl/budget-range.ts';
import { sweepGroups } from '../rl/group-features.ts';
import { widthAt } from '../rl/ratios.ts';
import type { Actions, Environment, Granularity } from './environment.ts';
import type { ConstrainedSettings } from './settings.ts';
import type { Architecture, KeptChannels } from '../../terms/candidates.ts';

/** Decisions up to which each has an input of its own, so that the policy can tell them apart at once. */
const TOLD_APART = 64;

/**
 * A network's channels as a space of actions: every group that may lose channels is decided once, in the order of the
 * graph. Nothing is cut until all are decided (2110.08558).
 */
export class Space implements Environment {
  readonly granularity: Granularity;
  readonly features: number;
  /** index of the group of every decision */
  readonly groups: readonly number[];
  private readonly fixed: readonly (readonly number[])[];
  /** channels of every group, most important first */
  private readonly order: readonly number[][];

  /**
   * @param limits in percent of the original
   * @param share of its channels that every group keeps where the budgets just hold, or by this share of them
   * @param range of budgets that one policy serves
   */
  constructor(
    graph: Graph,
    private readonly dependencies: Dependencies,
    private readonly roundTo: number,
    importance: Importance,
    readonly limits: readonly number[],
    private readonly share: number | ((budget: number) => number),
    private readonly settings: Pick<
      ConstrainedSettings,
      'granularity' | 'policy' | 'priorScale' | 'start' | 'mostPruned' | 'mostPrunedGrowth'
    >,
    readonly range?: BudgetRange,
  ) {
    this.granularity = settings.granularity;
    this.groups = dependencies.groups.flatMap((g) => (g.frozen === undefined && g.size > 1 ? [g.index] : []));
    if (this.groups.length === 0)
      throw new InputError('no channel of this network can be removed: every group is frozen');
    const about = sweepGroups(graph, dependencies);
    this.fixed = this.groups.map((g) => about[g].features);
    this.order = importance.map(byImportance);
    const apart = this.groups.length <= TOLD_APART ? this.groups.length : 0;
    this.features = 3 + this.fixed[0].length + apart + (range ? 1 : 0);
  }

  private shareAt(budget: number): number {
    return typeof this.share === 'number' ? this.share : this.share(budget);
  }

  get decisions(): number {
    return this.groups.length;
  }

  /** Channels of every group; 1 where none may go. */
  get sizes(): readonly number[] {
    return this.dependencies.groups.map(({ size, frozen }) => (frozen === undefined ? size : 1));
  }

  size(decision: number): number {
    return this.granularity === 'ratio' ? 1 : this.dependencies.groups[this.groups[decision]].size;
  }

  /**
   * Position, the last action, the mean of all before (the paper's sum), the group's own numbers, which group it is; of
   * several budgets the episode's.
   */
  observe(decision: number, before: Actions, budget = 1): Float64Array {
    const removed = before.map((a) => {
      const mean = a.reduce((sum, v) => sum + v, 0) / a.length;
      return this.granularity === 'ratio' ? mean : 1 - mean;
    });
    const seen = new Float64Array(this.features);
    seen.set([
      decision / this.decisions,
      removed.at(-1) ?? 0,
      removed.reduce((sum, v) => sum + v, 0) / this.decisions,
      ...this.fixed[decision],
    ]);
    if (this.decisions <= TOLD_APART) seen[3 + this.fixed[decision].length + decision] = 1;
    if (this.range) seen[this.features - 1] = this.range.place(budget);
    return seen;
  }

  prior(decision: number, budget = 1): Float64Array {
    const { start, priorScale } = this.settings;
    const kept = this.shareAt(budget);
    const group = this.groups[decision];
    if (this.granularity === 'ratio') {
      // a raw action of 0 is a ratio of 0 where it is clipped, and of a half where it is squashed
      if (start === 'zero') return Float64Array.of(this.settings.policy === 'clipped' ? 0 : 0.5);
      return Float64Array.of(1 - kept);
    }
    const { size } = this.dependencies.groups[group];
    const logits = new Float64Array(size);
    const share = Math.min(Math.max(kept, 0.5 / size), 1 - 0.5 / size);
    if (start === 'budget' && priorScale === 0) logits.fill(Math.log(share / (1 - share)));
    // ranks spread over [-1, 1]; the border between kept and removed lies where the share does
    if (priorScale > 0)
      this.order[group].forEach((channel, rank) => {
        const place = 1 - (2 * (rank + 0.5)) / size;
        const border = start === 'budget' ? 1 - 2 * share : 0;
        logits[channel] = 2 * priorScale * (place - border);
      });
    if (this.settings.policy !== 'clipped') return logits;
    // a mask's raw values: a raw action of 0 for no preference, else about as likely to be one half or more as by the logit
    const none = start === 'zero' && priorScale === 0;
    return none ? logits : logits.map((logit) => 0.5 + logit / 1.702);
  }

  most(progress: number, budget = 1): number {
    const { mostPruned, mostPrunedGrowth } = this.settings;
    // where the budgets need more than that, more may go
    return Math.min(1, Math.max(mostPruned + mostPrunedGrowth * progress, 1 - this.shareAt(budget) / 2));
  }

  /** The channels that an episode's actions keep; at least one a group, and as many as roundTo allows. */
  kept(actions: Actions): { architecture: Architecture; kept: KeptChannels } {
    const { groups } = this.dependencies;
    const kept: number[][] = groups.map(({ size }) => Array.from({ length: size }, (_, c) => c));
    this.groups.forEach((g, d) => {
      const { size } = groups[g];
      const chosen =
        this.granularity === 'ratio'
          ? this.order[g].slice(0, widthAt(actions[d][0], size, this.roundTo))
          : this.withWidth(
              g,
              kept[g].filter((c) => actions[d][c] === 1),
              roundWidth(
                actions[d].reduce((sum, v) => sum + v, 0),
                size,
                this.roundTo,
              ),
            );
      kept[g] = [...chosen].sort((a, b) => a - b);
    });
    return { architecture: kept.map((c) => c.length), kept };
  }

  /** The same share of every group. */
  uniform(share: number): { architecture: Architecture; kept: KeptChannels } {
    return this.atWidths(this.scaled(fullArchitecture(this.dependencies), share));
  }

  /** Widths times a factor, as allowed ones; frozen groups stay. */
  scaled(architecture: Architecture, factor: number): Architecture {
    return this.dependencies.groups.map(({ size, frozen }, g) =>
      frozen === undefined
        ? roundWidth(Math.max(1, architecture[g] * factor - 1e-9), size, this.roundTo)
        : size,
    );
  }

  /** The most important channels at these widths; with `from`, changing as few of a choice as possible. */
  atWidths(
    architecture: Architecture,
    from?: KeptChannels,
  ): { architecture: Architecture; kept: KeptChannels } {
    const kept = architecture.map((width, g) =>
      [...this.withWidth(g, from?.[g] ?? [], width)].sort((a, b) => a - b),
    );
    return { architecture, kept };
  }

  /** Drops the least important of the chosen, or takes in the most important of the others. */
  private withWidth(group: number, chosen: readonly number[], width: number): number[] {
    const has = new Set(chosen);
    const inside = this.order[group].filter((c) => has.has(c));
    return [...inside, ...this.order[group].filter((c) => !has.has(c))].slice(0, width);
  }
}
