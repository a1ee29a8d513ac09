import { expect, test } from 'vitest';
import { rankCorrelation } from '../../../src/terms/comparison/rank-correlation.ts';

test('tau-b as SciPy gives it', () => {
  // scipy.stats.kendalltau([12, 2, 1, 12, 2], [1, 4, 7, 1, 0]): its documentation's example
  expect(rankCorrelation([12, 2, 1, 12, 2], [1, 4, 7, 1, 0])!.tau).toBeCloseTo(-0.47140452079103173, 12);
  expect(rankCorrelation([1, 2, 3, 4], [5, 6, 7, 8])!.tau).toBe(1);
  expect(rankCorrelation([1, 2, 3, 4], [8, 7, 6, 5])!.tau).toBe(-1);
});

test('the error is the jackknife’s, by hand', () => {
  // one swap of neighbours in four: 4 of 6 pairs net. Without either of the two all three pairs agree; else 1 of 3 net
  const { tau, error } = rankCorrelation([1, 2, 3, 4], [1, 3, 2, 4])!;
  expect(tau).toBeCloseTo(4 / 6, 12);
  // taus 1/3, 1, 1, 1/3: mean 2/3, squares 4 / 9
  expect(error).toBeCloseTo(Math.sqrt((3 / 4) * (4 / 9)), 12);
});

test('nothing to be said of three, or of equals', () => {
  expect(rankCorrelation([1, 2, 3], [1, 2, 3])).toBeNull();
  expect(rankCorrelation([1, 1, 1, 1], [1, 2, 3, 4])).toBeNull();
});
