import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNetwork, saveModel } from '../../../src/formats/index.ts';
import { methodNamed } from '../../../src/methods/index.ts';
import { diffMarkdown, diffPage } from '../../../src/report/diff.ts';
import { compareWhole as compare } from '../../../src/run/rebuild/facts.ts';
import { RunFolder } from '../../../src/run/store/folder.ts';
import { Models } from '../../../src/run/result/model-cache.ts';
import { runPrune } from '../../../src/run/prune.ts';
import { fakeServices, workspaceWithPlan } from '../fake.ts';

let folder: string;
let model: string;
let config: string;
let text: string;
let runFolder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-compare-'));
  const bare = { data: undefined, controls: [], fineTuneEpochs: 0, out: '.', method: 'l1' };
  const plan = await workspaceWithPlan(folder, bare);
  const run = await RunFolder.create(folder, plan);
  runFolder = run.folder;
  const ports = { ...fakeServices(), method: async (name: string) => methodNamed(name) };
  const events = runPrune(run, plan, ports);
  while (!(await events.next()).done);
  await run.close();
  model = path.join(folder, 'net.h5');
  config = path.join(folder, 'net.espalier.json');
  text = await readFile(config, 'utf8');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const both = (file = config) =>
  [{ kind: 'model', file: model } as const, { kind: 'config', file } as const] as const;

test('a config that tells the truth gives no warning', async () => {
  expect((await compare(...both(), new Models())).warnings).toEqual([]);
});

test('costs that a config claims and its channels do not have are said; what is shown is computed', async () => {
  const lying = path.join(folder, 'lying.espalier.json');
  await writeFile(lying, text.replace(/("after": \{ "macs": )\d+/, '$17'));
  const told = await compare(...both(lying), new Models());
  const { total } = (await compare(...both(), new Models())).diff;
  expect(told.diff.total).toEqual(total);
  expect(told.warnings).toEqual([
    `lying.espalier.json says 7 macs after pruning, but its channels give ${total.b.macs}`,
  ]);
});

test('a source that is another network of the same shape is said, in every form of the diff', async () => {
  const other = createNetwork('cnn4', { inputShape: [8, 8, 1], classes: 4, width: 0.25, seed: 2 });
  const original = await readFile(model);
  try {
    await saveModel(other, other.graph, other.weights, model);
    const { diff, labels, facts, warnings } = await compare(...both(), new Models());
    expect(warnings).toEqual([
      'net.h5 is not the model that net.espalier.json was made from (its SHA-256 differs): what is shown may be of another network',
    ]);
    expect(diffMarkdown(diff, labels, facts, warnings)).toMatch(
      /^\*\*Warning:\*\* net\.h5 is not the model/m,
    );
    expect(diffPage(diff, labels, facts, warnings)).toContain(
      'net.h5 is not the model that net.espalier.json',
    );
    const markup = diffMarkdown(diff, labels, facts, ['<img> [a](b) `c`']);
    expect(markup).toContain('\\<img\\> \\[a\\](b) \\`c\\`');
    expect(diffPage(diff, labels, facts, ['<img>'])).not.toContain('<img>');
  } finally {
    await writeFile(model, original);
  }
});

test('the goal of a run and of the config that it wrote does not differ', async () => {
  const events = (await readFile(path.join(runFolder, 'events.jsonl'), 'utf8')).trim().split('\n');
  const chosen = events
    .map((line) => JSON.parse(line) as { type: string; arm: string; candidate: { id: number } })
    .find(({ type }) => type === 'chosen')!;
  const { arm, candidate } = chosen;
  const side = { kind: 'candidate', run: runFolder, arm, id: candidate.id } as const;
  const { facts } = await compare(side, { kind: 'config', file: config }, new Models());
  expect(facts.about.map(({ id }) => id)).toContain('method');
  expect(facts.about.filter(({ id }) => id === 'goal')).toEqual([]);
});

test('a source outside is not read', async () => {
  const outside = path.join(folder, 'outside.espalier.json');
  await writeFile(outside, text.replace('"path": "net.h5"', '"path": "../../etc/hosts"'));
  await expect(compare(...both(outside), new Models())).rejects.toThrow(/source\.path .* leads out/);
  const named = await compare(...both(outside), new Models(), { source: model });
  expect(named.warnings).toEqual([]);
});
