import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../../src/config/files.ts';
import { Occupied, writeFiles } from '../../../src/formats/files.ts';
import { createNetwork, loadModel, saveModel } from '../../../src/formats/index.ts';
import { applyConfig } from '../../../src/run/rebuild/apply.ts';
import { RunFolder } from '../../../src/run/store/folder.ts';
import { logOf } from '../../../src/run/store/event-log.ts';
import { hashModel } from '../../../src/formats/identity.ts';
import { Models } from '../../../src/run/result/model-cache.ts';
import { inTheWay, withOwnNames } from '../../../src/run/result/output-names.ts';
import type { Plan } from '../../../src/run/plan/plan.ts';
import { methodNamed, methods } from '../../../src/methods/index.ts';
import type { Method } from '../../../src/methods/types.ts';
import { runPrune } from '../../../src/run/prune.ts';
import type { RunResult } from '../../../src/run/prune.ts';
import { verifyConfig } from '../../../src/run/rebuild/verify.ts';
import { summariseRun } from '../../../src/run/store/list-runs.ts';
import { writeCandidate } from '../../../src/run/result/write.ts';
import { fakeServices, workspaceWithPlan } from '../fake.ts';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-outputs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const quick: Partial<Plan> = { controls: [], fineTuneEpochs: 1, settings: { rounds: 2 } };
const fresh = () => path.join(folder, String(count++));
const sha256 = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

/** Works on a planned run to its end. */
async function finish(run: RunFolder, plan: Plan, ports = fakeServices()): Promise<RunResult> {
  const events = runPrune(run, plan, ports);
  try {
    for (;;) {
      const next = await events.next();
      if (next.done) return next.value;
    }
  } finally {
    await run.close();
  }
}

async function go(where: string, plan: Plan): Promise<{ run: RunFolder; result: RunResult }> {
  const run = await RunFolder.create(where, plan);
  return { run, result: await finish(run, plan) };
}

describe('a run has files of its own', () => {
  test('three runs planned on one model write six files, each its own', async () => {
    const where = fresh();
    const runs: { run: RunFolder; plan: Plan }[] = [];
    // all planned before the first has written anything, as a queue is
    for (const change of [{ seed: 1 }, { seed: 2 }, { method: 'other' }]) {
      const plan = await withOwnNames(where, await workspaceWithPlan(where, { ...quick, ...change }));
      const run = await RunFolder.create(where, plan);
      await run.close();
      runs.push({ run, plan });
    }
    expect(runs.map(({ plan }) => plan.label)).toEqual([undefined, 'drawn', 'other']);
    for (const { run, plan } of runs) await finish((await RunFolder.open(run.folder)).run, plan);
    expect((await readdir(path.join(where, 'out'))).sort()).toEqual([
      'net.drawn.espalier.json',
      'net.drawn.pruned.h5',
      'net.espalier.json',
      'net.other.espalier.json',
      'net.other.pruned.h5',
      'net.pruned.h5',
    ]);
    for (const { run, plan } of runs) {
      const { written } = await summariseRun(run.folder);
      const config = await readConfig(written!.config);
      expect([config.method.name, config.method.seed]).toEqual([plan.method, plan.seed]);
      expect(config.pruned!.path).toBe(path.basename(written!.model));
      // the record says what lies there
      expect(written!.sha256).toEqual({
        config: await sha256(written!.config),
        model: await hashModel(written!.model),
        report: await sha256(written!.report!),
      });
      expect(written!.now).toEqual({ config: 'same', model: 'same', report: 'same', instead: null });
    }
  });

  test('what another wrote since, or took away, is told, with what is there instead', async () => {
    const where = fresh();
    const { run, result } = await go(where, await workspaceWithPlan(where, quick));
    const other = await go(where, await workspaceWithPlan(where, { ...quick, method: 'other', out: 'b' }));
    await writeFile(result.configFile, await readFile(other.result.configFile));
    await rm(result.modelFile);
    const { now } = (await summariseRun(run.folder)).written!;
    expect(now).toMatchObject({ config: 'changed', model: 'missing', report: 'same' });
    expect(now.instead).toMatch(/^other, seed 7, [\d.]+ M MACs$/);
    // a model of the same size, put there by hand
    await writeFile(result.modelFile, await readFile(other.result.modelFile));
    expect((await summariseRun(run.folder)).written!.now.model).toBe('changed');
  });

  test('what came to stand there while it ran is left alone; the result takes another name', async () => {
    const where = fresh();
    const plan = await workspaceWithPlan(where, { ...quick, report: 'out/report.html' });
    const run = await RunFolder.create(where, plan);
    await mkdir(path.join(where, 'out'));
    await writeFile(path.join(where, 'out/net.espalier.json'), 'mine');
    await writeFile(path.join(where, 'out/report.html'), 'mine too');
    const result = await finish(run, plan);
    expect(path.basename(result.configFile)).toBe('net.drawn.espalier.json');
    expect(path.basename(result.modelFile)).toBe('net.drawn.pruned.h5');
    expect(path.basename(result.reportFile)).toBe('report-2.html');
    expect(await readFile(path.join(where, 'out/net.espalier.json'), 'utf8')).toBe('mine');
    expect(await readFile(path.join(where, 'out/report.html'), 'utf8')).toBe('mine too');
    expect(result.report.warnings.join()).toMatch(/another's by now and was left alone/);
    // nothing half-written, there or in the run's folder
    for (const place of [path.join(where, 'out'), run.folder])
      expect((await readdir(place)).filter((name) => /tmp|writing/.test(name))).toEqual([]);
  });

  test('class names that belong to the model go with it, and overwrite nobody else’s', async () => {
    const where = fresh();
    const plan = await workspaceWithPlan(where, { ...quick, data: undefined, controls: [] });
    await writeFile(path.join(where, 'labels.txt'), 'd\nb\na\nc\n');
    await writeFile(path.join(where, 'net.class_names.json'), '["d", "b", "a", "c"]');
    await mkdir(path.join(where, 'out'));
    await writeFile(path.join(where, 'out/labels.txt'), 'mine');
    const { run, result } = await go(where, plan);
    const names = ['net.pruned.class_names.json', 'net.pruned.labels.txt'];
    expect(result.besideFiles.map((file) => path.basename(file))).toEqual(names);
    expect(await readFile(path.join(where, 'out/net.pruned.labels.txt'), 'utf8')).toBe('d\nb\na\nc\n');
    expect(await readFile(path.join(where, 'out/labels.txt'), 'utf8')).toBe('mine');
    const recorded = (await readConfig(result.configFile)).pruned!.beside!;
    expect(recorded.map((one) => one.path)).toEqual(names);
    const written = (await summariseRun(run.folder)).written!;
    expect(written.beside).toEqual([...result.besideFiles]);
    expect(written.sha256!.beside).toEqual(recorded.map(({ sha256 }) => sha256));
    expect(written.now.beside).toEqual(['same', 'same']);
    expect((await verifyConfig(result.configFile, { roots: [where] })).ok).toBe(true);
    await writeFile(result.besideFiles[1], 'another');
    expect((await summariseRun(run.folder)).written!.now.beside).toEqual(['same', 'changed']);
    const { ok, checks } = await verifyConfig(result.configFile, { roots: [where] });
    expect(ok).toBe(false);
    expect(checks.filter((check) => !check.ok).map(({ what }) => what)).toEqual([`${names[1]}, SHA-256`]);
    // the pruned model has the names that the original has, and so has one that is rebuilt
    expect((await loadModel(result.modelFile)).labels).toEqual(['d', 'b', 'a', 'c']);
    await rm(result.modelFile);
    await rm(path.join(where, 'out', names[1]));
    const applied = await applyConfig(result.configFile, { roots: [where] });
    expect(applied.outcome).toBe('same');
    expect(applied.beside.map((file) => path.basename(file))).toEqual(names);
    expect((await readdir(path.join(where, 'out'))).sort()).toEqual(
      ['labels.txt', 'net.espalier.json', ...names, 'net.pruned.h5'].sort(),
    );
  });

  test('the same plan again writes the same files; what the user gave up is overwritten, and only that', async () => {
    const where = fresh();
    const bare = { data: undefined, controls: [], fineTuneEpochs: 0, settings: { rounds: 2 } };
    const plan = await workspaceWithPlan(where, { ...bare, report: 'out/report.html' });
    const first = await go(where, plan);
    const { found: none, own } = await inTheWay(where, plan);
    expect(none).toEqual([]);
    const again = await go(where, { ...plan, replaces: [...own] });
    expect(again.result.configFile).toBe(first.result.configFile);
    expect(again.result.reportFile).toBe(first.result.reportFile);
    expect((await readdir(path.join(where, 'out'))).length).toBe(4);
    const another = { ...plan, seed: 8 };
    const { found } = await inTheWay(where, another);
    expect(found.map(({ file }) => path.basename(file))).toEqual([
      'net.espalier.json',
      'net.pruned.h5',
      'report.html',
      'report.md',
    ]);
    const forced = { ...another, replaces: found.map((one) => one.sha256!) };
    const run = await RunFolder.create(where, forced);
    // not what was there when it was agreed to
    await writeFile(path.join(where, 'out/report.html'), 'written since');
    const { configFile, reportFile } = await finish(run, forced);
    expect((await readConfig(configFile)).method.seed).toBe(8);
    expect(configFile).toBe(first.result.configFile);
    expect(path.basename(reportFile)).toBe('report-2.html');
  });

  test('by force, another processor’s result of the very same plan is overwritten, and without it left alone', async () => {
    const where = fresh();
    const bare = { data: undefined, controls: [], fineTuneEpochs: 0, settings: { rounds: 2 } };
    const plan = await workspaceWithPlan(where, bare);
    const first = await go(where, plan);
    const config = await readFile(first.result.configFile, 'utf8');
    // as another processor would have come to it
    await writeFile(
      first.result.configFile,
      config.replace(/("pruned": {[^}]*"sha256": ")[0-9a-f]{4}/, '$10000'),
    );
    const { found, own, earlier } = await inTheWay(where, plan);
    expect(found).toEqual([]);
    const beside = await go(where, { ...plan, replaces: [...own] });
    expect(beside.result.configFile).not.toBe(first.result.configFile);
    const forced = await go(where, { ...plan, replaces: [...own, ...earlier] });
    expect(forced.result.configFile).toBe(first.result.configFile);
    expect(await readFile(first.result.configFile, 'utf8')).toBe(config);
  });

  test('a run at work in another process has its names', async () => {
    const where = fresh();
    const plan = await workspaceWithPlan(where, quick);
    const run = await RunFolder.create(where, plan);
    try {
      const found = async (other: Plan) => (await inTheWay(where, other)).found;
      expect(await found({ ...plan, seed: 8 })).toMatchObject([{ run: run.id, sha256: null }]);
      expect(await found({ ...plan, seed: 8, out: 'elsewhere' })).toEqual([]);
    } finally {
      await run.close();
    }
  });

  test('a TensorFlow.js model: the whole folder is its own', async () => {
    const where = fresh();
    const made = createNetwork('cnn4', { inputShape: [8, 8, 1], classes: 4, width: 0.25, seed: 1 });
    const source = path.join(where, 'net/model.json');
    await saveModel(made, made.graph, made.weights, source);
    const plan = {
      ...(await workspaceWithPlan(where, quick)),
      model: { path: 'net/model.json', sha256: await hashModel(source) },
    };
    // somebody's weights, without a model.json beside them
    await mkdir(path.join(where, 'out/net.pruned'), { recursive: true });
    await writeFile(path.join(where, 'out/net.pruned/group1-shard1of1.bin'), 'theirs');
    expect((await withOwnNames(where, plan)).label).toBe('drawn');
    const { run, result } = await go(where, plan);
    expect(path.relative(where, result.modelFile)).toBe(path.join('out', 'net.drawn.pruned', 'model.json'));
    expect(await readFile(path.join(where, 'out/net.pruned/group1-shard1of1.bin'), 'utf8')).toBe('theirs');
    expect((await summariseRun(run.folder)).written!.now.model).toBe('same');
    // one weight file changed, the model.json as it was
    const shard = (await readdir(path.dirname(result.modelFile))).find((name) => name.endsWith('.bin'))!;
    const file = path.join(path.dirname(result.modelFile), shard);
    const bytes = await readFile(file);
    bytes[0] ^= 1;
    await writeFile(file, bytes);
    expect((await summariseRun(run.folder)).written!.now.model).toBe('changed');
  });

  test.each([...methods.values()].filter(({ needsImages }) => needsImages).map(({ name }) => name))(
    'the result of %s, written once more, is what the run wrote, whatever its training was asked to do',
    async (name) => {
      const where = fresh();
      const plan = await workspaceWithPlan(where, {
        ...{ method: name, controls: [], fineTuneEpochs: 1 },
        data: { path: 'images', preprocess: 'auto', augment: { flip: true, shift: 3 } },
      });
      // its own settings, and a search that needs no backend
      const ports = fakeServices();
      const drawn = await ports.method('drawn');
      const run: Method['run'] = (context) => drawn.run({ ...context, settings: { rounds: 2 } });
      const method = async () => ({ ...methodNamed(name), run });
      const folder = await RunFolder.create(where, plan);
      const result = await finish(folder, plan, { ...ports, method });
      const log = logOf(folder.folder);
      await log.refresh();
      const { id } = log.data.arms.find(({ arm }) => arm === name)!.chosen!;
      const out = path.join(where, 'again');
      const again = await writeCandidate(folder.folder, { arm: name, id }, out, new Models());
      const config = await readConfig(again.config);
      // those that train by themselves vary the images as they were asked to
      if ('flip' in config.settings) expect(config.settings).toMatchObject({ flip: true, shift: 3 });
      // these images are nowhere, so that no path leads to them
      const nowhere = (one: typeof config) => ({ ...one, data: { ...one.data, path: '' } });
      expect(nowhere(config)).toEqual(nowhere(await readConfig(result.configFile)));
    },
  );

  test('another candidate, written into the same folder, takes nothing from the result', async () => {
    const where = fresh();
    const plan = await workspaceWithPlan(where, {
      ...{ data: undefined, fineTuneEpochs: 0 },
      ...{ method: 'random', controls: ['l1'] },
    });
    const run = await RunFolder.create(where, plan);
    const ports = { ...fakeServices(), method: async (name: string) => methodNamed(name) };
    const result = await finish(run, plan, ports);
    const before = await Promise.all([result.configFile, result.modelFile].map(sha256));
    const names: string[] = [];
    for (const arm of ['random', 'l1']) {
      const which = { arm, id: 0 };
      const written = await writeCandidate(run.folder, which, path.join(where, 'out'), new Models());
      expect(written.sha256.config).toBe(await sha256(written.config));
      names.push(path.basename(written.config));
      // a second time: the same bytes, the same names
      const again = await writeCandidate(run.folder, which, path.join(where, 'out'), new Models());
      expect(again).toEqual(written);
    }
    expect(names).toEqual(['net.espalier.json', 'net.l1-0.espalier.json']);
    expect(await Promise.all([result.configFile, result.modelFile].map(sha256))).toEqual(before);
  });
});

test('a fresh file never takes the place of another, and leaves nothing where one of them does', async () => {
  const where = fresh();
  await mkdir(where);
  const [a, b] = [path.join(where, 'a'), path.join(where, 'b')];
  await writeFile(b, 'theirs');
  const bytes = Buffer.from('ours');
  await expect(
    writeFiles(
      [
        [a, bytes],
        [b, bytes],
      ],
      undefined,
      true,
    ),
  ).rejects.toThrow(Occupied);
  expect(await readdir(where)).toEqual(['b']);
  expect(await readFile(b, 'utf8')).toBe('theirs');
});
