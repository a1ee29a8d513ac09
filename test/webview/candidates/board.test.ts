import { describe, expect, test } from 'vitest';
import { rewardSpec } from '../../../src/methods/rewarded-meta/reward.ts';
import { emptyRun, withEvents } from '../../../src/terms/run-data.ts';
import { board, controls, mainArm, marks, scoresOf, spread } from '../../../webview/candidates/board.ts';
import { listedEvent } from '../../../src/terms/run-events.ts';

const cost = { macs: 1000, params: 100, bytes: 400, peakActivationBytes: 50 };
const own = rewardSpec('rewarded-meta', { original: 1000 });
const candidate = (arm: string, id: number, macs: number, recalibrated?: number) => ({
  arm,
  candidate: {
    id,
    origin: 'random',
    cost: { macs, params: macs / 10, bytes: macs / 2, peakActivationBytes: 40 },
    accuracies: { recalibrated },
  },
});
const score = (accuracy: number) => ({ accuracy, loss: 1, images: 100 });

const run = withEvents(
  emptyRun('/r'),
  [
    { type: 'opened', model: { name: 'm', path: 'm.h5', format: 'keras-h5' }, cost, groups: [], layers: [] },
    { type: 'budgets', budgets: [{ metric: 'macs', limit: 500, original: 1000 }] },
    { type: 'score', step: 'original', split: 'validation', score: score(92) },
    { type: 'arm', arm: 'rewarded-meta', control: false, reward: own },
    { type: 'candidate', ...candidate('rewarded-meta', 0, 600, 91) },
    { type: 'candidate', ...candidate('rewarded-meta', 1, 500, 88) },
    { type: 'chosen', ...candidate('rewarded-meta', 1, 500, 88) },
    { type: 'score', arm: 'rewarded-meta', step: 'cut', split: 'validation', score: score(40) },
    { type: 'score', arm: 'rewarded-meta', step: 'fineTuned', split: 'validation', score: score(91.5) },
    ...[80, 82, 84].flatMap((accuracy, i) => {
      const arm = i ? `random-${i + 1}` : 'random';
      return [
        { type: 'arm', arm, control: true },
        { type: 'chosen', ...candidate(arm, 0, 498) },
        { type: 'score', arm, step: 'recalibrated', split: 'validation', score: score(accuracy) },
      ];
    }),
    { type: 'latency', before: 2, after: 1, threads: 2, machine: 'here' },
  ].map((event) => listedEvent.parse(event)),
);

describe('the board', () => {
  test('holds every arm, with what was measured after the search', () => {
    const { columns, within, indexOf, spec, rewarded } = board(run);
    expect(columns.size).toBe(5);
    expect([...columns.control]).toEqual([0, 0, 1, 1, 1]);
    expect([...within]).toEqual([0, 1, 1, 1, 1]);
    const chosen = indexOf({ arm: 'rewarded-meta', id: 1 });
    expect([columns.cut[chosen], columns.recalibrated[chosen], columns.fineTuned[chosen]]).toEqual([
      40, 88, 91.5,
    ]);
    expect(columns.fineTuned[0]).toBeNaN();
    expect(columns.recalibrated[indexOf({ arm: 'random-3', id: 0 })]).toBe(84);
    expect(indexOf({ arm: 'random', id: 7 })).toBe(-1);
    expect(spec).toEqual(own);
    expect(rewarded).toBe(true);
    expect(mainArm(run)?.arm).toBe('rewarded-meta');
  });

  test('errors are of scores of their own, as they are shown', () => {
    const { errors, indexOf } = board(run);
    const found = errors.get(indexOf({ arm: 'rewarded-meta', id: 1 }))!;
    // 100 images, at 40 and 91.5 %
    expect(found.cut).toBeCloseTo(Math.sqrt(24), 9);
    expect(found.fineTuned).toBeCloseTo(Math.sqrt(91.5 * 0.085), 9);
    // the search's own, on images that it didn't count
    expect(found).not.toHaveProperty('recalibrated');
    expect(errors.has(indexOf({ arm: 'rewarded-meta', id: 0 }))).toBe(false);
    const [original, random] = marks(run);
    expect(original.errors.fineTuned).toBeCloseTo(Math.sqrt(92 * 0.08), 9);
    expect(random.errors).toEqual({ recalibrated: 4 });
    // another score than the one that is shown says nothing of its error
    const again = { type: 'score', arm: 'rewarded-meta', step: 'recalibrated', split: 'validation' };
    const more = withEvents(run, [listedEvent.parse({ ...again, score: score(87) })]);
    expect(board(more).errors.get(1)).not.toHaveProperty('recalibrated');
  });

  test('what an extra arm measured belongs to the candidate that it fine-tuned', () => {
    const more = withEvents(
      run,
      [
        { type: 'score', arm: 'rewarded-meta#0', step: 'fineTuned', split: 'validation', score: score(93) },
        { type: 'score', arm: 'rewarded-meta#0', step: 'test', split: 'test', score: score(90) },
      ].map((event) => listedEvent.parse(event)),
    );
    const { columns, indexOf } = board(more);
    expect(columns.size).toBe(5);
    expect(columns.fineTuned[indexOf({ arm: 'rewarded-meta', id: 0 })]).toBe(93);
    expect(columns.fineTuned[indexOf({ arm: 'rewarded-meta', id: 1 })]).toBe(91.5);
    expect(scoresOf(more, { arm: 'rewarded-meta', id: 0 })?.test?.accuracy).toBe(90);
    expect(scoresOf(more, { arm: 'rewarded-meta', id: 9 })).toBeNull();
    expect(mainArm(more)?.arm).toBe('rewarded-meta');
    expect(marks(more)).toHaveLength(4);
  });

  test('a method without a reward is ranked by the defaults: BA 100, BF the original’s MACs', () => {
    const plain = withEvents(emptyRun('/r'), [
      { type: 'opened', model: { name: 'm', path: 'm', format: 'keras-h5' }, cost, groups: [], layers: [] },
      { type: 'arm', arm: 'l1', control: false },
    ]);
    const { spec, rewarded } = board(plain);
    expect(rewarded).toBe(false);
    expect(spec).toMatchObject({ kind: 'rewarded-meta', baseAccuracy: 100, baseCost: 1000, metric: 'macs' });
  });

  test('says whether a run goes to several points', () => {
    expect(board(run).pointed).toBe(false);
    const point = { type: 'arm', arm: 'random@25%', control: true };
    expect(board(withEvents(run, [listedEvent.parse(point)])).pointed).toBe(true);
  });

  test('marks: the original, and the control arms with mean and spread', () => {
    const found = marks(run);
    expect(found.map(({ name }) => name)).toEqual(['', 'random', 'random-2', 'random-3']);
    expect(found[0].accuracies.fineTuned).toBe(92);
    expect(found[0].latency).toBe(2);
    const [random] = controls(found);
    expect(random).toMatchObject({ name: 'random', arms: 3 });
    expect(random.accuracies.recalibrated).toEqual({ mean: 82, deviation: 2 });
    expect(random.accuracies.fineTuned).toBeNull();
    const macs = found.slice(1).map(({ costs }) => costs.macs);
    expect(random.macs).toBeCloseTo(macs.reduce((a, b) => a + b, 0) / 3, 9);
    expect(spread([5])).toEqual({ mean: 5, deviation: null });
  });
});
