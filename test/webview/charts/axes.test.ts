import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  accuracyRange,
  focus,
  linearTicks,
  logTicks,
  niceRange,
  niceStep,
  pan,
  shareOf,
  steady,
  valueAt,
  zoom,
} from '../../../webview/charts/axes.ts';

describe('ticks', () => {
  test('are round numbers', () => {
    expect(linearTicks([0, 42], 5)).toEqual([0, 10, 20, 30, 40]);
    expect(linearTicks([60, 96], 8)).toEqual([60, 65, 70, 75, 80, 85, 90, 95]);
    expect(linearTicks([0.1, 0.3], 4)).toEqual([0.1, 0.15, 0.2, 0.25, 0.3]);
    expect(niceStep(7, 3)).toBe(2.5);
    expect(logTicks([1e6, 1e9], 4)).toEqual([1e6, 1e7, 1e8, 1e9]);
    expect(logTicks([1e6, 1e8], 7)).toEqual([1e6, 2e6, 5e6, 1e7, 2e7, 5e7, 1e8]);
    expect(logTicks([2.1e6, 2.9e6], 6)).toEqual(linearTicks([2.1e6, 2.9e6], 6));
  });

  test('lie inside, in order, not too many, never none', () => {
    const bound = fc.double({ min: 1e-3, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(bound, bound, fc.integer({ min: 3, max: 12 }), (a, b, most) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        fc.pre(high > low * 1.001);
        for (const ticks of [linearTicks([low, high], most), logTicks([low, high], most)]) {
          expect(ticks.length).toBeGreaterThan(0);
          expect(ticks.length).toBeLessThanOrEqual(most + 1);
          ticks.forEach((tick, i) => {
            const slack = (high - low) * 1e-6;
            expect(tick).toBeGreaterThanOrEqual(low - slack);
            expect(tick).toBeLessThanOrEqual(high + slack);
            if (i > 0) expect(tick).toBeGreaterThan(ticks[i - 1]);
          });
        }
      }),
    );
  });
});

describe('ranges', () => {
  test('have nice bounds and room for a single value', () => {
    expect(niceRange(3, 41, 5)).toEqual([0, 50]);
    const [low, high] = niceRange(7, 7);
    expect(low).toBeLessThan(7);
    expect(high).toBeGreaterThan(7);
  });

  test('a few hopeless candidates do not squeeze the rest', () => {
    const good = Array.from({ length: 99 }, (_, i) => 80 + i / 10);
    expect(accuracyRange([...good, 10], [92])[0]).toBeGreaterThanOrEqual(78);
    // but a control arm that bad is shown
    expect(accuracyRange(good, [92, 10])[0]).toBeLessThanOrEqual(10);
    // and where many are bad, all are shown
    expect(accuracyRange([...good, ...Array.from({ length: 10 }, () => 10)], [92])[0]).toBeLessThanOrEqual(
      10,
    );
    expect(accuracyRange([], [])).toEqual([0, 100]);
    expect(accuracyRange([NaN, 99.9], [100])[1]).toBe(100);
  });

  test('stay while what arrives fits', () => {
    expect(steady([0, 100], [10, 90])).toEqual([0, 100]);
    expect(steady([0, 100], [10, 110])).toEqual([10, 110]);
    expect(steady([0, 100], [80, 90])).toEqual([80, 90]);
    expect(steady(null, [1, 2])).toEqual([1, 2]);
  });

  test('what stands in a small part is looked at closely', () => {
    expect(focus(40, 50, [0, 100])).toEqual([35, 55]);
    expect(focus(10, 60, [0, 100])).toBeNull();
    expect(focus(0, 4, [0, 100])).toEqual([0, 8]);
    const [low, high] = focus(50, 50, [0, 100])!;
    expect(low).toBeLessThan(50);
    expect(high).toBeGreaterThan(50);
    expect(focus(Infinity, -Infinity, [0, 100])).toBeNull();
    const [a, b] = focus(100, 110, [1, 1e6], true)!;
    expect(a * b).toBeCloseTo(100 * 110);
  });

  test('zooming keeps the point under the pointer and the limits', () => {
    expect(zoom([0, 100], 0.5, 20, [0, 100])).toEqual([10, 60]);
    expect(zoom([10, 60], 4, 20, [0, 100])).toEqual([0, 100]);
    expect(pan([10, 60], 1, [0, 100])).toEqual([50, 100]);
    expect(pan([10, 60], -1, [0, 100])).toEqual([0, 50]);
    const [a, b] = zoom([1, 10000], 0.5, 100, [1, 10000], true);
    expect(a).toBeCloseTo(10);
    expect(b).toBeCloseTo(1000);
  });

  test('a value has one place in a range, and the place that value', () => {
    expect(shareOf(25, [20, 40])).toBe(0.25);
    expect(valueAt(0.25, [20, 40])).toBe(25);
    expect(shareOf(10, [1, 100], true)).toBeCloseTo(0.5, 12);
    expect(valueAt(0.5, [1, 100], true)).toBeCloseTo(10, 9);
    expect(valueAt(1.5, [0, 10])).toBe(15);
  });
});
