import { describe, expect, it } from 'vitest';
import { RunDetails } from '../../../src/extension/views/details.ts';
import type { ListedCandidate } from '../../../src/terms/candidates.ts';
import type { ListedEvent } from '../../../src/terms/run-events.ts';

const found = (
  type: 'candidate' | 'chosen',
  arm: string,
  id: number,
  { macs = 50, ...more }: { macs?: number } & Partial<ListedCandidate> = {},
): ListedEvent => ({
  type,
  arm,
  candidate: {
    id,
    origin: 'mutation',
    cost: { macs, params: 5, bytes: 20, peakActivationBytes: 1 },
    accuracies: {},
    ...more,
  },
});
const cost = { macs: 100, params: 10, bytes: 40, peakActivationBytes: 2 };
const score = (arm: string, step: 'cut' | 'fineTuned' | 'test', accuracy: number): ListedEvent => ({
  type: 'score',
  arm,
  step,
  split: step === 'test' ? 'test' : 'validation',
  score: { accuracy, loss: 1, images: 10 },
});
const events: ListedEvent[] = [
  { type: 'opened', model: { name: 'a', path: 'a.h5', format: 'keras-h5' }, cost, groups: [], layers: [] },
  { type: 'arm', arm: 'rewarded-meta', control: false },
  ...[1, 2, 3, 4, 5, 6, 7].map((id) =>
    found('candidate', 'rewarded-meta', id, { reward: id, accuracies: { recalibrated: 80 + id } }),
  ),
  found('candidate', 'rewarded-meta', 8),
  found('chosen', 'rewarded-meta', 7, { macs: 48 }),
  score('rewarded-meta', 'cut', 40),
  score('rewarded-meta', 'fineTuned', 91.5),
  score('rewarded-meta', 'test', 90),
  { type: 'arm', arm: 'uniform', control: true },
  found('candidate', 'uniform', 1, { reward: 99 }),
  found('chosen', 'uniform', 1),
  score('uniform', 'cut', 11.8),
  { type: 'arm', arm: 'rewarded-meta#6', control: false },
  found('chosen', 'rewarded-meta#6', 6),
  score('rewarded-meta#6', 'fineTuned', 90.25),
];

describe('below a run', () => {
  it('stand its result, its controls, and the best other candidates of its own method', () => {
    const details = new RunDetails();
    details.add(events.slice(0, 6));
    details.add(events.slice(6));
    const rows = details.rows();
    expect(rows.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      'result 7',
      'control 1',
      'candidate 6',
      'candidate 5',
      'candidate 4',
      'candidate 3',
      'candidate 2',
    ]);
    // Validation, not test; the last step that was measured.
    expect(rows[0].description).toBe('48.0 % MACs · 91.5 % fine-tuned');
    expect(rows[1].description).toBe('50.0 % MACs · 11.8 % after cutting');
    expect(rows[3].description).toBe('50.0 % MACs · 85.0 % recalibrated');
  });

  it('a candidate that was fine-tuned apart shows it, and is not offered again', () => {
    const details = new RunDetails();
    details.add(events);
    const rows = details.rows().filter(({ kind }) => kind === 'candidate');
    expect(rows[0]).toMatchObject({ id: 6, arm: 'rewarded-meta', open: false });
    expect(rows[0].description).toContain('90.3 % fine-tuned');
    expect(rows[1].open).toBe(true);
  });

  it('nothing stands before anything was found', () => {
    expect(new RunDetails().rows()).toEqual([]);
  });
});
