import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { consent, deedsOf, unconsented } from '../../src/run/plan/consent.ts';
import { RunFolder } from '../../src/run/store/folder.ts';
import type { Plan } from '../../src/run/plan/plan.ts';
import { TrainingFolder } from '../../src/run/store/training-folder.ts';
import { listRuns } from '../../src/run/store/list-runs.ts';
import { probeFile, probeFolder } from '../../src/run/store/disk-space.ts';
import { runPrune } from '../../src/run/prune.ts';
import type { RunPorts } from '../../src/run/steps/ports.ts';
import { fakeServices, workspaceWithPlan } from './fake.ts';

let base: string;
let where: string;
let number = 0;

beforeAll(async () => {
  base = await mkdtemp(path.join(os.tmpdir(), 'espalier-begun-'));
  // consent is noted in a folder of this test's own
  vi.stubEnv('ESPALIER_CACHE', path.join(base, 'cache'));
});
beforeEach(() => {
  where = path.join(base, `work-${number++}`);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(base, { recursive: true, force: true });
});

/** Runs a plan until it has recorded so many events; Infinity: to its end. */
async function sit(run: RunFolder, plan: Plan, ports: RunPorts, events: number): Promise<void> {
  const stop = new AbortController();
  const generator = runPrune(run, plan, ports, { checkpointSeconds: 0, signal: stop.signal });
  try {
    for (let i = 0; !(await generator.next()).done; i++) if (i >= events) stop.abort();
  } catch (error) {
    if ((error as Error).name !== 'Interrupted') throw error;
  } finally {
    await run.close();
  }
}

const changed = (part: object): RunPorts => {
  const ports = fakeServices();
  return {
    ...ports,
    openTrainer: async (...given) => {
      const context = await ports.openTrainer(...given);
      return { ...context, images: { ...context.images, set: { ...context.images.set, ...part } } };
    },
  };
};

test.each([
  ['contents', { digest: 'e'.repeat(64) }],
  ['contents that the digest does not cover', { stamp: 'touched' }],
])('images whose %s changed are refused; put back, the run goes on to the same result', async (_, part) => {
  const plan = await workspaceWithPlan(where);
  const run = await RunFolder.create(where, plan);
  await sit(run, plan, fakeServices(), 25);
  const before = await readFile(run.file('events.jsonl'), 'utf8');
  const { run: other } = await RunFolder.open(run.folder);
  await expect(sit(other, plan, changed(part), Infinity)).rejects.toThrow(
    /^the images in .* have changed since the run began; put them back as they were to go on/,
  );
  expect(before.startsWith(await readFile(run.file('events.jsonl'), 'utf8'))).toBe(true);
  const { run: again } = await RunFolder.open(run.folder);
  await sit(again, plan, fakeServices(), Infinity);
  const whole = `${where}-whole`;
  const same = await workspaceWithPlan(whole);
  await sit(await RunFolder.create(whole, same), same, fakeServices(), Infinity);
  const [a, b] = await Promise.all(
    [where, whole].map((one) => readFile(path.join(one, 'out', 'net.espalier.json'), 'utf8')),
  );
  expect(a).toBe(b);
});

test.each([
  ['labels.txt has another content', 'a\nb\nc\nd\n', 'd\nc\nb\na\n'],
  ['labels.txt names them now', null, 'a\nb\nc\nd\n'],
  ['labels.txt names them no longer', 'a\nb\nc\nd\n', null],
])('class names beside the model that changed are refused: %s', async (said, before, after) => {
  const plan = await workspaceWithPlan(where);
  const labels = path.join(where, 'labels.txt');
  const put = async (text: string | null) =>
    await (text === null ? rm(labels, { force: true }) : writeFile(labels, text));
  await put(before);
  const run = await RunFolder.create(where, plan);
  await sit(run, plan, fakeServices(), 25);
  await put(after);
  const { run: other } = await RunFolder.open(run.folder);
  await expect(sit(other, plan, fakeServices(), Infinity)).rejects.toThrow(
    `have changed since the run began (${said}); put them back as they were to go on`,
  );
  await put(before);
  const { run: again } = await RunFolder.open(run.folder);
  await sit(again, plan, fakeServices(), Infinity);
  expect(existsSync(path.join(where, 'out', 'net.espalier.json'))).toBe(true);
});

test('a plan that was changed after the run had begun is refused', async () => {
  const plan = await workspaceWithPlan(where);
  const run = await RunFolder.create(where, plan);
  await sit(run, plan, fakeServices(), 25);
  const text = await readFile(run.file('run.json'), 'utf8');
  await writeFile(run.file('run.json'), text.replace('"seed": ', '"seed": 1'));
  const opened = await RunFolder.open(run.folder);
  await expect(sit(opened.run, opened.plan, fakeServices(), Infinity)).rejects.toThrow(
    /run.json\) was changed after the run had begun/,
  );
});

test('a run whose folder is removed says so, and makes nothing anew', async () => {
  const plan = await workspaceWithPlan(where);
  for (const [after, gone] of [
    [5, (run: RunFolder) => run.folder],
    [40, (run: RunFolder) => path.join(run.workspace, '.espalier')],
  ] as const) {
    const run = await RunFolder.create(where, plan);
    const events = runPrune(run, plan, fakeServices(), { checkpointSeconds: 0 });
    for (let i = 0; i < after; i++) await events.next();
    await rm(gone(run), { recursive: true });
    const rest = async () => {
      while (!(await events.next()).done);
    };
    await expect(rest()).rejects.toThrow(/was removed while it was at work, so nothing is left of it/);
    expect(await run.kept()).toBe(false);
    await run.close();
    expect(existsSync(gone(run))).toBe(false);
  }
});

test('a file in the place of a folder is one sentence', async () => {
  await mkdir(where);
  await writeFile(path.join(where, 'file'), '');
  await expect(probeFolder(path.join(where, 'file'), 0)).rejects.toThrow(/it is a file; choose another/);
  await expect(probeFolder(path.join(where, 'file', 'a', 'b'), 0)).rejects.toThrow(
    /file is a file|part of its/,
  );
  await expect(probeFile(where)).rejects.toThrow(/it is a folder; name a file/);
});

test('a run that came with the folder runs no script and writes nowhere else unless its user agreed', async () => {
  const base = await workspaceWithPlan(where);
  const script = { metric: 'script' as const, value: 60, relative: true, command: 'touch OWNED' };
  const plan = { ...base, targets: [script], report: '.git/hooks/pre-commit', out: '../elsewhere' };
  // as a clone brings it: the same files, and nothing noted of them
  const folder = path.join(where, '.espalier', 'runs', 'theirs');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'run.json'), JSON.stringify(plan));
  const asked: string[] = [];
  const ports = { ...fakeServices(), script: async (command: string) => asked.push(command) };
  const { run } = await RunFolder.open(folder);
  const deeds = await deedsOf(run, plan);
  expect(deeds.map(({ what }) => what)).toEqual([
    'touch OWNED',
    path.join(where, '../elsewhere'),
    path.join(where, '.git/hooks/pre-commit'),
  ]);
  await expect(runPrune(run, plan, ports).next()).rejects.toThrow(
    'the run theirs was not planned here and runs the command "touch OWNED"; to let it, repeat its --target',
  );
  await consent(run, deeds.slice(0, 1));
  await expect(runPrune(run, plan, ports).next()).rejects.toThrow(/writes .*elsewhere/);
  expect(asked).toEqual([]);
  expect(existsSync(path.join(where, '../elsewhere'))).toBe(false);
  await consent(run, deeds);
  expect(await unconsented(run, deeds)).toEqual([]);
  await expect(runPrune(run, plan, ports).next()).resolves.toMatchObject({ done: false });
  await run.close();
  // another folder, another command: asked anew
  expect(await unconsented(run, [{ kind: 'script', what: 'touch OWNED2' }])).toHaveLength(1);
  // one that is planned here needs nothing
  const own = await RunFolder.create(where, plan);
  expect(await unconsented(own, await deedsOf(own, plan))).toEqual([]);
  await own.close();
});

test('a link in the folder of a run, or out of the workspace, is not followed', async () => {
  const plan = await workspaceWithPlan(where);
  const run = await RunFolder.create(where, plan);
  await run.close();
  await writeFile(path.join(where, 'precious'), 'mine');
  await symlink(path.join(where, 'precious'), run.file('events.jsonl'));
  await expect(RunFolder.open(run.folder)).rejects.toThrow(/events.jsonl is a link or no plain file/);
  expect(await readFile(path.join(where, 'precious'), 'utf8')).toBe('mine');
  await symlink(os.tmpdir(), path.join(where, 'away'));
  expect(await deedsOf(run, { ...plan, out: 'away/x' })).toMatchObject([{ kind: 'write' }]);
  expect(await readdir(run.folder)).not.toContain('lock');
});

test.each(['.espalier', '.espalier/runs', '.espalier/runs/net-drawn-1'])(
  'a link in the place of %s has nothing written where it leads',
  async (name) => {
    const plan = await workspaceWithPlan(where);
    const away = `${where}-away`;
    const run = await RunFolder.create(where, plan);
    await run.close();
    await rename(path.join(where, name), away);
    await symlink(away, path.join(where, name));
    const before = await readdir(away, { recursive: true });
    if (name !== '.espalier/runs/net-drawn-1')
      await expect(RunFolder.create(where, plan)).rejects.toThrow(`${path.join(where, name)} is a link`);
    await expect(RunFolder.open(run.folder)).rejects.toThrow(`${path.join(where, name)} is a link`);
    expect(await readdir(away, { recursive: true })).toEqual(before);
  },
);

test('a training does not follow a link in the place of its folder', async () => {
  const away = `${where}-away`;
  await mkdir(away);
  for (const name of ['.espalier', '.espalier/training', '.espalier/training/net.h5']) {
    await mkdir(path.join(where, path.dirname(name)), { recursive: true });
    await symlink(away, path.join(where, name));
    await expect(TrainingFolder.open(path.join(where, 'net.h5'), {}, {})).rejects.toThrow('is a link');
    await rm(path.join(where, name));
  }
  expect(await readdir(away)).toEqual([]);
});

// Windows has no pipes among its files
test.skipIf(process.platform === 'win32')(
  'a pipe or device in the place of a file of a run is refused, and keeps nobody waiting',
  async () => {
    const plan = await workspaceWithPlan(where);
    const pipe = async (name: string) => {
      const run = await RunFolder.create(where, plan);
      await run.checkpoint({}, new Map());
      await run.close();
      await rm(run.file(name), { recursive: true, force: true });
      execFileSync('mkfifo', [run.file(name)]);
      return run;
    };
    const plans = await pipe('run.json');
    await expect(RunFolder.open(plans.folder)).rejects.toThrow(/run.json can't be read/);
    const events = await pipe('events.jsonl');
    await expect(RunFolder.open(events.folder)).rejects.toThrow(/no plain file/);
    const locked = await pipe('lock');
    await expect(RunFolder.open(locked.folder)).rejects.toThrow(/no plain file/);
    await pipe('engine.json');
    const stuck = await pipe('checkpoint/arrays.bin');
    const { run } = await RunFolder.open(stuck.folder);
    await expect(run.resume()).rejects.toThrow(/checkpoint can't be read.*it is a pipe, not a file/);
    await run.close();
    // lists and the search for the last run look at every folder
    await listRuns(where);
    await RunFolder.latest(where);
  },
);

test('what a process that was killed left of a model in writing goes when the run is opened again', async () => {
  const plan = await workspaceWithPlan(where);
  const run = await RunFolder.create(where, plan);
  await run.close();
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  const [left, another] = [gone, process.pid].map((pid) => run.file(`writing-${pid}-0123456789ab`));
  for (const folder of [left, another]) {
    await mkdir(folder);
    await writeFile(path.join(folder, 'model.h5'), '');
  }
  const { run: again } = await RunFolder.open(run.folder);
  await again.close();
  expect([existsSync(left), existsSync(another)]).toEqual([false, true]);
});
