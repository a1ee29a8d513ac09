import { beforeEach, expect, test } from 'vitest';
import type { RunSummary } from '../../../src/protocol/runs.ts';
import { emptyRun, withEvents } from '../../../src/terms/run-data.ts';
import { nowText, whatIsWritten, writtenName } from '../../../webview/model/written.ts';
import { byHand, candidateKey } from '../../../webview/state.ts';
import type { RunCandidate } from '../../../src/terms/candidates.ts';
import type { ListedEvent } from '../../../src/terms/run-events.ts';

const candidate = (id: number): RunCandidate => ({
  arm: 'l1',
  id,
  origin: 'l1',
  cost: { macs: 1, params: 1, bytes: 4, peakActivationBytes: 4 },
  accuracies: {},
});
const sha256 = { model: 'a'.repeat(64), config: 'b'.repeat(64) };
const events: ListedEvent[] = [
  { type: 'arm', arm: 'l1', control: false },
  { type: 'candidate', arm: 'l1', candidate: candidate(3) },
  { type: 'chosen', arm: 'l1', candidate: candidate(2) },
  { type: 'written', model: '/w/net.pruned.h5', config: '/w/net.espalier.json', sha256 },
];

beforeEach(() => {
  byHand.value = new Map();
});

test('the run wrote its own choice, another candidate only what was written by hand of it', () => {
  const run = withEvents(emptyRun('/w/run'), events);
  const [main] = run.arms;
  expect(whatIsWritten(run, main, candidate(2))).toMatchObject({ config: '/w/net.espalier.json', sha256 });
  expect(whatIsWritten(run, main, candidate(3))).toBeUndefined();
  const mine = { model: '/w/net.l1-3.pruned.h5', config: '/w/net.l1-3.espalier.json', sha256 };
  byHand.value = new Map([[candidateKey({ run: '/w/run', arm: 'l1', id: 3 }), mine]]);
  expect(whatIsWritten(run, main, candidate(3))).toBe(mine);
  expect(whatIsWritten(run, main, candidate(2))?.config).toBe('/w/net.espalier.json');
});

test('a file that is another by now, or gone, is not shown as what was written', () => {
  const now = { model: 'same', config: 'changed', instead: 'constrained, seed 1, 8.60 M MACs' } as const;
  const summary = { written: { model: '/w/a.h5', config: '/w/a.espalier.json', now } } as RunSummary;
  expect(writtenName('/w/a.espalier.json', summary)).toBe(
    'a.espalier.json (overwritten since by constrained, seed 1, 8.60 M MACs)',
  );
  expect(writtenName('/w/b.espalier.json', summary)).toBe('b.espalier.json');
  expect(nowText('a.h5', 'missing')).toBe('a.h5 (not there any more)');
  expect(nowText('a.h5', 'changed')).toBe('a.h5 (overwritten since)');
  expect(nowText('a.h5', 'same')).toBe('a.h5');
});
