import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/graph/random.ts';
import { RangeEvolution } from '../../../src/methods/rewarded-meta/evolution/range-evolution.ts';
import type { RangeProblem } from '../../../src/methods/rewarded-meta/evolution/range-evolution.ts';
import { proposeRandom } from '../../../src/methods/rewarded-meta/evolution/proposals.ts';
import { evolutionSettingsSchema } from '../../../src/methods/rewarded-meta/evolution/search-space.ts';
import { evenExponent, reward } from '../../../src/methods/rewarded-meta/reward.ts';
import type { RewardSpec } from '../../../src/methods/rewarded-meta/reward.ts';

const spec: RewardSpec = {
  kind: 'rewarded-meta',
  metric: 'macs',
  baseAccuracy: 100,
  baseCost: 120,
  accuracyExponent: 2,
  efficiencyExponent: 1,
  accuracyGap: 0.1,
};

/** Eight genes of eleven levels; cost: their weighted sum, 120 at most; worth: concave, other weights. */
const genes = 8;
const levels = 11;
const costs = [1, 2, 1, 2, 1, 2, 1, 2];
const worths = [4, 1, 2, 5, 1, 3, 6, 1];
const macs = (one: readonly number[]) => one.reduce((sum, g, i) => sum + costs[i] * g, 0);
const accuracy = (one: readonly number[]) =>
  20 + one.reduce((sum, g, i) => sum + worths[i] * Math.sqrt(g), 0);

const shares = [1, 0.6, 0.35];
const goal = 80;

function problemOf(more: Partial<RangeProblem> = {}): RangeProblem {
  return {
    genes,
    levels,
    key: (one) => one.join(),
    stretches: shares.map((share) => ({ share, lowLevel: 0, initial: [] })),
    used: (one) => macs(one) / goal,
    low: 0.95,
    reward: (one, value, exponent) =>
      reward({ ...spec, ...(exponent === undefined ? {} : { accuracyExponent: exponent }) } as RewardSpec, {
        accuracy: value,
        macs: macs(one),
      }),
    evenExponent: (a, b) =>
      evenExponent(
        spec,
        { accuracy: a.accuracy, macs: macs(a.genes) },
        { accuracy: b.accuracy, macs: macs(b.genes) },
      ),
    between: true,
    ...more,
  };
}

const settings = evolutionSettingsSchema.parse({
  population: 30,
  generations: 8,
  parents: 6,
  highLevel: 10,
});

function searched(seed: number, problem = problemOf()): RangeEvolution {
  const search = new RangeEvolution(problem, 1, settings, new Random(seed));
  while (!search.done) search.tell(search.propose().map((one) => accuracy(one.genes)));
  return search;
}

/** The most that any architecture within a window is worth: a knapsack, solved over all costs. */
function best(share: number): number {
  const most = Math.floor(goal * share);
  let table = new Array<number>(most + 1).fill(-Infinity);
  table[0] = 20;
  for (let i = 0; i < genes; i++) {
    const next = new Array<number>(most + 1).fill(-Infinity);
    for (let cost = 0; cost <= most; cost++)
      for (let g = 0; g < levels && cost + costs[i] * g <= most; g++)
        next[cost + costs[i] * g] = Math.max(
          next[cost + costs[i] * g],
          table[cost] + worths[i] * Math.sqrt(g),
        );
    table = next;
  }
  return Math.max(...table);
}

describe('one evolution for all points', () => {
  it('comes near to the best of every point, and nearer than as many random draws', () => {
    const random = new Random(100);
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const states = [1, 2, 3].map((seed) => searched(seed).state);
    for (const share of shares) {
      const found = states.map((state) => {
        const [{ genes: chosen }] = RangeEvolution.restore(problemOf(), share, settings, state).archive;
        expect(macs(chosen)).toBeLessThanOrEqual(goal * share);
        return accuracy(chosen);
      });
      const side = (one: readonly number[]) => {
        const used = macs(one) / goal / share;
        return used > 1 ? 1 : used < 0.95 ? -1 : 0;
      };
      const drawing = { ...settings, tries: 20 };
      const lucky = states.map(() =>
        Math.max(
          ...Array.from({ length: 240 }, () =>
            accuracy(proposeRandom({ genes, levels, side }, drawing, random)!),
          ),
        ),
      );
      expect(mean(found)).toBeGreaterThan(mean(lucky));
      // the reward also pays for what is saved within the window
      expect(best(share) - mean(found)).toBeLessThan(2.5);
    }
  });

  it('scores as many as it may, each once, none above the goal; half of a stretch at its point, half below', () => {
    const { state } = searched(1);
    expect(state.told).toHaveLength(240);
    expect(new Set(state.told.map((one) => one.genes.join())).size).toBe(240);
    const bred = state.told.filter(({ generation }) => generation > 0);
    const used = bred.map((one) => macs(one.genes) / goal);
    expect(Math.max(...used)).toBeLessThanOrEqual(1);
    const at = (share: number) => used.filter((one) => one <= share && one >= 0.95 * share).length;
    const within = (upper: number, lower: number) => used.filter((one) => one < upper && one > lower).length;
    for (const share of shares) expect(at(share)).toBeGreaterThanOrEqual(7 * 5);
    expect(within(0.95, 0.6)).toBeGreaterThan(7 * 3);
    expect(within(0.95 * 0.6, 0.35)).toBeGreaterThan(7 * 3);
  });

  it('has parents by coefficients that make the ends of a stretch worth the same', () => {
    const search = searched(2);
    const exponents = search.exponents();
    expect(exponents).toHaveLength(3);
    expect(exponents[2]).toBe(exponents[1]);
    const problem = problemOf();
    const front = shares.map((share) => {
      const { archive } = RangeEvolution.restore(problem, share, settings, search.state);
      return archive[0].genes;
    });
    for (const k of [0, 1]) {
      const [dear, cheap] = [front[k], front[k + 1]].map((one) =>
        problem.reward(one, accuracy(one), exponents[k]),
      );
      expect(Math.abs(Math.log(dear / cheap))).toBeLessThan(0.1);
    }
  });

  it('breeds at the points alone where the reward knows no cost', () => {
    const problem = problemOf({
      reward: (_, value) => value - 100,
      evenExponent: () => undefined,
      between: false,
    });
    const bred = searched(1, problem).state.told.filter(({ generation }) => generation > 0);
    for (const one of bred) {
      const used = macs(one.genes) / goal;
      expect(shares.some((share) => used <= share && used >= 0.95 * share)).toBe(true);
    }
  });

  it('tries a small range whole', () => {
    const choices = Array.from({ length: genes }, (_, i) => (i < 5 ? [0, 5, 10] : [10]));
    const search = searched(1, problemOf({ choices }));
    const inside = search.state.told.map((one) => macs(one.genes));
    expect(search.done).toBe(true);
    expect(search.state.told.every(({ origin }) => origin === 'enumerated')).toBe(true);
    let all = 0;
    for (let n = 0; n < 3 ** 5; n++) {
      const one = choices.map((own, i) => own[Math.floor(n / 3 ** i) % own.length]);
      if (macs(one) <= goal && macs(one) >= 0.95 * 0.35 * goal) all++;
    }
    expect(inside).toHaveLength(all);
  });

  it('is decided by its seed, and goes on from its state in JSON as if it had not stopped', () => {
    const whole = searched(3);
    expect(searched(3).state).toEqual(whole.state);
    expect(searched(4).state).not.toEqual(whole.state);
    const problem = problemOf();
    let parts = new RangeEvolution(problem, 1, settings, new Random(3));
    const again = () => {
      parts = RangeEvolution.restore(problem, 1, settings, JSON.parse(JSON.stringify(parts.state)));
    };
    while (!parts.done) {
      parts.propose();
      again();
      parts.tell(parts.propose().map((one) => accuracy(one.genes)));
      again();
    }
    expect(parts.state).toEqual(whole.state);
    expect(() => RangeEvolution.restore(problem, 1, settings, { generation: 1 })).toThrow(/damaged/);
  });

  it('takes what a plain rule gives into the first generation, and a score that is no number as 0', () => {
    const rule = [10, 0, 10, 0, 10, 0, 10, 0];
    const stretches = shares.map((share, k) => ({ share, lowLevel: 0, initial: k === 1 ? [rule] : [] }));
    const search = new RangeEvolution(problemOf({ stretches }), 0.6, settings, new Random(1));
    const first = search.propose();
    expect(first[0]).toEqual({ genes: rule, origin: 'initial' });
    search.tell(first.map((_, i) => (i === 0 ? NaN : 50)));
    expect(search.state.told[0].score).toBe(0);
  });
});
