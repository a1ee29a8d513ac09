import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Draft } from '../../../src/protocol/plan.ts';
import { LookingEngine } from '../../../src/extension/engine/engine.ts';
import { chooseNode } from '../../../src/extension/process/node.ts';
import { isAlive } from '../../../src/extension/process/processes.ts';
import { RunManager } from '../../../src/extension/runs/manager.ts';
import { built, demoImages, demoModel } from '../support.ts';
import { Memory } from './memory.ts';
import type { ListedEvent } from '../../../src/terms/run-events.ts';

let workspace: string;
let engine: LookingEngine;
let memory: Memory;
let windows: RunManager[];
let said: string[];

beforeAll(() => {
  engine = new LookingEngine({ script: built('engine.cjs'), node: () => chooseNode(''), log: () => {} });
});
afterAll(() => engine.dispose());
beforeEach(() => {
  workspace = mkdtempSync(path.join(os.tmpdir(), 'espalier-real-'));
  [memory, windows, said] = [new Memory(), [], []];
});
afterEach(async () => {
  for (const window of windows) {
    for (const { folder, status } of window.list)
      if (status === 'running') await window.stop(folder).catch(() => {});
    window.dispose();
  }
  rmSync(workspace, { recursive: true, force: true });
});

function open(): RunManager {
  const made = new RunManager({
    engine,
    script: built('engine.cjs'),
    node: () => chooseNode(''),
    folders: () => [workspace],
    trusted: () => true,
    settings: () => ({ keepAlive: false, maxParallel: 1 }),
    memory,
    log: () => {},
    say: async (_, text) => void said.push(text),
    showLog: () => {},
  });
  windows.push(made);
  return made;
}

async function make(given: Partial<Draft> = {}): Promise<string> {
  copyFileSync(demoModel, path.join(workspace, 'model.h5'));
  const draft: Draft = {
    model: path.join(workspace, 'model.h5'),
    workspace,
    data: { path: demoImages, preprocess: 'auto', limit: 1200, validationImages: 200 },
    targets: [{ metric: 'macs', value: 60, relative: true }],
    method: 'rewarded-meta',
    settings: {},
    effort: 'quick',
    seed: 1,
    roundTo: 1,
    freeze: [],
    interiorOutputs: false,
    controls: [],
    fineTuneEpochs: 1,
    backend: 'wasm',
    measureLatency: false,
    ...given,
  };
  return (await (await engine.look()).request('create', { draft })).folder;
}

const pidOf = (folder: string) =>
  (JSON.parse(readFileSync(path.join(folder, 'engine.json'), 'utf8')) as { pid: number }).pid;
const until = (what: () => unknown) => expect.poll(what, { interval: 100 });

function follow(runs: RunManager, folder: string) {
  const seen: { events: ListedEvent[] } = { events: [] };
  runs.follow(folder, (events, reset) => {
    seen.events = reset ? [...events] : [...seen.events, ...events];
  });
  return {
    of: (type: ListedEvent['type']) => seen.events.filter((event) => event.type === type),
    seqs: () => seen.events.flatMap(({ seq }) => (seq === undefined ? [] : [seq])),
  };
}

/** In order and none twice. Lines without a form for panels are few: the gaps they leave are of one. */
function expectWhole(seqs: number[]) {
  for (let index = 1; index < seqs.length; index++) {
    expect(seqs[index]).toBeGreaterThan(seqs[index - 1]);
    expect(seqs[index] - seqs[index - 1]).toBeLessThanOrEqual(2);
  }
}

describe('runs with the real engine', () => {
  it('prunes without images to its end', async () => {
    const folder = await make({ data: null, method: 'l1' });
    const runs = open();
    const seen = follow(runs, folder);
    await runs.start(folder);
    await until(() => runs.status(folder)).toMatchObject({ status: 'done', message: null });
    await until(() => seen.of('done')).toHaveLength(1);
    expect(seen.of('opened')).toHaveLength(1);
    expectWhole(seen.seqs());
    expect(runs.list[0]).toMatchObject({ folder, status: 'done', method: 'l1' });
    expect(said).toEqual([]);
  });

  it('is stopped, goes on from its checkpoint, survives a reload, is killed and resumed', async () => {
    const folder = await make();
    const runs = open();
    const seen = follow(runs, folder);
    await runs.start(folder);
    await until(() => seen.of('progress').length).toBeGreaterThan(2);
    const first = pidOf(folder);
    await runs.stop(folder);
    await until(() => isAlive(first)).toBe(false);
    expect(runs.status(folder).status).toBe('stopped');

    await runs.resume(folder);
    await until(() => runs.status(folder).memory).toBeGreaterThan(20);
    const second = pidOf(folder);
    // a reload: the next window takes it up
    runs.dispose();
    const after = open();
    const told = follow(after, folder);
    await after.begin();
    expect(after.active?.summary.folder).toBe(folder);
    await until(() => told.of('candidate').length).toBeGreaterThan(3);
    expect(pidOf(folder)).toBe(second);
    expectWhole(told.seqs());

    await after.pause(folder);
    expect(after.status(folder).status).toBe('paused');
    await after.resume(folder);

    process.kill(second, 'SIGKILL');
    await until(() => said.length).toBe(1);
    expect(after.status(folder)).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('unexpectedly'),
    });
    await after.resume(folder);
    await until(() => after.status(folder).memory).toBeGreaterThan(20);
    const before = told.of('candidate').length;
    await until(() => told.of('candidate').length).toBeGreaterThan(before);
    expectWhole(told.seqs());
    await after.stop(folder);
    expect(isAlive(pidOfOr(folder, second))).toBe(false);
  });

  it('tells why it can’t run', async () => {
    const folder = await make({ data: null, method: 'l1' });
    const plan = path.join(folder, 'run.json');
    writeFileSync(plan, readFileSync(plan, 'utf8').replace('model.h5', 'gone.h5'));
    const runs = open();
    await runs.start(folder);
    await until(() => runs.status(folder).status).toBe('failed');
    expect(runs.status(folder).message).toContain('gone.h5');
    expect(runs.status(folder).log.length).toBeGreaterThan(0);
  });
});

function pidOfOr(folder: string, otherwise: number): number {
  try {
    return pidOf(folder);
  } catch {
    return otherwise;
  }
}
