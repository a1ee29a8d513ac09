import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../src/graph/random.ts';
import { RunFolder } from '../../src/run/store/folder.ts';
import { runPrune } from '../../src/run/prune.ts';
import type { RunOptions } from '../../src/run/steps/ports.ts';
import { fakeServices, workspaceWithPlan } from './fake.ts';
import { aPiece, recorded } from './story.ts';
import type { RunEvent } from '../../src/terms/run-events.ts';

let folder: string;
let child: string;
let expected: string;
let story: unknown[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-resume-'));
  // beside node_modules, so that what stays outside of the bundle is found
  child = path.resolve('node_modules', `.espalier-child-${process.pid}.mjs`);
  await build({
    entryPoints: ['test/run/child.ts'],
    outfile: child,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['sharp', 'onnxruntime-node', 'h5wasm', 'h5wasm/node', '@tensorflow/*'],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    logLevel: 'error',
  });
  const whole = await workspace('whole');
  const run = await RunFolder.create(whole, await workspaceWithPlan(whole));
  await toEnd(run, {});
  expected = await readFile(path.join(whole, 'out', 'net.espalier.json'), 'utf8');
  story = await recorded(run.folder);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(child, { force: true });
});

const workspace = async (name: string): Promise<string> => path.join(folder, name);

async function toEnd(run: RunFolder, options: RunOptions): Promise<RunEvent[]> {
  const plan = (JSON.parse(await readFile(run.file('run.json'), 'utf8')) ?? {}) as Parameters<
    typeof runPrune
  >[1];
  const events: RunEvent[] = [];
  const generator = runPrune(run, plan, fakeServices(), { checkpointSeconds: 0, ...options });
  try {
    for (;;) {
      const next = await generator.next();
      if (next.done) return events;
      events.push(next.value);
    }
  } finally {
    await run.close();
  }
}

test('stopped at any event and gone on, it gives the same config and the same story', async () => {
  const random = new Random(11);
  for (const everyOne of [3, 7, 20]) {
    const where = await workspace(`stopped-${everyOne}`);
    let run = await RunFolder.create(where, await workspaceWithPlan(where));
    for (let session = 0; ; session++) {
      expect(session).toBeLessThan(400);
      const plan = await workspaceWithPlan(where);
      const checkpointSeconds = random.uniform() < 0.5 ? 0 : 0.005;
      if (await aPiece(run, plan, checkpointSeconds, random.integer(1, everyOne) + everyOne)) break;
      ({ run } = await RunFolder.open(run.folder));
    }
    expect(await readFile(path.join(where, 'out', 'net.espalier.json'), 'utf8')).toBe(expected);
    expect(await recorded(run.folder)).toEqual(story);
  }
});

test('killed ten times at random moments, it still gives the same config, byte for byte', async () => {
  const where = await workspace('killed');
  const run = await RunFolder.create(where, await workspaceWithPlan(where));
  await run.close();
  const random = new Random(5);
  let kills = 0;
  for (let attempt = 0; ; attempt++) {
    expect(attempt).toBeLessThan(60);
    const code = await runChild(run.folder, kills < 10 ? random.integer(0, 120) : null);
    if (code === 'killed') kills++;
    else {
      expect(code).toBe(0);
      break;
    }
  }
  expect(kills).toBeGreaterThanOrEqual(5);
  expect(await readFile(path.join(where, 'out', 'net.espalier.json'), 'utf8')).toBe(expected);
  expect(await recorded(run.folder)).toEqual(story);
});

/** Runs the child; kills it so many milliseconds after it began. */
async function runChild(run: string, killAfter: number | null): Promise<number | 'killed' | null> {
  const process = spawn(globalThis.process.execPath, [child, run], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | 'killed' | null>((resolve) =>
    process.on('close', (code, signal) => resolve(signal === 'SIGKILL' ? 'killed' : code)),
  );
  await new Promise<void>((resolve) => {
    process.stdout.once('data', () => resolve());
    process.once('close', () => resolve());
  });
  if (killAfter !== null) {
    await sleep(killAfter);
    process.kill('SIGKILL');
  }
  return await ended;
}

test('a torn event line and a broken newest checkpoint are no harm', async () => {
  const where = await workspace('torn');
  const run = await RunFolder.create(where, await workspaceWithPlan(where));
  const controller = new AbortController();
  const generator = runPrune(run, await workspaceWithPlan(where), fakeServices(), {
    checkpointSeconds: 0,
    signal: controller.signal,
  });
  for (let i = 0; i < 25; i++) await generator.next();
  controller.abort();
  // a stop within a stage waits for the stage's next checkpoint
  const rest = async () => {
    for (let i = 0; i < 5; i++) if ((await generator.next()).done) return;
  };
  await expect(rest()).rejects.toThrow('interrupted');
  await run.close();
  // as if power went between the two renames: the newest is half there, the one before whole
  await cp(run.file('checkpoint'), run.file('checkpoint.old'), { recursive: true });
  await truncate(path.join(run.file('checkpoint'), 'arrays.bin'), 10);
  const events = await readFile(run.file('events.jsonl'), 'utf8');
  await writeFile(run.file('events.jsonl'), `${events}{"seq":999,"type":"ca`);
  const { run: again } = await RunFolder.open(run.folder);
  await toEnd(again, {});
  expect(await readFile(path.join(where, 'out', 'net.espalier.json'), 'utf8')).toBe(expected);
  expect(await recorded(run.folder)).toEqual(story);
});

test('a run in use is not taken over; one whose process is gone is', async () => {
  const where = await workspace('locked');
  const run = await RunFolder.create(where, await workspaceWithPlan(where));
  await expect(RunFolder.open(run.folder)).rejects.toThrow(/in use by process/);
  await run.close();
  await writeFile(run.file('lock'), JSON.stringify({ pid: 2 ** 30, host: os.hostname(), token: 'gone' }));
  const { run: again } = await RunFolder.open(run.folder);
  await again.close();
});
