import type { AgentSettings } from '../../../src/methods/agent/agent.ts';
import type { Environment } from '../../../src/methods/agent/environment.ts';
import { Sweep } from '../../../src/methods/rl/sweep.ts';
import type { Architecture } from '../../../src/terms/candidates.ts';

const sizes = [8, 8, 8, 8, 8, 8];
const costs = [4, 1, 3, 2, 5, 2];
const half = sizes.reduce((sum, size, i) => sum + size * costs[i], 0) / 2;
const used = (a: Architecture) => a.reduce((sum, w, i) => sum + w * costs[i], 0) / half;

/** Six groups of eight channels whose costs add up; half of the whole may be kept. */
export const toySweep = new Sweep(
  sizes.map((size, i) => ({ size, frozen: false, features: [i / 6] })),
  { used, roundTo: 1, leastShare: 0 },
);

export const toySettings: AgentSettings = {
  hidden: [32, 32],
  actorRate: 1e-3,
  criticRate: 1e-3,
  decoderRate: 1e-3,
  alpha: 0.05,
  entropyOver: 'unit',
  gamma: 1,
  tau: 0.05,
  credit: 'every-action',
  representation: true,
  embedding: 16,
  decoderTargets: 'terminal',
  window: 64,
  agentBatch: 64,
  replay: 10_000,
  rewardScale: 'standard',
};

/** What an architecture is worth where each group's value is fixed by hand: its value times the root of its share. */
export function worth(values: readonly number[], architecture: Architecture): number {
  const whole = values.reduce((a, b) => a + b, 0);
  return architecture.reduce((sum, w, i) => sum + values[i] * Math.sqrt(w / sizes[i]), 0) / whole;
}

/** The best of all architectures within a share of the budget, by trying every one. */
export function exhaustive(
  values: readonly number[],
  share = 1,
): { reward: number; architecture: Architecture } {
  let best = { reward: -Infinity, architecture: [] as Architecture };
  const widths: number[] = [];
  const visit = (cost: number): void => {
    const group = widths.length;
    if (group === sizes.length) {
      const reward = worth(values, widths);
      if (reward > best.reward) best = { reward, architecture: [...widths] };
      return;
    }
    for (let w = 1; w <= sizes[group] && cost + w * costs[group] <= share * half; w++) {
      widths.push(w);
      visit(cost + w * costs[group]);
      widths.pop();
    }
  };
  visit(0);
  return best;
}

/** Values that may change from epoch to epoch. */
export class ToyEnvironment implements Environment {
  readonly sweep = toySweep;

  constructor(public values: readonly number[]) {}

  async reward(architecture: Architecture): Promise<number> {
    return worth(this.values, architecture);
  }
}
