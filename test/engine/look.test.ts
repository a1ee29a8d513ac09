import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/formats/index.ts';
import { readConfig } from '../../src/config/files.ts';
import { buildPrograms, draftFor, espalier, exitOf, root, startLook, workspace } from './engine.ts';
import type { Built, Looking } from './engine.ts';
import { protocolVersion } from '../../src/protocol/contract.ts';
import { picture, writeFolder } from '../data/fixtures.ts';
import type { Files } from '../data/fixtures.ts';

let built: Built;
let engine: Looking;
let folder: string;
let model: string;

beforeAll(async () => {
  built = await buildPrograms();
  engine = startLook(built.engine);
  folder = workspace();
  model = path.join(folder, 'model.h5');
});
afterAll(async () => {
  await engine.end();
  built.remove();
  rmSync(folder, { recursive: true, force: true });
});

it('says who it is, and refuses another version in a sentence', async () => {
  const hello = await engine.ask('hello', { protocol: protocolVersion });
  expect(hello.pid).toBe(engine.child.pid);
  expect(hello.methods.map(({ name }) => name)).toEqual(expect.arrayContaining(['rewarded-meta', 'l1']));
  expect(hello.preprocesses).toContain('auto');
  await expect(engine.ask('hello', { protocol: 99 })).rejects.toMatchObject({
    kind: 'input',
    message: expect.stringMatching(/version 99 .* reload the window/),
  });
});

it('refuses what is no message of the contract, and goes on', async () => {
  await expect(engine.connection.sendRequest('inspect', { model: 7 })).rejects.toThrow(/inspect .*model/);
  await expect(engine.connection.sendRequest('train', {})).rejects.toThrow();
  await expect(
    engine.ask('inspect', { model: path.join(folder, 'nope.h5'), freeze: [], interiorOutputs: false }),
  ).rejects.toMatchObject({
    kind: 'input',
    message: expect.stringMatching(/there is no model/),
  });
  expect((await engine.ask('hello', { protocol: protocolVersion })).protocol).toBe(protocolVersion);
});

it('inspects as the command line does', async () => {
  const seen = await engine.ask('inspect', { model, freeze: ['stem_conv'], interiorOutputs: false });
  const told = JSON.parse(espalier(built.cli, folder, 'inspect', model, '--freeze', 'stem_conv', '--json'));
  expect(seen.cost.macs).toBe(told.macs);
  expect(seen.layers.map(({ layer, macs, params }) => [layer, macs, params])).toEqual(
    told.layers.map(({ layer, macs, params }: Record<string, unknown>) => [layer, macs, params]),
  );
  expect(seen.groups.map(({ id, frozen }) => [id, frozen])).toEqual(
    told.groups.map(({ id, reason }: Record<string, unknown>) => [id, reason]),
  );
  // what passes channels on is of the group that makes them
  const of = (layer: string) => seen.layers.find((one) => one.layer === layer)!;
  expect(of('stem_relu').group).toBe(of('stem_conv').group);
  expect(of('stem_relu').width).toBeNull();
  expect(of('stem_conv').width).toBe(16);
  expect(seen.fileBytes).toBe(readFileSync(model).length);
});

it('finds the images near the model, and passes over what is none', async () => {
  const far = path.join(folder, 'a/b');
  for (const name of ['cats', 'dogs']) mkdirSync(path.join(far, 'pets/train', name), { recursive: true });
  for (const name of ['cats', 'dogs']) writeFileSync(path.join(far, 'pets/train', name, '1.jpg'), 'x');
  mkdirSync(path.join(folder, 'node_modules/pets'), { recursive: true });
  cpSync(path.join(far, 'pets'), path.join(folder, 'node_modules/pets'), { recursive: true });
  writeFileSync(path.join(folder, 'notes.zip'), 'no archive');
  const { found } = await engine.ask('findData', { folders: [folder], model });
  expect(found).toEqual([
    // the sets of ten classes, as the network has, come first
    { path: path.join(folder, 'garden.zip'), form: 'zip', images: 3800, classes: 10 },
    { path: path.join(far, 'pets'), form: 'folder', classes: 2 },
  ]);
});

it('says what an image set is without decoding it whole', async () => {
  const seen = await engine.ask('openData', { path: path.join(folder, 'garden.zip'), model });
  expect(seen).toMatchObject({
    form: 'zip',
    train: 2700,
    validation: 300,
    test: 800,
    shape: [28, 28, 3],
    broken: 0,
  });
  expect(seen.classes).toHaveLength(10);
  await expect(engine.ask('openData', { path: path.join(folder, 'notes.zip'), model })).rejects.toMatchObject(
    { kind: 'input' },
  );
});

describe('a network of several outputs', () => {
  const two = path.join(root, 'test/fixtures/people/two.keras');
  const assess = async (labelsOf?: string) => {
    const { data } = draftFor(folder);
    const draft = draftFor(folder, { model: two, method: 'l1', settings: {}, data: { ...data!, labelsOf } });
    const { problems, notes } = await engine.ask('assess', { draft, measure: false });
    return { problems, said: notes.map(({ text }) => text).join('\n') };
  };

  it('says which of them labels could be of, and which fits best', async () => {
    const set = { path: path.join(folder, 'garden.zip'), model: two };
    const { outputs } = await engine.ask('openData', set);
    expect(outputs).toEqual({ able: ['brightness', 'kind'], best: 'kind' });
    expect((await engine.ask('openData', { ...set, model })).outputs).toBeUndefined();
  });

  it('takes the one that was chosen, and says of one that is not there that it is none', async () => {
    expect((await assess()).said).toContain('labels are of "kind"');
    expect(await assess('kind')).toMatchObject({ problems: [] });
    expect((await assess('size')).problems.join()).toContain('no output "size"');
    // one unit tells two classes apart, and there are ten
    expect((await assess('brightness')).problems).toHaveLength(1);
  });

  it('makes a plan that a run goes by', async () => {
    const { data } = draftFor(folder);
    const draft = draftFor(folder, {
      model: two,
      method: 'l1',
      settings: {},
      data: { ...data!, labelsOf: 'kind' },
    });
    const { folder: made } = await engine.ask('create', { draft });
    const plan = JSON.parse(readFileSync(path.join(made, 'run.json'), 'utf8'));
    expect(plan.data.labelsOf).toBe('kind');
    rmSync(made, { recursive: true });
  });
});

describe('images without classes', () => {
  let photos: string;
  beforeAll(async () => {
    const files: Files = {};
    for (let i = 0; i < 20; i++) files[`photos/${i}.png`] = await picture('png', [i, 3 * i, 99], 28, 28);
    writeFolder(folder, files);
    photos = path.join(folder, 'photos');
  });

  it('are taken so by their structure, or where that is asked', async () => {
    const flat = await engine.ask('openData', { path: photos, model });
    expect(flat).toMatchObject({ unlabelled: true, classes: [], train: 16, validation: 2, test: 2 });
    const garden = { path: path.join(folder, 'garden.zip'), model };
    const asked = await engine.ask('openData', { ...garden, noLabels: true });
    expect(asked).toMatchObject({ unlabelled: true, classes: [], train: 2700, validation: 300, test: 800 });
    expect((await engine.ask('openData', garden)).unlabelled).toBeUndefined();
  });

  it('are assessed and planned for, and their time is foretold', async () => {
    const draft = draftFor(folder, {
      method: 'l1',
      settings: {},
      data: { path: photos, preprocess: 'unit' },
    });
    const { problems, notes, seconds } = await engine.ask('assess', { draft, measure: true });
    expect(problems).toEqual([]);
    expect(notes.map(({ text }) => text).join()).toContain(
      'there are no labels: the original is the teacher, and accuracy is agreement with it',
    );
    expect(seconds).toBeGreaterThan(0);
    const given = draftFor(folder, { method: 'l1', settings: {}, data: { ...draft.data!, noLabels: true } });
    const { folder: made } = await engine.ask('create', { draft: given });
    expect(JSON.parse(readFileSync(path.join(made, 'run.json'), 'utf8')).data.noLabels).toBe(true);
    rmSync(made, { recursive: true });
  });
});

it('a frozen base is told in the words of the panel, not of the command line', async () => {
  const base = path.join(root, 'test/fixtures/people/transfer.keras');
  const draft = draftFor(folder, { model: base, method: 'l1', settings: {} });
  const said = async (keepFrozen?: boolean) =>
    (await engine.ask('assess', { draft: { ...draft, keepFrozen }, measure: false })).notes
      .map(({ text }) => text)
      .join();
  expect(await said()).toContain('trained after cutting all the same');
  expect(await said()).toContain('a choice under Advanced leaves them');
  expect(await said()).not.toContain('--keep');
  expect(await said(true)).toContain('stay so, as asked');
});

describe('assess', () => {
  it('agrees with the run on what can be reached', async () => {
    const targets = [
      { metric: 'macs' as const, value: 50, relative: true },
      { metric: 'params' as const, value: 1, relative: false },
      { metric: 'bytes' as const, value: 1e9, relative: false },
    ];
    const {
      targets: judged,
      problems,
      seconds,
    } = await engine.ask('assess', {
      draft: draftFor(folder, { targets }),
      measure: false,
    });
    expect(judged.map(({ reachable }) => reachable)).toEqual([true, false, false]);
    expect(judged[1].message).toMatch(/can't be reached; the nearest is params=/);
    expect(judged[2].message).toMatch(/within it already/);
    expect(judged[0].limit).toBe(judged[0].original! / 2);
    expect(problems).toEqual([]);
    expect(seconds).toBeNull();
    // the nearest that is named can be reached
    const [, nearest] = /params=([\d.]+)/.exec(judged[1].message)!;
    const again = await engine.ask('assess', {
      draft: draftFor(folder, { targets: [{ metric: 'params', value: Number(nearest), relative: false }] }),
      measure: false,
    });
    expect(again.targets[0].reachable).toBe(true);
  });

  it('names what keeps a run from starting', async () => {
    const pets = path.join(folder, 'a/b/pets');
    const problemsOf = async (given: Parameters<typeof draftFor>[1]) =>
      (await engine.ask('assess', { draft: draftFor(folder, given), measure: false })).problems.join('\n');
    expect(await problemsOf({ data: null })).toMatch(/learns from images/);
    expect(await problemsOf({ settings: { nonsense: 1 } })).toMatch(/nonsense/);
    expect(await problemsOf({ method: 'magic' })).toMatch(/there is no method "magic"/);
    expect(await problemsOf({ data: { path: path.join(folder, 'nope'), preprocess: 'auto' } })).toMatch(
      /nothing at/,
    );
    expect(await problemsOf({ freeze: ['stem_conv'], data: { path: pets, preprocess: 'auto' } })).toBe('');
  });

  it('predicts the time from what it measures here', async () => {
    const draft = draftFor(folder);
    const { seconds, basis } = await engine.ask('assess', { draft, measure: true });
    expect(seconds).toBeGreaterThan(1);
    expect(basis).toMatch(/images a second in training/);
    // twice the fine-tuning and a control arm take longer, and nothing is measured for that
    const longer = await engine.ask('assess', {
      draft: { ...draft, fineTuneEpochs: 4, controls: ['random'] },
      measure: false,
    });
    expect(longer.seconds).toBeGreaterThan(seconds!);
  });
});

describe('a run of the command line', () => {
  let run: string;

  beforeAll(async () => {
    espalier(
      built.cli,
      folder,
      'prune',
      'model.h5',
      '--target',
      'macs=50%',
      '--method',
      'l1',
      '--out',
      'out',
    );
    run = path.join(folder, '.espalier/runs/model-l1-1');
  });

  it('is listed, done, with what it wrote', async () => {
    const { runs } = await engine.ask('runs', { workspace: folder });
    expect(runs).toHaveLength(1);
    expect(runs[0]).toMatchObject({
      id: 'model-l1-1',
      status: 'done',
      method: 'l1',
      goal: 'macs ≤ 50%',
      candidates: 1,
      failure: null,
    });
    expect(existsSync(runs[0].written!.config)).toBe(true);
    expect(runs[0].result!.macsShare).toBeLessThanOrEqual(0.5);
  });

  it('is read in pages, without channels', async () => {
    const whole = await engine.ask('readRun', { folder: run, from: 0, most: 5000 });
    expect(whole.next).toBeNull();
    expect(whole.events.at(-1)?.type).toBe('done');
    expect(JSON.stringify(whole.events)).not.toContain('kept');
    const pages: unknown[] = [];
    for (let from: number | null = 0; from !== null;) {
      const { events, next }: { events: readonly unknown[]; next: number | null } = await engine.ask(
        'readRun',
        {
          folder: run,
          from,
          most: 2,
        },
      );
      pages.push(...events);
      from = next;
    }
    expect(pages).toEqual(whole.events);
  });

  it('is compared, channel by channel, as its config says', async () => {
    const config = path.join(folder, 'out/model.espalier.json');
    const original = { kind: 'original' as const, run };
    const candidate = { kind: 'candidate' as const, run, arm: 'l1', id: 0 };
    const seen = await engine.ask('diff', { a: original, b: candidate });
    expect(
      await engine.ask('diff', {
        a: { kind: 'model', file: model },
        b: { kind: 'config', file: config },
        roots: [folder],
      }),
    ).toMatchObject({
      layers: seen.layers,
      total: seen.total,
    });
    const { groups } = await readConfig(config);
    const stem = seen.layers.find(({ layer }) => layer === 'stem_conv')!;
    const kept = [...stem.channels!].flatMap((letter, i) => (letter === 'k' ? [i] : []));
    const expected = groups
      .find(({ id }) => id === 'stem_conv')!
      .kept.split(',')
      .flatMap((part) => {
        const [from, to = from] = part.split('-').map(Number);
        return Array.from({ length: to - from + 1 }, (_, i) => from + i);
      });
    expect(kept).toEqual(expected);
    // importance is the filters' L1 norm over the largest, worked out here by hand
    const { graph, weights } = await loadModel(model);
    const conv = graph.nodes.find((node) => node.layer === 'stem_conv')!;
    const values = weights.get(conv.params.kernel)!;
    const norms = Array.from({ length: 16 }, (_, c) =>
      values.reduce((sum, v, i) => (i % 16 === c ? sum + Math.abs(v) : sum), 0),
    );
    stem.importance!.forEach((value, c) => expect(value).toBeCloseTo(norms[c] / Math.max(...norms), 3));
    // the two sides the other way about
    const back = await engine.ask('diff', { a: candidate, b: original });
    expect(back.layers.find(({ layer }) => layer === 'stem_conv')!.channels).toBe(
      stem.channels!.replaceAll('r', 'a'),
    );
  });

  it('is exported, applied, verified and written', async () => {
    const config = path.join(folder, 'out/model.espalier.json');
    const a = { kind: 'model' as const, file: model };
    const b = { kind: 'config' as const, file: config };
    const { text } = await engine.ask('exportDiff', { a, b, format: 'markdown', roots: [folder] });
    expect(text).toBe(
      espalier(built.cli, folder, 'diff', 'model.h5', 'out/model.espalier.json', '--markdown').replace(
        /\n$/,
        '',
      ),
    );
    expect((await engine.ask('exportDiff', { a, b, format: 'html', roots: [folder] })).text).toContain(
      '<html',
    );
    const applied = await engine.ask('apply', {
      config,
      out: path.join(folder, 'again.h5'),
      roots: [folder],
    });
    expect(readFileSync(applied.model).equals(readFileSync(path.join(folder, 'out/model.pruned.h5')))).toBe(
      true,
    );
    expect((await engine.ask('verify', { config, roots: [folder] })).ok).toBe(true);
    const written = await engine.ask('write', { run, arm: 'l1', id: 0, out: path.join(folder, 'out') });
    expect(written.config).toBe(config);
    const broken = path.join(folder, 'out/broken.espalier.json');
    writeFileSync(broken, readFileSync(config, 'utf8').replace(/"macs": (\d+)/, '"macs": 1$1'));
    const verdict = await engine.ask('verify', { config: broken, roots: [folder] });
    expect(verdict.ok).toBe(false);
    expect(verdict.checks.find(({ ok }) => !ok)?.text).toMatch(/the config says/);
  });

  it('a config of another commit is compared from a copy elsewhere', async () => {
    const copy = path.join(folder, 'copies');
    mkdirSync(copy);
    cpSync(path.join(folder, 'out/model.espalier.json'), path.join(copy, 'head.espalier.json'));
    const { layers } = await engine.ask('diff', {
      a: {
        kind: 'config',
        file: path.join(copy, 'head.espalier.json'),
        at: path.join(folder, 'out'),
        label: 'HEAD',
      },
      b: { kind: 'config', file: path.join(folder, 'out/model.espalier.json') },
      roots: [folder],
    });
    expect(layers.every(({ channels }) => /^[kx]+$/.test(channels!))).toBe(true);
  });
});

it('makes the folder of a run that the command line can go on with', async () => {
  const draft = draftFor(folder, { method: 'l2', data: null, settings: {} });
  const { folder: run, id } = await engine.ask('create', { draft });
  expect(id).toBe('model-l2-1');
  expect((await engine.ask('runs', { workspace: folder })).runs[0]).toMatchObject({
    id,
    status: 'stopped',
    result: null,
  });
  // the plan shows the names that the next run gets: this one's are taken before it has written anything
  const { writes } = await engine.ask('assess', { draft, measure: false });
  expect(writes).toEqual({ config: 'model.l2.espalier.json', model: 'model.l2.pruned.h5' });
  const next = await engine.ask('create', { draft });
  expect(JSON.parse(readFileSync(path.join(next.folder, 'run.json'), 'utf8'))).toMatchObject({ label: 'l2' });
  espalier(built.cli, folder, 'prune', '--resume', id);
  expect((await engine.ask('readRun', { folder: run, from: 0, most: 100 })).summary).toMatchObject({
    status: 'done',
    written: { config: path.join(folder, 'model.espalier.json'), now: { config: 'same', model: 'same' } },
  });
});

it('ends when whoever forked it goes away', async () => {
  const other = startLook(built.engine);
  await other.ask('hello', { protocol: protocolVersion });
  other.child.disconnect();
  await exitOf(other.child);
  // not by an exit, which may wait for threads
  expect(other.child.signalCode).toBe(process.platform === 'win32' ? null : 'SIGKILL');
});

it('a folder that holds no run is refused in a sentence', async () => {
  await expect(engine.ask('readRun', { folder: root, from: 0, most: 10 })).rejects.toMatchObject({
    kind: 'input',
    message: expect.stringMatching(/is not a run/),
  });
});
