import { reward } from '../../src/methods/rewarded-meta/reward.ts';
import type { Measured, RewardSpec } from '../../src/methods/rewarded-meta/reward.ts';
import type { Columns } from './columns.ts';

/** Candidates under one reward. */
export interface Ranking {
  readonly spec: RewardSpec;
  /** one a candidate, in the columns' order; NaN where it has no accuracy */
  readonly rewards: Float64Array;
  /** indices of candidates, best first; those without a reward last */
  readonly order: readonly number[];
  /** rank of each candidate, 0 = best */
  readonly ranks: Uint32Array;
}

/**
 * Re-ranks what was found under another reward; nothing is trained or measured anew. Equal rewards: the smaller
 * network first, then the earlier.
 *
 * @param before an earlier order of the same candidates: a small move of a coefficient hardly changes it, and sorting
 *   what is almost sorted is several times faster
 */
export function rank(columns: Columns, spec: RewardSpec, before: readonly number[] = []): Ranking {
  const { size, macs, params, bytes, proxy, candidates } = columns;
  const rewards = new Float64Array(size);
  const measured: { -readonly [K in keyof Measured]: Measured[K] } = { accuracy: 0 };
  for (let i = 0; i < size; i++) {
    measured.accuracy = proxy[i];
    measured.macs = macs[i];
    measured.params = params[i];
    measured.bytes = bytes[i];
    rewards[i] = Number.isNaN(proxy[i]) ? NaN : reward(spec, measured);
  }
  const order = start(before, size);
  order.sort((a, b) => {
    const difference = rewards[b] - rewards[a];
    if (difference > 0 || difference < 0) return difference;
    if (rewards[a] !== rewards[b]) {
      const missing = Number(Number.isNaN(rewards[a])) - Number(Number.isNaN(rewards[b]));
      if (missing !== 0) return missing;
    }
    return macs[a] - macs[b] || candidates[a].id - candidates[b].id;
  });
  const ranks = new Uint32Array(size);
  for (let i = 0; i < size; i++) ranks[order[i]] = i;
  return { spec, rewards, order, ranks };
}

function start(before: readonly number[], size: number): number[] {
  const order = before.length <= size ? [...before] : [];
  for (let i = order.length; i < size; i++) order.push(i);
  return order;
}

/** The best candidate that keeps every budget, else the best of all; -1 where none has a reward. */
export function choose(ranking: Ranking, within: (index: number) => boolean): number {
  const { order, rewards } = ranking;
  for (const i of order) if (!Number.isNaN(rewards[i]) && within(i)) return i;
  return order.length > 0 && !Number.isNaN(rewards[order[0]]) ? order[0] : -1;
}
