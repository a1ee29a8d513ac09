import { expect, it } from 'vitest';
import { besideOriginal, parsePick, pickFrom } from '../../../src/run/result/pick.ts';
import { packed } from '../../../src/terms/comparison/answers.ts';
import { emptyRun, withEvents } from '../../../src/terms/run-data.ts';
import type { ListedEvent } from '../../../src/terms/run-events.ts';

const cost = (macs: number) => ({ macs, params: 200 - macs, bytes: 40 * macs, peakActivationBytes: 7 });

function ended(arm: string, id: number, control: boolean, macs: number, accuracy: number): object[] {
  const score = { accuracy, loss: 1, images: 100 };
  return [
    { type: 'arm', arm, control },
    { type: 'chosen', arm, candidate: { id, origin: 'none', cost: cost(macs), accuracies: {} } },
    { type: 'score', arm, split: 'validation', step: 'fineTuned', score },
    // the other way round: nothing is chosen by these
    { type: 'score', arm, split: 'test', step: 'test', score: { ...score, accuracy: 100 - accuracy } },
  ];
}

/** An original of 100 MACs at 91 %; the method at 50, 40 and 20 of them, a control that is better at 40. */
const run = withEvents(
  emptyRun('run'),
  [
    { type: 'opened', cost: { macs: 100, params: 1000, bytes: 4000, peakActivationBytes: 7 } },
    { type: 'budgets', budgets: [{ metric: 'macs', limit: 50, original: 100 }] },
    { type: 'score', split: 'validation', step: 'original', score: { accuracy: 91, loss: 1, images: 100 } },
    ...ended('ours', 4, false, 50, 90),
    ...ended('ours@40%', 2, false, 40, 89),
    ...ended('ours@20%', 1, false, 20, 60),
    ...ended('l1@40%', 0, true, 40, 90.5),
  ].map((event, seq) => ({ ...event, seq, at: seq })) as ListedEvent[],
);
const picked = (text: string) => {
  const { arm, id } = pickFrom(run, parsePick(text));
  return `${arm}#${id}`;
};

it.each([
  // the most accurate within the cost, of the method's own
  ['macs=50%', 'ours#4'],
  ['macs=49%', 'ours@40%#2'],
  ['macs=20', 'ours@20%#1'],
  // the narrower have more parameters here
  ['params=165', 'ours#4'],
  // the cheapest that is so close to 91
  ['accuracy-drop=1', 'ours#4'],
  ['accuracy-drop=2', 'ours@40%#2'],
  ['accuracy-drop=50', 'ours@20%#1'],
  // above the line from (20, 60) to (50, 90) there is one alone
  ['knee', 'ours@40%#2'],
  // (100 / (100 - a))^A * (-ln(f / 100))^E: 100 * 0.693, 82.6 * 0.916, 6.25 * 1.609
  ['coefficients=2,1', 'ours@40%#2'],
  // 1000 * 0.693, 751 * 0.916
  ['coefficients=3,1', 'ours#4'],
  ['coefficients=0,1', 'ours@20%#1'],
  // any by its name
  ['l1@40%#0', 'l1@40%#0'],
])('%s: %s', (pick, found) => {
  expect(picked(pick)).toBe(found);
});

it('says what there is where nothing matches', () => {
  const points =
    'its points, with their accuracy on validation, are ours@20%#1 (20.0 % of the macs, 60.00 %), ours@40%#2 (40.0 % of the macs, 89.00 %), ours#4 (50.0 % of the macs, 90.00 %)';
  expect(() => picked('macs=10%')).toThrow(`no point is within that; ${points}`);
  expect(() => picked('accuracy-drop=0.5')).toThrow(
    `no point is within 0.5 of the original's 91.00 % on validation; ${points}`,
  );
  expect(() => picked('ours#9')).toThrow(`the run has no candidate ours#9; ${points}`);
});

it('tells how far a network is from the original, image by image, where that is recorded', () => {
  const score = (right: number) => ({
    accuracy: right,
    loss: 1,
    images: 100,
    right: packed(Array.from({ length: 100 }, (_, i) => i < right)),
  });
  const validation = (arm: string | undefined, step: string, right: number) => ({
    type: 'score',
    arm,
    split: 'validation',
    step,
    score: score(right),
  });
  const candidate = (id: number) => ({ id, origin: 'none', cost: cost(50), accuracies: {} });
  const measured = withEvents(
    emptyRun('run'),
    [
      validation(undefined, 'original', 91),
      { type: 'arm', arm: 'ours', control: false },
      { type: 'candidate', arm: 'ours', candidate: candidate(3) },
      { type: 'candidate', arm: 'ours', candidate: candidate(5) },
      { type: 'chosen', arm: 'ours', candidate: candidate(4) },
      validation('ours', 'fineTuned', 90),
      validation('ours#3', 'fineTuned', 75),
    ].map((event, seq) => ({ ...event, seq, at: seq })) as ListedEvent[],
  );
  // one of 100 images differs: 196 * sqrt((1 - 1 / 100) / 1e4)
  expect(besideOriginal(measured, { arm: 'ours', id: 4 })).toEqual({
    points: -1,
    error: expect.closeTo(1.9502, 4),
    images: 100,
  });
  expect(besideOriginal(measured, { arm: 'ours', id: 3 })?.points).toBe(-16);
  // never trained; and of a run that recorded no answers
  expect(besideOriginal(measured, { arm: 'ours', id: 5 })).toBeNull();
  expect(besideOriginal(run, { arm: 'ours', id: 4 })).toBeNull();
});
