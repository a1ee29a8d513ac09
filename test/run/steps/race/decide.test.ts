import { expect, test } from 'vitest';
import { inLine, placed, result, survivors } from '../../../../src/run/steps/race/decide.ts';
import type { Standing } from '../../../../src/run/steps/race/decide.ts';
import { packedLosses } from '../../../../src/terms/comparison/losses.ts';
import type { Candidate } from '../../../../src/terms/candidates.ts';

const at = (place: number, loss: number, rule: boolean): Standing => ({
  place,
  rule,
  loss,
  score: { accuracy: 100 - 10 * loss, loss, images: 10 },
});

test('a full field takes part in its own order; a small one takes turns, what was found first', () => {
  expect(placed(5, 2, 9)).toEqual([0, 1, 2, 3, 4]);
  // the best found, the first rule, the next found
  expect(placed(6, 3, 3)).toEqual([0, 1, 3]);
  expect(placed(6, 1, 4)).toEqual([0, 1, 2, 3]);
  expect(placed(2, 2, 2)).toEqual([0, 1]);
});

const candidate = (id: number, origin: string): Candidate => ({
  id,
  origin,
  architecture: [],
  kept: [],
  cost: { macs: 1, params: 1, bytes: 4, peakActivationBytes: 4 },
  accuracies: {},
});
const contenders = [candidate(7, 'mutation'), candidate(9, 'uniform')];

test('the lowest losses stay in, and always the best rule', () => {
  const five = ['drawn', 'mutation', 'crossover', 'uniform', 'l1'].map((origin, id) => candidate(id, origin));
  const field = [at(0, 0.5, false), at(1, 0.2, false), at(2, 0.3, false), at(3, 0.9, true), at(4, 0.8, true)];
  expect(survivors(field, five, 2)).toEqual([1, 4]);
  expect(survivors(field, five, 4)).toEqual([0, 1, 2, 4]);
  expect(survivors([at(0, 0.5, false), at(1, 0.1, true), at(2, 0.2, true)], five, 2)).toEqual([1, 2]);
  expect(survivors([at(0, 0.5, false), at(1, 0.1, false)], five, 1)).toEqual([1]);
});

/** With the loss of each of its images. */
const seen = (place: number, losses: readonly number[], rule: boolean): Standing => {
  const loss = losses.reduce((sum, one) => sum + one, 0) / losses.length;
  const score = { accuracy: 50, loss, images: losses.length, losses: packedLosses(losses) };
  return { place, rule, loss, score };
};

test('what the images can’t tell apart goes to the plainest, by hand', () => {
  // differences 1, 0, 0, 0: a mean of 0.25, a standard error of 0.5 / 2
  const near = [seen(0, [0, 1, 1, 1], false), seen(1, [1, 1, 1, 1], true)];
  expect(result(near, contenders).winner).toBe(1);
  expect(result(near, contenders).said).toContain(
    "nothing that was found does better than a plain rule by more than the standard error of the images' losses: the network of uniform is taken",
  );
  // differences 1, 1, 0, 0: a mean of 0.5, a standard error of 0.577 / 2
  const far = [seen(0, [0, 0, 1, 1], false), seen(1, [1, 1, 1, 1], true)];
  expect(result(far, contenders).winner).toBe(0);
});

test('uniform stays in where it is as good as the best, before a rule with a lower loss', () => {
  const three = [candidate(0, 'mutation'), candidate(1, 'uniform'), candidate(2, 'l1')];
  const field = [seen(0, [0, 1.05, 1, 1], false), seen(1, [1, 1, 1, 1], true), seen(2, [0.5, 1, 1, 1], true)];
  expect(survivors(field, three, 2)).toEqual([0, 1]);
  expect(result(field, three).winner).toBe(1);
  // another rule where uniform is far behind, the best of what was found where all are
  field[1] = seen(1, [2, 2, 2, 2], true);
  expect(result(field, three).winner).toBe(2);
  field[2] = seen(2, [2, 2, 2, 2], true);
  expect(survivors(field, three, 2)).toEqual([0, 1]);
  expect(result(field, three).winner).toBe(0);
});

test('the winner is named with what it is worth beside the other kind', () => {
  const found = result([at(0, 0.2, false), at(1, 0.4, true)], contenders);
  expect(found.winner).toBe(0);
  expect(found.said).toBe(
    'candidate 7 is taken, with a validation loss of 0.200 (98.0 %); uniform: a validation loss of 0.400 (96.0 %)',
  );
  const rule = result([at(0, 0.4, false), at(1, 0.2, true)], contenders);
  expect(rule.winner).toBe(1);
  expect(rule.said).toContain(
    'nothing that was found does better than a plain rule: the network of uniform is taken',
  );
});

test('of two that are the same, what was found is taken', () => {
  expect(result([at(0, 0.2, false), at(1, 0.2, true)], contenders).winner).toBe(0);
});

test('uniform and L1 always take part; of the rest the best before any training come first', () => {
  const at = (id: number, origin: string, recalibrated: number) => ({
    ...candidate(id, origin),
    accuracies: { recalibrated },
  });
  const rivals = [
    at(1, 'l1', 10),
    at(2, 'taylor', 20),
    at(3, 'uniform', 5),
    at(4, 'bn-scale', 60),
    at(5, 'l1, global widths', 20),
  ];
  expect(inLine(rivals).map(({ origin }) => origin)).toEqual([
    'uniform',
    'l1',
    'bn-scale',
    'taylor',
    'l1, global widths',
  ]);
});
