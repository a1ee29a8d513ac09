// Real runs on pictures without classes, from the set to the written model, and what is done with it afterwards.
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/files.ts';
import { saveModel } from '../../src/formats/index.ts';
import { createNetwork } from '../../src/formats/networks/index.ts';
import { Random } from '../../src/graph/random.ts';
import { makePlan } from '../../src/run/plan/make-plan.ts';
import type { Plan } from '../../src/run/plan/plan.ts';
import { runPrune } from '../../src/run/prune.ts';
import { applyConfig } from '../../src/run/rebuild/apply.ts';
import { originalOf } from '../../src/run/rebuild/original.ts';
import { verifyConfig } from '../../src/run/rebuild/verify.ts';
import { defaultPorts } from '../../src/run/steps/default-ports.ts';
import { readEvents, RunFolder } from '../../src/run/store/folder.ts';
import { picture, temporaryFolder, writeFolder } from '../data/fixtures.ts';
import type { Files } from '../data/fixtures.ts';
import { aPiece } from './story.ts';

const parent = temporaryFolder();

/** A folder with a small network and pictures without classes. */
async function workspace(name: string): Promise<string> {
  const where = path.join(parent, name);
  mkdirSync(where, { recursive: true });
  const net = createNetwork('resnet8', { inputShape: [16, 16, 3], classes: 4, width: 0.5, seed: 1 });
  await saveModel(net, net.graph, net.weights, path.join(where, 'net.h5'));
  const files: Files = {};
  const random = new Random(4);
  for (let i = 0; i < 60; i++) {
    const colour = [0, 1, 2].map(() => random.integer(0, 255));
    files[`photos/${i}.png`] = await picture('png', colour, 16, 16);
  }
  writeFolder(where, files);
  return where;
}

async function planOf(where: string, changes: Partial<Plan> = {}): Promise<Plan> {
  const plan = await makePlan(where, {
    model: path.join(where, 'net.h5'),
    data: { path: path.join(where, 'photos'), preprocess: 'unit' },
    targets: [{ metric: 'macs', value: 60, relative: true }],
    out: path.join(where, 'out'),
    method: 'taylor',
    seed: 1,
    effort: 'quick',
    roundTo: 1,
    settings: {},
    freeze: [],
    controls: [],
    fineTuneEpochs: 2,
    backend: 'auto',
    threads: 1,
    measureLatency: false,
  });
  return { ...plan, ...changes };
}

async function whole(where: string, changes: Partial<Plan> = {}): Promise<RunFolder> {
  const plan = await planOf(where, changes);
  const run = await RunFolder.create(where, plan);
  const events = runPrune(run, plan, defaultPorts);
  while (!(await events.next()).done);
  await run.close();
  return run;
}

const written = (where: string) =>
  ['net.pruned.h5', 'net.espalier.json'].map((name) => readFileSync(path.join(where, 'out', name)));

describe('a run on pictures without classes', () => {
  it('ends in a model, a config that says so, and events that call it agreement', async () => {
    const where = await workspace('whole');
    const { folder } = await whole(where);
    const config = await readConfig(path.join(where, 'out', 'net.espalier.json'));
    expect(config.data).toMatchObject({ unlabelled: true, train: 49, validation: 5, test: 6 });
    expect(config.data!.classes).toBeUndefined();
    expect(config.accuracy.original).toMatchObject({ accuracy: 100, measure: 'agreement', images: 5 });
    expect(config.accuracy.fineTuned!.measure).toBe('agreement');
    expect(config.learns).toEqual([{ output: expect.any(String), by: 'answers', loss: 'KL divergence' }]);
    expect(config.fineTuning).not.toHaveProperty('distillation');
    const { events } = await readEvents(folder);
    expect(events.find(({ type }) => type === 'data')).toMatchObject({
      unlabelled: true,
      taught: [],
      classes: [],
    });
    const samples = events.find((event) => event.type === 'samples')!.samples;
    expect(samples.every(({ label, before }) => label === undefined && /^class \d$/.test(before))).toBe(true);

    const file = path.join(where, 'out', 'net.espalier.json');
    const data = { path: path.join(where, 'photos'), preprocess: 'auto' };
    const roots = [where];
    const { ok, checks } = await verifyConfig(file, { data, threads: 1, roots });
    expect(checks.filter((check) => !check.ok)).toEqual([]);
    expect(ok).toBe(true);
    const again = path.join(where, 'again.h5');
    await applyConfig(file, { out: again, data, threads: 1, roots });
    expect(readFileSync(again).equals(written(where)[0])).toBe(true);
    expect(await originalOf(path.join(where, 'out', 'net.pruned.h5'), { roots })).toBe(
      path.join(where, 'net.h5'),
    );
    expect(await originalOf(path.join(where, 'net.h5'))).toBeNull();
  });

  it('stopped again and again and gone on with, it ends with the same bytes', async () => {
    const changes: Partial<Plan> = { method: 'l1', controls: ['uniform'] };
    const [at, pieces] = [await workspace('at-once'), await workspace('pieces')];
    await whole(at, changes);
    const plan = await planOf(pieces, changes);
    let run = await RunFolder.create(pieces, plan);
    const random = new Random(2);
    let stops = 0;
    while (!(await aPiece(run, plan, 0, random.integer(4, 14), defaultPorts))) {
      stops++;
      ({ run } = await RunFolder.open(run.folder));
    }
    expect(stops).toBeGreaterThan(2);
    const [model, config] = written(at);
    const [otherModel, otherConfig] = written(pieces);
    expect(otherConfig.toString()).toBe(config.toString());
    expect(otherModel.equals(model)).toBe(true);
  });
});
