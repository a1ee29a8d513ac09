import { expect, it } from 'vitest';
import { accuracyError } from '../../../src/terms/comparison/accuracy-error.ts';

/** The spread of the share of right answers among n, each right with probability p, summed over all that can happen. */
function spread(n: number, p: number): number {
  let chance = (1 - p) ** n;
  let [mean, squares] = [0, 0];
  for (let right = 0; right <= n; right++) {
    mean += (chance * right) / n;
    squares += chance * (right / n) ** 2;
    chance *= ((n - right) / (right + 1)) * (p / (1 - p));
  }
  return Math.sqrt(squares - mean ** 2);
}

it.each([
  [90, 100],
  [50, 10],
  [97, 60],
])('is the spread of what %d percent of %d images could have been', (accuracy, images) => {
  expect(accuracyError({ accuracy, images })).toBeCloseTo(100 * spread(images, accuracy / 100), 9);
});

it('is nothing at both ends, and unknown where nothing was measured', () => {
  expect(accuracyError({ accuracy: 90, images: 100 })).toBeCloseTo(3, 12);
  expect(accuracyError({ accuracy: 0, images: 100 })).toBe(0);
  expect(accuracyError({ accuracy: 100, images: 100 })).toBe(0);
  expect(accuracyError({ accuracy: NaN, images: 100 })).toBeNull();
  expect(accuracyError({ accuracy: 90, images: 0 })).toBeNull();
});
