import { expect, test } from 'vitest';
import { Random } from '../../src/graph/random.ts';
import { expectedOf } from '../../src/methods/expected.ts';

const sizes = [8, 8, 8, 8, 1];
const worth = (a: readonly number[]) => a.slice(0, 4).reduce((sum, w, g) => sum + (g + 1) * Math.sqrt(w), 0);

test('says nothing of few scores', () => {
  const tried = Array.from({ length: 7 }, (_, i) => ({ architecture: [i + 1, 1, 1, 1, 1], score: i }));
  expect(expectedOf(sizes, tried)).toBe(null);
});

test('chooses better among noisy scores than the highest of them, over thirty problems', () => {
  const gains = Array.from({ length: 30 }, (_, seed) => {
    const random = new Random(seed);
    const tried = Array.from({ length: 60 }, () => {
      const architecture = [...Array.from({ length: 4 }, () => random.integer(1, 8)), 1];
      return { architecture, score: worth(architecture) + 4 * random.normal() };
    });
    const expected = expectedOf(sizes, tried)!;
    const best = (of: (one: (typeof tried)[number]) => number) =>
      worth(tried.reduce((a, b) => (of(b) > of(a) ? b : a)).architecture);
    return best(({ architecture }) => expected(architecture).mean) - best(({ score }) => score);
  });
  const mean = gains.reduce((a, b) => a + b, 0) / gains.length;
  const square = gains.reduce((sum, g) => sum + (g - mean) ** 2, 0) / (gains.length - 1);
  expect(mean).toBeGreaterThan(2 * Math.sqrt(square / gains.length));
});
