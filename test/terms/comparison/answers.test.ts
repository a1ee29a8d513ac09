import fc from 'fast-check';
import { expect, it } from 'vitest';
import { difference, differenceFromMix, packed } from '../../../src/terms/comparison/answers.ts';

/** A score of these answers. */
function score(right: readonly boolean[]) {
  const accuracy = (100 * right.filter(Boolean).length) / right.length;
  return { accuracy, loss: 1, images: right.length, right: packed(right) };
}

it('counts images that one got right and the other wrong', () => {
  // 20 images: 8 both right, 6 only the first, 2 only the second, 4 neither
  const first = Array.from({ length: 20 }, (_, i) => i < 14);
  const second = Array.from({ length: 20 }, (_, i) => i < 8 || (i >= 14 && i < 16));
  const found = difference(score(first), score(second))!;
  expect(found.points).toBeCloseTo(20, 10);
  // (6 + 2 - 16 / 20) / 400 = 0.018, its root 0.134164, times 1.96
  expect(found.error).toBeCloseTo(26.2962, 3);
  expect(found.images).toBe(20);
});

it('is the difference of the accuracies, turns its sign with the order, and has no error for the same answers', () => {
  const answers = fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(answers, (both) => {
      const [one, other] = [score(both.map(([a]) => a)), score(both.map(([, b]) => b))];
      const found = difference(one, other)!;
      expect(found.points).toBeCloseTo(one.accuracy - other.accuracy, 9);
      expect(difference(other, one)!.points).toBeCloseTo(-found.points, 9);
      expect(difference(one, one)).toEqual({ points: 0, error: 0, images: both.length });
      // a mean of differences of -1, 0 and 1
      const p = both.map(([a, b]) => Number(a) - Number(b));
      const mean = p.reduce((x, y) => x + y, 0) / p.length;
      const variance = p.reduce((sum, x) => sum + (x - mean) ** 2, 0) / p.length;
      expect(found.error).toBeCloseTo(196 * Math.sqrt(variance / p.length), 8);
    }),
  );
});

it('holds a network to a mix of two others: their answers in proportion, each image for itself', () => {
  const answers = fc.array(fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()), {
    minLength: 1,
    maxLength: 100,
  });
  fc.assert(
    fc.property(answers, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
      const [one, low, high] = [0, 1, 2].map((k) => score(all.map((right) => right[k])));
      const found = differenceFromMix(one, [low, high], share)!;
      expect(found.points).toBeCloseTo(one.accuracy - (1 - share) * low.accuracy - share * high.accuracy, 8);
      const p = all.map(([a, b, c]) => Number(a) - (1 - share) * Number(b) - share * Number(c));
      const mean = p.reduce((x, y) => x + y, 0) / p.length;
      const variance = p.reduce((sum, x) => sum + (x - mean) ** 2, 0) / p.length;
      expect(found.error).toBeCloseTo(196 * Math.sqrt(variance / p.length), 5);
      expect(differenceFromMix(one, [low, high], 0)).toEqual(difference(one, low));
      expect(differenceFromMix(one, [low, high], 1)).toEqual(difference(one, high));
    }),
  );
  expect(differenceFromMix(score([true]), [score([true]), undefined], 0.5)).toBeNull();
});

it('compares nothing that was not recorded, or was of other images', () => {
  const known = score([true, false]);
  expect(difference(known, undefined)).toBeNull();
  expect(difference(known, { accuracy: 50, loss: 1, images: 2 })).toBeNull();
  expect(difference(known, score([true, false, true]))).toBeNull();
});
