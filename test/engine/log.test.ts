import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { Outbox } from '../../src/engine/work/outbox.ts';
import { panelEvent } from '../../src/engine/panel-events.ts';
import { readEngineFile, readFailure } from '../../src/files/run-signs.ts';
import { RunLog } from '../../src/run/store/event-log.ts';
import { readEvents, RunFolder } from '../../src/run/store/folder.ts';
import type { ListedEvent, RunEvent } from '../../src/terms/run-events.ts';
import type { Stage } from '../../src/terms/stages.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-log-'));
  file = path.join(folder, 'events.jsonl');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cost = { macs: 1, params: 2, bytes: 8, peakActivationBytes: 4 };
/** As a run records one: see RunFolder.record. */
const line = (seq: number, id: number, arm = 'a "quoted" arm', at = seq / 10) =>
  `${JSON.stringify({
    seq,
    at,
    type: 'candidate',
    candidate: {
      id,
      origin: 'random',
      architecture: [3],
      kept: [[0, 1, seq % 97]],
      cost,
      accuracies: {},
      reward: id,
    },
    arm,
  })}\n`;

it('reads on where it was, whatever was torn, and starts anew where the file was cut back', async () => {
  const log = new RunLog(folder);
  await log.refresh();
  expect(log.length).toBe(0);
  const first = Array.from({ length: 200 }, (_, i) => line(i, i)).join('');
  writeFileSync(file, first);
  expect(await log.read(0, 1000)).toHaveLength(200);
  // half a line is none yet
  const next = line(200, 200);
  appendFileSync(file, next.slice(0, 20));
  await log.refresh();
  expect(log.length).toBe(200);
  appendFileSync(file, next.slice(20));
  expect((await log.read(199, 10)).map(({ seq }) => seq)).toEqual([199, 200]);
  expect(log.found).toBe(201);
  expect((await log.candidate('a "quoted" arm', 77))?.kept).toEqual([[0, 1, 77]]);
  expect(await log.candidate('another', 77)).toBeNull();
  // a run that went on from its checkpoint: the same numbers, told again, then longer than before
  truncateSync(file, readFileSync(file, 'utf8').split('\n').slice(0, 150).join('\n').length + 1);
  appendFileSync(file, Array.from({ length: 100 }, (_, i) => line(150 + i, 150 + i, 'b', 99 + i)).join(''));
  const again = await log.read(0, 1000);
  expect(again).toHaveLength(250);
  expect(again[150]).toMatchObject({ arm: 'b', at: 99 });
  expect(await log.candidate('a "quoted" arm', 160)).toBeNull();
  expect(log.found).toBe(250);
  rmSync(file);
  await log.refresh();
  expect(log.length).toBe(0);
});

it('goes no further than what is whole: a line out of its turn ends it', async () => {
  const log = new RunLog(folder);
  const stage = (seq: number) =>
    `${JSON.stringify({ seq, at: 0, type: 'stage', stage: 'search', message: '' })}\n`;
  writeFileSync(file, stage(0) + stage(1) + stage(5) + stage(6));
  expect(await log.read(0, 10)).toHaveLength(2);
  writeFileSync(file, `${stage(0)}not json\n${stage(2)}`);
  expect(await log.read(0, 10)).toHaveLength(1);
  // somebody else's: of a shape that no run writes
  writeFileSync(file, `${stage(0)}${JSON.stringify({ seq: 1, type: 'budgets', budgets: 7 })}\n${stage(2)}`);
  expect(await log.read(0, 10)).toHaveLength(1);
});

it('reads a loss that came out as no number, which JSON writes as null', async () => {
  const log = new RunLog(folder);
  const loss: RunEvent = { seq: 0, type: 'loss', stage: 'fine-tune', epoch: 1, loss: NaN };
  writeFileSync(file, `${JSON.stringify(loss)}\n`);
  expect(await log.read(0, 10)).toEqual([loss]);
});

it('coalesces what is told: the latest progress of each stage, and no batch sooner than a quarter second', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const told: { at: number; events: ListedEvent[] }[] = [];
  const outbox = new Outbox((events) => told.push({ at: performance.now(), events }));
  const progress = (stage: Stage, done: number): ListedEvent => ({
    type: 'progress',
    stage,
    done,
    total: 9,
    unit: 'images',
  });
  let count = 0;
  for (let waited = 0; waited < 900; waited += 5) {
    outbox.add(progress('search', ++count));
    outbox.add(progress('generator', count));
    outbox.add({ type: 'loss', stage: 'search', epoch: count, loss: 1 });
    vi.advanceTimersByTime(5);
  }
  // the first at once, then every quarter second
  expect(told.map(({ at }) => at - told[0].at)).toEqual([0, 250, 500, 750]);
  outbox.flush();
  const all = told.flatMap(({ events }) => events);
  // what is no progress is told whole, in order
  expect(all.flatMap((event) => (event.type === 'loss' ? [event.epoch] : []))).toEqual(
    Array.from({ length: count }, (_, i) => i + 1),
  );
  for (const { events } of told)
    for (const stage of ['search', 'generator'])
      expect(events.filter((event) => event.type === 'progress' && event.stage === stage)).toHaveLength(1);
});

// a hole takes no place on any disk but Windows' own
it.skipIf(process.platform === 'win32')(
  'reads no further than a line can go, however large the file',
  async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-log-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'events.jsonl');
    const good = Array.from({ length: 200 }, (_, i) => line(i, i)).join('');
    writeFileSync(file, good);
    truncateSync(file, 2 ** 36);
    const { events, length } = await readEvents(folder);
    expect(events).toHaveLength(200);
    expect(length).toBe(good.length);
    expect(await new RunLog(folder).read(0, 1000)).toHaveLength(200);
    // nor are the small files beside it read whole
    for (const name of ['run.json', 'failure.json', 'engine.json']) {
      writeFileSync(path.join(folder, name), '{}');
      truncateSync(path.join(folder, name), 2 ** 30);
    }
    await expect(RunFolder.look(folder)).rejects.toThrow("its run.json can't be read");
    expect(await readFailure(folder)).toBeNull();
    expect(await readEngineFile(folder)).toBeNull();
  },
);

it('leaves out of an event what no panel draws, and an event that it could not draw', () => {
  const candidate = {
    id: 3,
    origin: 'random',
    architecture: [3],
    kept: [[0]],
    cost,
    accuracies: { cut: 50 },
  };
  expect(panelEvent({ type: 'candidate', arm: 'l1', candidate, seq: 4, at: 1 })).toEqual({
    type: 'candidate',
    seq: 4,
    at: 1,
    arm: 'l1',
    candidate: { id: 3, origin: 'random', cost, accuracies: { cut: 50 } },
  });
  const progress: RunEvent = {
    type: 'progress',
    stage: 'search',
    done: 0,
    total: 1,
    unit: 'images',
    secondsLeft: Infinity,
  };
  expect(panelEvent(progress)).toEqual({
    type: 'progress',
    stage: 'search',
    done: 0,
    total: 1,
    unit: 'images',
  });
  expect(panelEvent({ type: 'samples', samples: [] })).toBeNull();
  expect(panelEvent({ type: 'loss', stage: 'search', epoch: 1, loss: NaN })).toBeNull();
});

// each in a list of its own made anew took the square of their number: minutes
it('takes in any number of arms and warnings, as a folder of somebody else may tell of', async () => {
  const many = 200_000;
  const lines = Array.from({ length: many }, (_, seq) =>
    seq % 2
      ? `{"seq":${seq},"at":1,"type":"arm","arm":"arm ${seq}","control":true}`
      : `{"seq":${seq},"at":1,"type":"warning","message":"${seq}"}`,
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  const log = new RunLog(folder);
  await log.refresh();
  expect([log.data.arms.length, log.data.warnings.length]).toEqual([many / 2, many / 2]);
  expect(log.data.arms.at(-1)!.arm).toBe(`arm ${many - 1}`);
});
