import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Random } from '../../../src/graph/random.ts';
import type { Plan } from '../../../src/run/plan/plan.ts';
import type { EventOf, RunEvent } from '../../../src/terms/run-events.ts';
import { configIn, recorded, runInPieces, wholeRun } from '../story.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-spared-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

// 400 training images, a race, three arms that are trained alike
const stopping: Partial<Plan> = {
  settings: { raced: 3, spared: 10_000 },
  fineTuneEpochs: undefined,
  controls: ['uniform', 'scratch', 'equal-cost'],
};

const epochsOf = (events: readonly RunEvent[]) =>
  Object.fromEntries(
    events.flatMap((event) => (event.type === 'fineTuning' ? [[event.arm, event.settings.epochs]] : [])),
  );
const stoppedOf = (events: readonly RunEvent[]) =>
  events.filter((event): event is EventOf<'stopped'> => event.type === 'stopped');

test('what a search leaves undone goes into the fine-tuning of every arm', async () => {
  const plain = await wholeRun(path.join(folder, 'plain'), {
    ...stopping,
    settings: { raced: 3 },
  });
  expect(stoppedOf(plain.events)).toEqual([]);
  const { events, config } = await wholeRun(path.join(folder, 'whole'), stopping);
  const [stopped, ...none] = stoppedOf(events);
  expect(none).toEqual([]);
  expect(stopped).toMatchObject({ arm: 'drawn', scored: 12, of: 24, rule: 'l1' });
  expect(stopped.epochs).toBeGreaterThan(0);
  const before = epochsOf(plain.events);
  const now = epochsOf(events);
  for (const arm of ['drawn', 'uniform', 'scratch']) expect(now[arm]).toBe(before[arm] + stopped.epochs);
  expect((JSON.parse(config) as { fineTuning: { epochs: number } }).fineTuning.epochs).toBe(now.drawn);
  // 10,000 images of the whole network, shared by three arms and the half of one that the race takes
  const chosen = events.find((event) => event.type === 'chosen')!;
  const opened = events.find((event) => event.type === 'opened')!;
  const share = chosen.candidate.cost.macs / opened.cost.macs;
  const taught = plain.events.some((e) => e.type === 'fineTuning' && e.settings.distillation) ? 1 / 3 : 0;
  const trained = 400 * (share + taught);
  expect(stopped.epochs).toBeLessThanOrEqual(10_000 / (3.5 * trained));
});

test('epochs that were asked for stay', async () => {
  const { events } = await wholeRun(path.join(folder, 'asked'), { ...stopping, fineTuneEpochs: 5 });
  expect(stoppedOf(events)).toMatchObject([{ epochs: 0 }]);
  expect(epochsOf(events)).toMatchObject({ drawn: 5, uniform: 5 });
});

test('stopped at any event and gone on, it gives the same config and the same story', async () => {
  const whole = await wholeRun(path.join(folder, 'undisturbed'), stopping);
  const where = path.join(folder, 'stopped');
  const { run, stops } = await runInPieces(where, stopping, new Random(3), 60);
  expect(stops).toBeGreaterThan(5);
  expect(await configIn(where)).toBe(whole.config);
  expect(await recorded(run.folder)).toEqual(whole.events);
});
