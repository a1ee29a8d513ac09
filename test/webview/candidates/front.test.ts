import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paretoFront } from '../../../webview/candidates/front.ts';

test('the front holds what nothing beats', () => {
  expect(paretoFront([1, 2, 3, 4], [10, 30, 20, 40])).toEqual([0, 1, 3]);
  expect(paretoFront([], [])).toEqual([]);
  expect(paretoFront([5, 5, 5], [1, 3, 3])).toEqual([1]);
  expect(paretoFront([1, NaN, 2], [NaN, 50, 10])).toEqual([2]);
});

test('it agrees with comparing every pair', () => {
  const value = fc.integer({ min: 0, max: 12 });
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { maxLength: 40 }), (points) => {
      const cost = points.map(([c]) => c);
      const accuracy = points.map(([, a]) => a);
      const front = paretoFront(cost, accuracy);
      const beaten = (i: number) =>
        points.some(
          ([c, a], j) =>
            (c <= cost[i] && a >= accuracy[i] && (c < cost[i] || a > accuracy[i])) ||
            (c === cost[i] && a === accuracy[i] && j < i),
        );
      const expected = points.map((_, i) => i).filter((i) => !beaten(i));
      expect([...front].sort((a, b) => a - b)).toEqual(expected);
      for (let k = 1; k < front.length; k++) {
        expect(cost[front[k]]).toBeGreaterThan(cost[front[k - 1]]);
        expect(accuracy[front[k]]).toBeGreaterThan(accuracy[front[k - 1]]);
      }
    }),
  );
});
