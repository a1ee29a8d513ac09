import { expect, test } from 'vitest';
import { lossDifference, packedLosses } from '../../../src/terms/comparison/losses.ts';

const score = (losses: readonly number[]) => ({
  accuracy: 50,
  loss: 1,
  images: losses.length,
  losses: packedLosses(losses),
});

test('a difference of losses and its standard error, by hand', () => {
  // differences 2, 0, 1, 1: a mean of 1, squares 1 + 1 over 3, over 4 images
  const found = lossDifference(score([3, 1, 2, 1.5]), score([1, 1, 1, 0.5]))!;
  expect(found.mean).toBeCloseTo(1, 6);
  expect(found.error).toBeCloseTo(Math.sqrt(2 / 3 / 4), 6);
});

test('none without single losses, of other images, or of one image', () => {
  const two = score([1, 2]);
  expect(lossDifference(two, { ...two, losses: undefined })).toBeNull();
  expect(lossDifference(two, score([1, 2, 3]))).toBeNull();
  expect(lossDifference(two, { ...two, losses: 'AAAA' })).toBeNull();
  expect(lossDifference(score([1]), score([2]))).toBeNull();
});
