import { expect, test } from 'vitest';
import { parsePick, pickFrom } from '../../../src/run/result/pick.ts';
import { emptyRun, withEvents } from '../../../src/terms/run-data.ts';
import { bestWithin } from '../../../src/terms/comparison/front.ts';
import type { ListedEvent } from '../../../src/terms/run-events.ts';
import { board } from '../../../webview/candidates/board.ts';
import { paretoFront } from '../../../webview/candidates/front.ts';
import { targetsOf } from '../../../webview/candidates/targets.ts';

const cost = (macs: number) => ({ macs, params: macs / 2, bytes: 2 * macs, peakActivationBytes: 7 });
function ended(arm: string, macs: number, accuracy: number, control = false): object[] {
  const score = { accuracy, loss: 1, images: 100 };
  const candidate = { id: 3, origin: 'none', cost: cost(macs), accuracies: {} };
  return [
    { type: 'arm', arm, control },
    { type: 'candidate', arm, candidate },
    { type: 'chosen', arm, candidate },
    { type: 'score', arm, split: 'validation', step: 'fineTuned', score },
  ];
}
const story = (...events: object[]) =>
  withEvents(
    emptyRun('run'),
    [
      { type: 'opened', cost: cost(100_000) },
      {
        type: 'budgets',
        budgets: [
          { metric: 'macs', limit: 50_000, original: 100_000 },
          { metric: 'bytes', limit: 180_000, original: 200_000 },
          { metric: 'latency', limit: 2, original: 4 },
        ],
      },
      ...events,
    ].map((event, seq) => ({ ...event, seq, at: seq })) as ListedEvent[],
  );

// points at 50000 * 0.25 ** (k / 3): 31498 and 19843 MACs, called 31.5 and 19.8 %
const run = story(
  ...ended('ours', 49_000, 90),
  ...ended('ours@31.5%', 31_490, 91),
  ...ended('ours@19.8%', 19_843, 60),
  ...ended('l1@19.8%', 19_000, 95, true),
);

test('the targets on an axis: the goal, and its points by the same share of every budget', () => {
  const macs = targetsOf(run, 'macs');
  expect(macs.map(({ goal }) => goal)).toEqual([true, false, false]);
  expect(macs.map(({ percent }) => percent)).toEqual([50, 31.5, 19.8]);
  expect(macs[0].limit).toBe(50_000);
  // what the name has rounded away is within
  expect(macs[1].limit).toBeCloseTo(31_550, 6);
  expect(macs[2].limit).toBeCloseTo(19_850, 6);
  expect(targetsOf(run, 'bytes').map(({ limit }) => limit)).toEqual([
    180_000,
    expect.closeTo(180_000 * 0.631, 6),
    expect.closeTo(180_000 * 0.397, 6),
  ]);
  expect(targetsOf(run, 'latency')[0]).toEqual({ limit: 2, original: 4, percent: 50, goal: true });
  expect(targetsOf(run, 'params')).toEqual([]);
  expect(targetsOf(emptyRun('run'), 'macs')).toEqual([]);
});

test('what fits under a handle is what --pick writes in a terminal', () => {
  const { columns } = board(run);
  const accuracies = columns.fineTuned.map((value, i) => (columns.control[i] ? NaN : value));
  const front = paretoFront(columns.macs, accuracies);
  for (const limit of [19_843, 25_000, 31_489, 31_490, 48_999, 49_000, 90_000]) {
    const found = bestWithin(
      front,
      limit,
      (i) => columns.macs[i],
      (i) => accuracies[i],
    );
    const { arm, id } = columns.candidates[found!];
    expect({ arm, id }).toEqual((({ arm, id }) => ({ arm, id }))(pickFrom(run, parsePick(`macs=${limit}`))));
  }
  expect(bestWithin(front, 19_842, (i) => columns.macs[i], Number)).toBeUndefined();
});
