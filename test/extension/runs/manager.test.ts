import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Draft } from '../../../src/protocol/plan.ts';
import { LookingEngine } from '../../../src/extension/engine/engine.ts';
import { chooseNode } from '../../../src/extension/process/node.ts';
import { isAlive } from '../../../src/extension/process/processes.ts';
import { RunManager } from '../../../src/extension/runs/manager.ts';
import { built, demoModel } from '../support.ts';
import { Memory } from './memory.ts';
import type { Behaviour } from './program.ts';
import { standIn } from './program.ts';
import type { ListedEvent } from '../../../src/terms/run-events.ts';
import { protocolVersion } from '../../../src/protocol/contract.ts';

/** Generous, for slow, loaded machines; tests of what does not answer take less. */
const patient = { start: 90_000, beat: 60_000, stop: 60_000, term: 400 };
let times = patient;
let workspace: string;
let script: string;
let engine: LookingEngine;
let memory: Memory;
let windows: RunManager[];
let said: string[];
let press: string | undefined;
let trusted: boolean;
let maxParallel: number;
let keepAlive: boolean;
/** milliseconds that a look at the folders takes longer */
let reading: number;
/** whether a look at the folders still finds every run at work */
let lagging: () => boolean;
let logs: string[];

beforeAll(() => {
  engine = new LookingEngine({ script: built('engine.cjs'), node: () => chooseNode(''), log: () => {} });
});
afterAll(() => engine.dispose());
beforeEach(() => {
  workspace = mkdtempSync(path.join(os.tmpdir(), 'espalier-runs-'));
  script = standIn(workspace);
  times = patient;
  reading = 0;
  lagging = () => false;
  [memory, windows, said, press, trusted, maxParallel, keepAlive, logs] = [
    new Memory(),
    [],
    [],
    undefined,
    true,
    1,
    false,
    [],
  ];
});
afterEach(async () => {
  for (const window of windows) {
    for (const run of window.list)
      if (run.status === 'running') await window.stop(run.folder).catch(() => {});
    window.dispose();
  }
  rmSync(workspace, { recursive: true, force: true });
});

/** The engine, as slow at listing runs as on a loaded machine. */
const slowed: Pick<LookingEngine, 'look'> = {
  async look() {
    const look = await engine.look();
    return Object.create(look, {
      request: {
        value: async (...asked: Parameters<typeof look.request>) => {
          if (asked[0] === 'runs' && reading) await new Promise((resolve) => setTimeout(resolve, reading));
          const answer = await look.request(...asked);
          if ('runs' in answer && lagging())
            return { runs: answer.runs.map((run) => ({ ...run, status: 'running' as const })) };
          return answer;
        },
      },
    }) as typeof look;
  },
};

/** A window that is opened on the workspace. */
function open(): RunManager {
  const made = new RunManager({
    engine: slowed,
    script,
    node: () => chooseNode(''),
    folders: () => [workspace],
    trusted: () => trusted,
    settings: () => ({ keepAlive, maxParallel }),
    memory,
    log: (line) => logs.push(line),
    say: async (_, text) => {
      said.push(text);
      return press;
    },
    showLog: () => {},
    times,
  });
  windows.push(made);
  return made;
}

/** A run's folder as the engine makes it, for a process that behaves like this. */
async function make(behave: Behaviour): Promise<string> {
  copyFileSync(demoModel, path.join(workspace, 'model.h5'));
  const draft: Draft = {
    model: path.join(workspace, 'model.h5'),
    workspace,
    data: null,
    targets: [{ metric: 'macs', value: 60, relative: true }],
    method: 'l1',
    settings: {},
    effort: 'quick',
    seed: 1,
    roundTo: 1,
    freeze: [],
    interiorOutputs: false,
    controls: [],
    backend: 'wasm',
    measureLatency: false,
  };
  const { folder } = await (await engine.look()).request('create', { draft });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'behave.json'), JSON.stringify(behave));
  return folder;
}

const starts = (folder: string) =>
  existsSync(path.join(folder, 'starts.txt'))
    ? readFileSync(path.join(folder, 'starts.txt'), 'utf8').split('\n').length - 1
    : 0;
const pidOf = (folder: string) =>
  (JSON.parse(readFileSync(path.join(folder, 'engine.json'), 'utf8')) as { pid: number }).pid;
const until = (what: () => unknown) => expect.poll(what, { interval: 25 });

/** Follows a run as a panel does. */
function follow(runs: RunManager, folder: string) {
  const seen = { events: [] as ListedEvent[], resets: 0 };
  runs.follow(folder, (events, reset) => {
    if (reset) {
      seen.events = [];
      seen.resets++;
    }
    seen.events.push(...events);
  });
  return { seen, seqs: () => seen.events.map(({ seq }) => seq) };
}
const range = (to: number) => Array.from({ length: to }, (_, index) => index);

describe('runs of a workspace', () => {
  it('lists none and starts nothing where there are none', async () => {
    const runs = open();
    await runs.begin();
    await runs.refresh();
    expect([runs.list, runs.active, said]).toEqual([[], null, []]);
  });

  it('runs to its end, told event by event', async () => {
    // long enough to be seen at work on a busy machine
    const folder = await make({ events: 60, rate: 15 });
    const runs = open();
    const { seqs } = follow(runs, folder);
    await runs.start(folder);
    await until(() => runs.status(folder).memory).toBe(256);
    expect(runs.active?.summary.folder).toBe(folder);
    expect(runs.list[0]).toMatchObject({ folder, status: 'running' });
    await until(() => runs.active).toBeNull();
    await until(() => seqs().length).toBe(60);
    expect(seqs()).toEqual(range(60));
    expect(said).toEqual([]);
  });

  it('pauses, goes on and stops politely, and no process is left', async () => {
    const folder = await make({});
    const runs = open();
    const { seqs } = follow(runs, folder);
    await runs.start(folder);
    await until(() => seqs().length).toBeGreaterThan(3);
    await runs.pause(folder);
    expect(runs.status(folder).status).toBe('paused');
    const held = seqs().length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(seqs().length).toBeLessThanOrEqual(held + 1);
    await runs.resume(folder);
    await until(() => seqs().length).toBeGreaterThan(held + 3);
    const pid = pidOf(folder);
    await runs.stop(folder);
    await until(() => isAlive(pid)).toBe(false);
    await until(() => runs.status(folder).status).toBe('stopped');
    expect(said).toEqual([]);
    // and from its checkpoint on
    await runs.resume(folder);
    await until(() => runs.status(folder).memory).toBe(256);
    expect(starts(folder)).toBe(2);
  });

  it('tells that a run has stopped, also where its folder says so only later', async () => {
    const folder = await make({});
    const runs = open();
    const told: string[] = [];
    runs.onDidChangeStatus(({ run, status }) => run === folder && told.push(status));
    await runs.start(folder);
    await until(() => runs.status(folder).memory).toBe(256);
    const pid = pidOf(folder);
    let gone = Infinity;
    lagging = () => {
      if (!isAlive(pid)) gone = Math.min(gone, Date.now());
      return Date.now() < gone + 1000;
    };
    await runs.stop(folder);
    await until(() => runs.status(folder)).toMatchObject({ status: 'stopped', fixed: null });
    await until(() => told.at(-1)).toBe('stopped');
  });

  it('ends a process that hears nothing, with its children', async () => {
    times = { ...patient, stop: 1500 };
    const folder = await make({ deaf: true, child: true });
    const runs = open();
    await runs.start(folder);
    await until(() => runs.status(folder).memory).toBe(256);
    const pids = [pidOf(folder), Number(readFileSync(path.join(folder, 'child.pid'), 'utf8'))];
    expect(pids.map(isAlive)).toEqual([true, true]);
    await runs.stop(folder);
    expect(pids.map(isAlive)).toEqual([false, false]);
    await until(() => runs.status(folder)).toMatchObject({
      status: 'stopped',
      message: expect.stringContaining('by force'),
    });
  });

  it('offers to resume a run whose process was killed, and resumes it', async () => {
    const folder = await make({});
    const runs = open();
    await runs.start(folder);
    await until(() => runs.status(folder).memory).toBe(256);
    press = 'Resume';
    process.kill(pidOf(folder), 'SIGKILL');
    await until(() => said).toHaveLength(1);
    expect(said[0]).toContain('ended unexpectedly');
    await until(() => starts(folder)).toBe(2);
    await until(() => runs.status(folder)).toMatchObject({ status: 'running', memory: 256 });
  });

  it('tells the last lines of the log of one that dies before it can be reached', async () => {
    const folder = await make({ dies: { code: 3, says: 'loading\nno such library\n' } });
    const runs = open();
    await runs.start(folder);
    await until(() => runs.status(folder).status).toBe('failed');
    expect(runs.status(folder)).toMatchObject({
      message: expect.stringContaining('exit code 3'),
      log: ['loading', 'no such library'],
    });
    await until(() => said.join()).toContain('no such library');
    // seen by a window that was not there
    const other = open();
    await other.refresh();
    expect(other.status(folder).status).not.toBe('running');
  });

  it('tells why a run failed', async () => {
    const folder = await make({ events: 3, fails: 'the images are broken' });
    const runs = open();
    await runs.start(folder);
    await until(() => runs.status(folder)).toMatchObject({
      status: 'failed',
      message: 'the images are broken',
    });
    await until(() => said.join()).toContain('the images are broken');
    await until(() => runs.list[0].failure).toBe('the images are broken');
  });

  it('says of a run that gives no sign of life that it does not respond; it can be stopped', async () => {
    times = { ...patient, beat: 1500 };
    const folder = await make({ silent: true, rate: 0.01 });
    const runs = open();
    await runs.start(folder);
    await until(() => runs.status(folder).message).toContain('not responded');
    const pid = pidOf(folder);
    await runs.stop(folder);
    expect(isAlive(pid)).toBe(false);
  });

  it('works on one at a time: others wait, can be called off, and follow', async () => {
    const [first, second, third] = [await make({}), await make({}), await make({})];
    const runs = open();
    await runs.start(first);
    await runs.start(second);
    await runs.start(third, { arm: 'l1', id: 2 });
    expect([first, second, third].map((folder) => runs.status(folder).queued)).toEqual([false, true, true]);
    await runs.stop(second);
    expect(runs.status(second).queued).toBe(false);
    await until(() => runs.status(first).memory).toBe(256);
    await runs.stop(first);
    await until(() => runs.status(third).memory).toBe(256);
    expect(readFileSync(path.join(third, 'starts.txt'), 'utf8')).toBe('--candidate l1 2\n');
    expect(starts(second)).toBe(0);
    await expect(runs.start(third)).rejects.toThrow('at work already');
    await expect(runs.remove(third)).rejects.toThrow('stop it first');
    await runs.remove(second);
    expect(existsSync(second)).toBe(false);
    maxParallel = 2;
    await runs.start(first);
    await until(() => runs.status(first).memory).toBe(256);
  });

  it.each([
    [0, 0],
    [0, 500],
    [40, 500],
    [300, 0],
    [300, 1000],
  ])(
    'goes on by itself after a reload, and what waited still waits (%d ms to read folders, %d to end)',
    async (slow, lingers) => {
      reading = slow;
      const [folder, waiting] = [await make({ lingers }), await make({})];
      const before = open();
      await before.start(folder);
      await before.start(waiting);
      await until(() => before.status(folder).memory).toBe(256);
      const pid = pidOf(folder);
      before.dispose();
      const after = open();
      await after.begin();
      await until(() => isAlive(pid)).toBe(false);
      await until(() => starts(folder)).toBe(2);
      await until(() => after.status(folder).memory).toBe(256);
      expect(after.status(waiting).queued).toBe(true);
      expect(starts(waiting)).toBe(0);
      expect(said).toEqual([]);
    },
  );

  it('asks before it goes on, where the window was closed for long', async () => {
    const folder = await make({});
    const before = open();
    await before.start(folder);
    await until(() => before.status(folder).memory).toBe(256);
    const pid = pidOf(folder);
    before.dispose();
    await until(() => isAlive(pid)).toBe(false);
    memory.set('espalier.own', { ...(memory.get('espalier.own') as object), seen: Date.now() - 3_600_000 });
    await open().begin();
    expect(said[0]).toContain(path.basename(folder));
    expect(starts(folder)).toBe(1);
    // asked once
    await open().begin();
    expect(said).toHaveLength(1);
    press = 'Resume';
    memory.set('espalier.own', { seen: 0, jobs: [{ folder }] });
    await open().begin();
    await until(() => starts(folder)).toBe(2);
  });

  it('finds a run that went on while the window was away, and follows it without a gap', async () => {
    keepAlive = true;
    const folder = await make({ rate: 200 });
    const before = open();
    const first = follow(before, folder);
    await before.start(folder);
    await until(() => first.seqs().length).toBeGreaterThan(10);
    const pid = pidOf(folder);
    before.dispose();
    const after = open();
    await after.begin();
    expect(after.active?.summary.folder).toBe(folder);
    const { seqs } = follow(after, folder);
    await until(() => seqs().length).toBeGreaterThan(first.seqs().length + 20);
    expect(seqs()).toEqual(range(seqs().length));
    expect([pidOf(folder), starts(folder)]).toEqual([pid, 1]);
  });

  it('is seen and stopped by another window', async () => {
    const folder = await make({});
    const [mine, other] = [open(), open()];
    await mine.start(folder);
    await until(() => mine.status(folder).memory).toBe(256);
    await other.refresh();
    await until(() => other.status(folder).memory).toBe(256);
    await expect(other.start(folder)).rejects.toThrow('at work already');
    await other.stop(folder);
    await until(() => mine.status(folder).status).toBe('stopped');
    expect(said).toEqual([]);
  });

  /** A process that holds a run's folder as the command line does: by its lock, with no pipe to reach it. */
  function terminal(folder: string) {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const owner = { pid: child.pid, host: os.hostname(), token: '0011223344556677' };
    writeFileSync(path.join(folder, 'lock'), JSON.stringify(owner));
    return child;
  }

  it.each(['SIGINT', 'SIGKILL'] as const)(
    'a run of a terminal is followed until its process is gone (%s); what waited for it goes on',
    async (signal) => {
      const [folder, waiting] = [await make({}), await make({})];
      const child = terminal(folder);
      try {
        const runs = open();
        const told: string[] = [];
        runs.onDidChangeStatus(({ run, status }) => run === folder && told.push(status));
        await runs.refresh();
        expect(runs.list.find((one) => one.folder === folder)).toMatchObject({
          status: 'running',
          fixed: expect.stringContaining('Ctrl-C'),
        });
        await expect(runs.stop(folder)).rejects.toThrow('Ctrl-C');
        await expect(runs.start(folder)).rejects.toThrow('at work already');
        await runs.start(waiting);
        expect(runs.status(waiting).queued).toBe(true);
        // held, as by Ctrl-Z: not ended
        child.kill('SIGSTOP');
        await new Promise((resolve) => setTimeout(resolve, 2500));
        expect(runs.status(folder).status).toBe('running');
        child.kill('SIGCONT');
        child.kill(signal);
        await until(() => runs.status(folder)).toMatchObject({ status: 'stopped', fixed: null });
        await until(() => told).toContain('stopped');
        await until(() => runs.status(waiting).memory).toBe(256);
      } finally {
        child.kill('SIGKILL');
      }
    },
  );

  it('a run whose folder was deleted is no longer at work, and says so', async () => {
    const folder = await make({});
    const child = terminal(folder);
    try {
      const runs = open();
      await runs.refresh();
      rmSync(folder, { recursive: true });
      await until(() => runs.status(folder)).toMatchObject({
        status: 'stopped',
        fixed: expect.stringContaining('deleted'),
      });
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('starts nothing where the workspace is not trusted', async () => {
    const folder = await make({});
    trusted = false;
    await expect(open().start(folder)).rejects.toThrow('trusted workspace');
    expect(starts(folder)).toBe(0);
  });

  it('a run that came with the folder is asked about before its script may run, once', async () => {
    const folder = await make({});
    const file = path.join(folder, 'run.json');
    const plan = JSON.parse(readFileSync(file, 'utf8')) as object;
    // a command that this folder was never planned with
    const command = `touch ${path.join(workspace, 'OWNED')}`;
    const targets = [{ metric: 'script', value: 60, relative: true, command }];
    writeFileSync(file, JSON.stringify({ ...plan, targets }));
    const runs = open();
    press = undefined;
    await expect(runs.start(folder)).rejects.toThrow('was not allowed');
    expect(said.at(-1)).toContain(`run the command "${command}"`);
    expect(starts(folder)).toBe(0);
    press = 'Allow';
    await runs.start(folder);
    await until(() => starts(folder)).toBe(1);
    await runs.stop(folder);
    const asked = said.length;
    await runs.start(folder);
    expect(said.length).toBe(asked);
  });

  it('never takes a stranger’s process for a run’s', async () => {
    const folder = await make({});
    // the number of a process that has gone was given to another: this one
    writeFileSync(
      path.join(folder, 'engine.json'),
      JSON.stringify({
        protocol: protocolVersion,
        pid: process.pid,
        pipe: '/nowhere',
        token: 'x',
        status: 'running',
      }),
    );
    const runs = open();
    await runs.refresh();
    expect(runs.active).toBeNull();
    await runs.stop(folder);
    expect(isAlive(process.pid)).toBe(true);
  });
});
