import { describe, expect, test } from 'vitest';
import { candidateOf, emptyRun, otherOutputs, withEvents } from '../../src/terms/run-data.ts';
import type { ListedCandidate } from '../../src/terms/candidates.ts';
import type { ListedEvent } from '../../src/terms/run-events.ts';

const found = (
  type: 'candidate' | 'chosen',
  arm: string,
  id: number,
  accuracies: ListedCandidate['accuracies'] = {},
): ListedEvent => ({
  type,
  arm,
  candidate: {
    id,
    origin: 'random',
    cost: { macs: 100 - id, params: 10, bytes: 40, peakActivationBytes: 1 },
    accuracies,
  },
});

describe('what a run has told', () => {
  const events: ListedEvent[] = [
    { type: 'arm', arm: 'uniform', control: true },
    { type: 'arm', arm: 'rewarded-meta', control: false },
    found('candidate', 'rewarded-meta', 0, { recalibrated: 80 }),
    found('candidate', 'rewarded-meta', 1),
    { type: 'loss', arm: 'rewarded-meta', stage: 'generator', epoch: 1, loss: 2 },
    { type: 'loss', arm: 'rewarded-meta', stage: 'generator', epoch: 2, loss: 1 },
    { type: 'metric', arm: 'rewarded-meta', name: 'entropy', step: 0, value: 1 },
    { type: 'metric', arm: 'rewarded-meta', name: 'entropy', step: 1, value: 0.5 },
    { type: 'score', step: 'original', split: 'validation', score: { accuracy: 92, loss: 0.3, images: 10 } },
    { type: 'score', step: 'original', split: 'test', score: { accuracy: 91, loss: 0.3, images: 10 } },
    { type: 'progress', stage: 'search', done: 2, total: 10, unit: 'candidates', at: 7 },
  ];

  test('in one batch or one by one, it is the same', () => {
    const whole = withEvents(emptyRun('run'), events);
    let single = emptyRun('run');
    for (const event of events) single = withEvents(single, [event]);
    expect(single).toEqual({ ...whole, arms: whole.arms });
    expect(whole.arms.map((arm) => arm.arm)).toEqual(['rewarded-meta', 'uniform']);
    expect(whole.losses.map((one) => one.loss)).toEqual([2, 1]);
    expect(whole.arms[0].metrics.get('entropy')?.map((one) => one.value)).toEqual([1, 0.5]);
    expect(whole.scores.validation.original?.accuracy).toBe(92);
    expect(whole.scores.test?.accuracy).toBe(91);
    expect(whole.seconds).toBe(7);
  });

  test('how far outputs without labels have moved is kept by step', () => {
    const outputs = [{ name: 'side', loss: 'mean squared error' as const, value: 0.25 }];
    const score = { accuracy: 80, loss: 1, images: 10, outputs };
    const { arms } = withEvents(emptyRun('run'), [
      { type: 'arm', arm: 'l1', control: false },
      { type: 'score', arm: 'l1', step: 'cut', split: 'validation', score },
      { type: 'score', arm: 'l1', step: 'test', split: 'test', score },
    ]);
    expect(arms[0].scores).toEqual({ validation: { cut: score }, test: score });
    expect(otherOutputs(arms[0].scores)).toEqual({ cut: outputs, test: outputs });
  });

  test('training from scratch, which no method announces, is a control', () => {
    const { arms } = withEvents(emptyRun('run'), [
      { type: 'arm', arm: 'l1', control: false },
      { type: 'arm', arm: 'random', control: true },
      found('chosen', 'scratch', 0),
      found('chosen', 'l1#4', 4),
    ]);
    expect(arms.filter(({ control }) => control).map(({ arm }) => arm)).toEqual(['random', 'scratch']);
  });

  test('a candidate that is told again keeps its place and what was known of it', () => {
    const first = withEvents(emptyRun('run'), events);
    const revision = first.arms[0].revision;
    const after = withEvents(first, [
      found('chosen', 'rewarded-meta', 0, { recalibrated: 80, fineTuned: 90 }),
    ]);
    const [arm] = after.arms;
    expect(arm.candidates.map((one) => one.id)).toEqual([0, 1]);
    expect(candidateOf(arm, 0)).toMatchObject({ accuracies: { recalibrated: 80, fineTuned: 90 } });
    expect(arm.chosen?.id).toBe(0);
    expect(arm.revision).toBeGreaterThan(revision);
    expect(arm).not.toBe(first.arms[0]);
    expect(after.arms[1]).toBe(first.arms[1]);
  });

  test('10,000 candidates in batches of 100 take no time that grows with what is there', () => {
    let run = emptyRun('run');
    for (let at = 0; at < 10_000; at += 100)
      run = withEvents(
        run,
        Array.from({ length: 100 }, (_, i) => found('candidate', 'a', at + i)),
      );
    const [arm] = run.arms;
    expect(arm.candidates).toHaveLength(10_000);
    expect(candidateOf(arm, 9_999)?.cost.macs).toBe(100 - 9_999);
  });
});
