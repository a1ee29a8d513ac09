import type { BudgetRange } from '../rl/budget-range.ts';

/** The actions of one episode: for every decision its numbers, as the policy drew them. */
export type Actions = readonly Float64Array[];

/** What an episode came to. */
export interface Evaluation {
  readonly reward: number;
  /** one a constraint, in percent of the original; null where it could not be measured */
  readonly costs: readonly (number | null)[];
  /** the reward of the uniform network of the same budget, where several are served: it is learned by how much it is better */
  readonly uniform?: number;
}

/** What is decided at once: the share of a group that goes, or of every channel whether it stays. */
export const granularities = ['ratio', 'keep'] as const;
export type Granularity = (typeof granularities)[number];

/**
 * A constrained Markov decision process whose episodes sweep over the decisions in order; reward and costs come at the
 * end, all at once (2110.08558). Toy problems in tests are environments just as networks are.
 */
export interface Environment {
  /** decisions of an episode */
  readonly decisions: number;
  /** length of an observation */
  readonly features: number;
  /**
   * ratio: an action is one number, the share to prune in [0, 1].
   * keep: an action is one number a channel, 1 to keep it and 0 to remove it.
   */
  readonly granularity: Granularity;
  /** numbers in a decision's action: 1, or the channels of its group */
  size(decision: number): number;
  /** limits, one a constraint, in percent of the original */
  readonly limits: readonly number[];
  /** budgets that one policy serves, as shares of the limits; absent: the limits alone */
  readonly range?: BudgetRange;
  /**
   * What the policy sees before a decision, given the actions before it. Ratios come as in [0, 1].
   * @param budget the episode's, as a share of the limits: 1 without a range; so below
   */
  observe(decision: number, before: Actions, budget: number): Float64Array;
  /** what the policy prefers before it has learned anything: a ratio in (0, 1), or a logit of keeping a channel (of a mask: its value) */
  prior(decision: number, budget: number): Float64Array;
  /** largest share to prune at this progress (0 to 1) of the learning */
  most(progress: number, budget: number): number;
}
