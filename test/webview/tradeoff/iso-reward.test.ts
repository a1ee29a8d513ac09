import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reward, rewardKinds, rewardSpec } from '../../../src/methods/rewarded-meta/reward.ts';
import { accuracyAt, costAt, isoLine, isoRewards } from '../../../webview/tradeoff/plot/iso-reward.ts';

const paper = rewardSpec('rewarded-meta', { original: 4100, baseAccuracy: 70.6 });

describe('lines of equal reward', () => {
  test("go through the paper's logged candidates", () => {
    // two candidates of one logged search: the first's reward gives the first's accuracy back
    expect(accuracyAt(paper, 15.657, 1950.24)).toBeCloseTo(55.22, 2);
    expect(costAt(paper, 15.73, 55.29)).toBeCloseTo(1956.75, 0);
  });

  test('every kind: the reward of a point of the line is the line’s', () => {
    const cost = fc.double({ min: 2, max: 1999, noNaN: true });
    const accuracy = fc.double({ min: 1, max: 99, noNaN: true });
    const exponent = fc.double({ min: 0.1, max: 4, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...rewardKinds),
        cost,
        accuracy,
        cost,
        exponent,
        exponent,
        (kind, macs, a, other, p, q) => {
          const spec = rewardSpec(kind, {
            original: 1000,
            target: 500,
            accuracyExponent: p,
            efficiencyExponent: q,
          });
          const at = reward(spec, { accuracy: a, macs });
          fc.pre(Math.abs(at) > 1e-9 && Math.abs(at) < 1e9);
          expect(accuracyAt(spec, at, macs)).toBeCloseTo(a, 6);
          const elsewhere = accuracyAt(spec, at, other);
          if (elsewhere !== undefined) {
            const back = reward(spec, { accuracy: elsewhere, macs: other });
            expect(Math.abs(back - at)).toBeLessThan(1e-6 * Math.abs(at) + 1e-9);
          }
          const solved = costAt(spec, at, a);
          if (kind === 'rewarded-meta') expect(solved! / macs).toBeCloseTo(1, 6);
          else expect(solved).toBeUndefined();
        },
      ),
    );
  });

  test('a coefficient of zero makes them level or upright', () => {
    const level = rewardSpec('rewarded-meta', { original: 1000, efficiencyExponent: 0 });
    const flat = isoLine(level, reward(level, { accuracy: 90, macs: 300 }), {
      cost: [100, 900],
      accuracy: [50, 100],
    });
    expect(flat.length).toBeGreaterThan(20);
    for (const point of flat) expect(point.accuracy).toBeCloseTo(90, 9);
    const upright = rewardSpec('rewarded-meta', { original: 1000, accuracyExponent: 0 });
    const steep = isoLine(upright, reward(upright, { accuracy: 90, macs: 300 }), {
      cost: [100, 900],
      accuracy: [50, 100],
    });
    expect(steep.length).toBeGreaterThan(20);
    for (const point of steep) expect(point.cost).toBeCloseTo(300, 9);
  });

  test('stay in their window and rise with cost', () => {
    const spec = rewardSpec('rewarded-meta', { original: 1000 });
    const line = isoLine(spec, reward(spec, { accuracy: 90, macs: 500 }), {
      cost: [10, 990],
      accuracy: [60, 98],
    });
    expect(line.length).toBeGreaterThan(40);
    for (let i = 0; i < line.length; i++) {
      expect(line[i].accuracy).toBeGreaterThanOrEqual(60);
      expect(line[i].accuracy).toBeLessThanOrEqual(98);
      if (i > 0) expect(line[i].accuracy).toBeGreaterThanOrEqual(line[i - 1].accuracy);
    }
  });

  test('the rewards around the chosen differ and hold its own', () => {
    const spec = rewardSpec('rewarded-meta', { original: 1000 });
    const at = (accuracy: number) => reward(spec, { accuracy, macs: 500 });
    const found = isoRewards({ reward: at(90), accuracy: 90 }, at, 2);
    expect(found).toHaveLength(5);
    expect(found[2]).toBe(at(90));
    expect(found).toEqual([...found].sort((a, b) => a - b));
  });
});
