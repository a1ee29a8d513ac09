import { describe, expect, it } from 'vitest';
import { Random } from '../../src/graph/random.ts';
import { fitSurrogate } from '../../src/methods/surrogate.ts';

describe('a Gaussian process', () => {
  it('is, between two points, what is worked out by hand', () => {
    // values 0 and 2: scaled -1 and 1; squared distance 4 = the unit, so k = exp(-1 / (2 l^2)). The likelihood is
    // -y^2 sum / 2 - log|K| / 2: worked out for all 24 of the grid, l = 0.35 and a noise of 0.03 win
    const points = [[0], [2]];
    const { expect: at } = fitSurrogate(points, [0, 2]);
    const grid = [0.35, 0.7, 1.4, 2.8].flatMap((l) => [0.03, 0.1, 0.3, 1, 3, 10].map((n) => [l, n] as const));
    const byHand = grid.map(([l, n]) => {
      const s = 1 / (1 + n);
      const off = s * Math.exp(-1 / (2 * l * l * 0.5));
      // [[1, off], [off, 1]] has the inverse [[1, -off], [-off, 1]] / (1 - off^2)
      const weight = 1 / (1 - off);
      return { l, s, weight, likelihood: -weight - 0.5 * Math.log(1 - off * off) };
    });
    const best = byHand.reduce((a, b) => (b.likelihood > a.likelihood ? b : a));
    const k = (d: number) => best.s * Math.exp(-(d * d) / (2 * best.l * best.l * 2));
    for (const x of [-1, 0, 0.5, 1, 2, 3])
      expect(at([x]).mean).toBeCloseTo(1 + best.weight * (k(x - 2) - k(x)), 10);
  });

  it('finds a smooth function again from noisy values, and is surest where it knows most', () => {
    const random = new Random(4);
    const truth = ([a, b]: readonly number[]) => Math.sin(2 * a) + b * b;
    const points = Array.from({ length: 150 }, () => [random.uniform(), random.uniform()]);
    const model = fitSurrogate(
      points,
      points.map((p) => truth(p) + 0.2 * random.normal()),
    );
    const gaps = Array.from({ length: 200 }, () => [random.uniform(), random.uniform()]).map((p) =>
      Math.abs(model.expect(p).mean - truth(p)),
    );
    expect(gaps.reduce((a, b) => a + b, 0) / gaps.length).toBeLessThan(0.08);
    expect(model.expect([0.5, 0.5]).deviation).toBeLessThan(0.15);
    expect(model.expect([9, 9]).deviation).toBeGreaterThan(0.3);
  });

  it('expects the mean of values that are all alike, or all at one point', () => {
    expect(fitSurrogate([[1], [2]], [3, 3]).expect([7])).toEqual({ mean: 3, deviation: 0 });
    expect(
      fitSurrogate(
        [
          [1, 1],
          [1, 1],
        ],
        [2, 4],
      ).expect([1, 1]),
    ).toEqual({ mean: 3, deviation: 1 });
  });
});
