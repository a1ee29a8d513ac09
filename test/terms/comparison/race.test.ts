import { expect, test } from 'vitest';
import { foretold, raceTable } from '../../../src/terms/comparison/race.ts';

const turn = (round: number, id: number, loss: number) => ({
  type: 'raced' as const,
  arm: 'm',
  round,
  of: 3,
  id,
  images: 10 * round,
  score: { accuracy: 50, loss, images: 5 },
});
const candidate = (id: number) => ({
  id,
  origin: 'x',
  cost: { macs: 1, params: 1, bytes: 4, peakActivationBytes: 4 },
  accuracies: {},
});

test('who came farthest first, then the lower loss of the last round; others are left out', () => {
  const turns = [turn(1, 4, 0.1), turn(1, 2, 0.5), turn(1, 3, 0.4), turn(2, 2, 0.3), turn(2, 3, 0.35)];
  const table = raceTable(turns, [candidate(1), candidate(2), candidate(3), candidate(4)]);
  expect(table.map(({ candidate: { id }, images }) => [id, images])).toEqual([
    [2, 30],
    [3, 30],
    [4, 10],
  ]);
});

test('how the scores before training ranked the first round: the higher the score, the lower the loss', () => {
  const scored = (id: number, recalibrated?: number) => ({ ...candidate(id), accuracies: { recalibrated } });
  const turns = [
    turn(1, 1, 0.4),
    turn(1, 2, 0.3),
    turn(1, 3, 0.2),
    turn(1, 4, 0.1),
    turn(1, 5, 9),
    turn(2, 4, 5),
  ];
  const candidates = [scored(1, 10), scored(2, 30), scored(3, 20), scored(4, 40), scored(5)];
  // one of six pairs the other way; a fifth has no score
  expect(foretold(raceTable(turns, candidates))).toMatchObject({ networks: 4, tau: 4 / 6 });
  expect(foretold(raceTable(turns, candidates.slice(0, 3)))).toBeNull();
});
