import { describe, expect, it } from 'vitest';
import {
  type RewardSpec,
  coefficients,
  evenExponent,
  reward,
  rewardSpec,
} from '../../../src/methods/rewarded-meta/reward.ts';
import { rerank } from '../../support/rerank.ts';
import type { Candidate } from '../../../src/terms/candidates.ts';

const paper = (baseCost: number, baseAccuracy = 70.6) =>
  rewardSpec('rewarded-meta', { original: baseCost, baseCost, baseAccuracy }) as Extract<
    RewardSpec,
    { kind: 'rewarded-meta' }
  >;

describe("the paper's reward", () => {
  // accuracy, M FLOPs, BF, reward; the last digits are those printed
  it.each([
    [55.22, 1950.24, 4100, 15.657, 5e-4],
    [55.29, 1956.75, 4100, 15.73, 5e-3],
    [54.26, 203.5, 4100, 56.06, 5e-3],
    [54.16, 199.83, 314, 8.334, 5e-4],
    [54.16, 199.83, 4100, 55.72, 5e-3],
  ])('top-1 %f at %f M with BF %f is %f', (accuracy, macs, base, expected, tolerance) => {
    expect(Math.abs(reward(paper(base), { accuracy, macs }) - expected)).toBeLessThanOrEqual(tolerance);
  });

  it('has coefficients 21.072 and 0.7430', () => {
    const { accuracy, efficiency } = coefficients(paper(4100), { accuracy: 55.22, macs: 1950.24 });
    expect(accuracy).toBeCloseTo(21.072, 3);
    expect(efficiency).toBeCloseTo(0.743, 4);
  });

  it.each([
    [4100, 1950.24, 55.22, 9.7],
    [4100, 203.5, 54.26, 36.8],
    [314, 199.83, 54.16, 5.5],
  ])(
    'with BF %f a point of accuracy buys the relative FLOPs that follows by hand',
    (base, macs, accuracy, percent) => {
      const spec = paper(base);
      const step = 1e-5;
      const dA =
        (reward(spec, { accuracy: accuracy + step, macs }) -
          reward(spec, { accuracy: accuracy - step, macs })) /
        (2 * step);
      const up = macs * (1 + step);
      const down = macs * (1 - step);
      const dF = (reward(spec, { accuracy, macs: up }) - reward(spec, { accuracy, macs: down })) / (2 * step);
      expect((-dA / dF) * 100).toBeCloseTo(percent, 0);
    },
  );

  it('takes both coefficients as exponents', () => {
    const spec = { ...paper(4100), accuracyExponent: 3, efficiencyExponent: 0.5 };
    const expected = (70.6 / (70.6 - 55.22)) ** 3 * Math.sqrt(Math.log(4100 / 1950.24));
    expect(reward(spec, { accuracy: 55.22, macs: 1950.24 })).toBeCloseTo(expected, 9);
    const blind = { ...paper(4100), efficiencyExponent: 0 };
    expect(reward(blind, { accuracy: 50, macs: 1000 })).toBe(reward(blind, { accuracy: 50, macs: 2000 }));
  });
});

describe('the accuracy coefficient at which two candidates are worth the same', () => {
  const spec = rewardSpec('rewarded-meta', { original: 100 });

  it('is 1 where half the error goes with twice the logarithm saved, and makes the rewards equal anywhere', () => {
    // (100 / 10)^p ln 2 = (100 / 20)^p ln 4
    expect(evenExponent(spec, { accuracy: 90, macs: 50 }, { accuracy: 80, macs: 25 })).toBeCloseTo(1, 12);
    const [dear, cheap] = [
      { accuracy: 92.5, macs: 61 },
      { accuracy: 91, macs: 20 },
    ];
    const even = { ...spec, accuracyExponent: evenExponent(spec, dear, cheap)! } as RewardSpec;
    expect(reward(even, dear) / reward(even, cheap)).toBeCloseTo(1, 9);
  });

  it('is beyond all numbers where the cheaper is as accurate, and none where the reward has no coefficients', () => {
    const alike = { accuracy: 90, macs: 50 };
    expect(evenExponent(spec, alike, { accuracy: 90, macs: 25 })).toBe(Infinity);
    expect(
      evenExponent(rewardSpec('metapruning', { original: 100 }), alike, { accuracy: 80, macs: 25 }),
    ).toBeUndefined();
  });
});

describe('guards', () => {
  const users = rewardSpec('rewarded-meta', { original: 1000 });

  it('defaults to BA 100 and the original cost, and is JSON-safe', () => {
    expect(users).toMatchObject({
      baseAccuracy: 100,
      baseCost: 1000,
      accuracyExponent: 2,
      efficiencyExponent: 1,
      metric: 'macs',
    });
    expect(JSON.parse(JSON.stringify(users))).toEqual(users);
  });

  it('stays finite and monotone at and beyond BA', () => {
    const at = [90, 99.8, 99.9, 100].map((accuracy) => reward(users, { accuracy, macs: 500 }));
    expect(at[0]).toBeLessThan(at[1]);
    expect(at[1]).toBeLessThan(at[2]);
    expect(at[3]).toBeCloseTo(at[2], 6);
    expect(at.every(Number.isFinite)).toBe(true);
    // the paper's BA under a trained network's accuracy: no worse than just below it
    expect(reward(paper(4100), { accuracy: 92, macs: 2000 })).toBeGreaterThan(
      reward(paper(4100), { accuracy: 70, macs: 2000 }),
    );
  });

  it('prefers accuracy also where nothing is saved', () => {
    const above = (accuracy: number) => reward(users, { accuracy, macs: 1500 });
    expect(above(90)).toBeLessThan(0);
    expect(above(95)).toBeGreaterThan(above(90));
    expect(reward(users, { accuracy: 90, macs: 1000 })).toBeCloseTo(0, 12);
    expect(
      reward({ ...users, efficiencyExponent: 0.5 } as RewardSpec, { accuracy: 90, macs: 1500 }),
    ).toBeLessThan(0);
  });

  it('refuses to guess a cost that was not measured', () => {
    expect(() =>
      reward(rewardSpec('amc', { metric: 'params', original: 1 }), { accuracy: 50, macs: 1 }),
    ).toThrow(/params/);
  });
});

describe("others' rewards", () => {
  const at = (kind: Parameters<typeof rewardSpec>[0], accuracy: number, macs: number) =>
    reward(rewardSpec(kind, { original: 400, target: 200 }), { accuracy, macs });

  it('metapruning ranks by error alone', () => {
    expect(at('metapruning', 71, 1)).toBe(at('metapruning', 71, 1e9));
    expect(at('metapruning', 71, 1)).toBe(-29);
  });

  it('mnasnet: doubling the cost is worth about 5 % accuracy, from both sides when soft', () => {
    expect(at('mnasnet-soft', 80, 400) / at('mnasnet-soft', 80, 200)).toBeCloseTo(2 ** -0.07, 12);
    expect(1 - 2 ** -0.07).toBeCloseTo(0.0474, 4);
    expect(at('mnasnet-soft', 80, 100)).toBeGreaterThan(0.8);
    expect(at('mnasnet-hard', 80, 100)).toBe(0.8);
    expect(at('mnasnet-hard', 80, 400)).toBeCloseTo(0.4, 12);
  });

  it('tunas pulls the cost to its target from both sides', () => {
    expect(at('tunas-absolute', 80, 200)).toBe(0.8);
    expect(at('tunas-absolute', 80, 100)).toBeCloseTo(0.75, 12);
    expect(at('tunas-absolute', 80, 300)).toBeCloseTo(0.75, 12);
  });

  it('amc is -error ln(cost)', () => {
    expect(at('amc', 55, 2e9)).toBeCloseTo(-0.45 * Math.log(2e9), 12);
  });
});

describe('rerank', () => {
  const candidate = (id: number, accuracy: number | undefined, macs: number): Candidate => ({
    id,
    origin: 'random',
    architecture: [],
    kept: [],
    cost: { macs, params: 1, bytes: 4, peakActivationBytes: 0 },
    accuracies: { recalibrated: accuracy },
  });
  // three MobileNetV2 candidates of the authors' logs
  const pool = [
    candidate(0, 54.26, 203.5e6),
    candidate(1, 51.88, 148.2e6),
    candidate(2, 54.39, 230.9e6),
    candidate(3, undefined, 1),
  ];

  it.each([
    ['BF 4100', paper(4100e6), 0],
    ['BF 314', paper(314e6), 1],
    ['accuracy only', { kind: 'metapruning' } as const, 2],
    ['MnasNet', rewardSpec('mnasnet-soft', { original: 314e6, target: 200e6 }), 0],
    ['AMC', rewardSpec('amc', { original: 314e6 }), 0],
  ])('%s selects what follows by hand from its formula', (_, spec, best) => {
    const ranked = rerank(pool, spec);
    expect(ranked[0].id).toBe(best);
    expect(ranked[0].reward).toBe(
      reward(spec, { accuracy: pool[best].accuracies.recalibrated!, macs: pool[best].cost.macs }),
    );
    expect(ranked.at(-1)).toMatchObject({ id: 3, reward: undefined });
  });

  it('moves along the front with the coefficients', () => {
    const spec = paper(4100e6);
    expect(rerank(pool, { ...spec, efficiencyExponent: 8 })[0].id).toBe(1);
    expect(rerank(pool, { ...spec, accuracyExponent: 40 })[0].id).toBe(2);
  });
});
