import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../src/config/files.ts';
import { parseRanges } from '../../src/config/ranges.ts';
import { fullArchitecture } from '../../src/graph/architecture.ts';
import { costModel } from '../../src/graph/cost.ts';
import { findGroups } from '../../src/graph/channels.ts';
import { InputError } from '../../src/graph/errors.ts';
import { loadModel } from '../../src/formats/index.ts';
import { RunFolder } from '../../src/run/store/folder.ts';
import type { Plan } from '../../src/run/plan/plan.ts';
import { runPrune } from '../../src/run/prune.ts';
import type { RunResult } from '../../src/run/prune.ts';
import { rebuild } from '../../src/run/rebuild/rebuild.ts';
import type { RunPorts } from '../../src/run/steps/ports.ts';
import { methodNamed } from '../../src/methods/index.ts';
import { ScriptFailed } from '../../src/run/plan/script.ts';
import { needs } from '../support/needs.ts';
import { fakeServices, workspaceWithPlan } from './fake.ts';
import type { RunEvent } from '../../src/terms/run-events.ts';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-run-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function go(
  changes: Partial<Plan> = {},
  ports: RunPorts = fakeServices(),
): Promise<{ where: string; events: RunEvent[]; result: RunResult }> {
  const where = path.join(folder, String(count++));
  const plan = await workspaceWithPlan(where, changes);
  const run = await RunFolder.create(where, plan);
  const events: RunEvent[] = [];
  const generator = runPrune(run, plan, ports);
  try {
    for (;;) {
      const next = await generator.next();
      if (next.done) return { where, events, result: next.value };
      events.push(next.value);
    }
  } finally {
    await run.close();
  }
}

const withUniform = (): RunPorts => ({ ...fakeServices(), method: async (name) => methodNamed(name) });

test('writes a smaller model in the same format, its config and its report, within the budget', async () => {
  const { where, result } = await go();
  expect((await readdir(path.join(where, 'out'))).sort()).toEqual(['net.espalier.json', 'net.pruned.h5']);
  const config = await readConfig(result.configFile);
  const model = await loadModel(result.modelFile);
  const groups = findGroups(model.graph);
  const cost = costModel(model.graph, groups)(fullArchitecture(groups));
  expect(cost).toEqual(config.cost.after);
  expect(cost.macs).toBeLessThanOrEqual(config.cost.before.macs / 2);
  const source = await loadModel(path.join(where, 'net.h5'));
  for (const group of config.groups) {
    const param =
      source.graph.params[source.graph.nodes.find(({ layer }) => layer === group.layers[0])!.params.kernel];
    const narrow =
      model.graph.params[model.graph.nodes.find(({ layer }) => layer === group.layers[0])!.params.kernel];
    expect(group.channels).toBe(param.shape.at(-1));
    expect(parseRanges(group.kept, group.channels)).toHaveLength(narrow.shape.at(-1)!);
  }
  expect(config.source.path).toBe('../net.h5');
  expect(config.pruned?.path).toBe('net.pruned.h5');
  expect(JSON.stringify(config)).not.toContain(folder);
  expect(config.controls?.map(({ name }) => name)).toEqual(['other', 'scratch']);
  expect(config.latency).toBeUndefined();
  expect(await readFile(result.reportFile, 'utf8')).toContain('net.h5');
  expect(await readFile(path.join(where, '.espalier', '.gitignore'), 'utf8')).toBe('*\n');
});

test('two runs with one seed give the same bytes; another seed, others', async () => {
  const [a, b, c] = [await go(), await go(), await go({ seed: 8 })];
  const bytes = await Promise.all([a, b, c].map(({ result }) => readFile(result.configFile, 'utf8')));
  expect(bytes[1]).toBe(bytes[0]);
  expect(bytes[2]).not.toBe(bytes[0]);
});

test('the config alone rebuilds the cut network', async () => {
  const { result } = await go({ data: undefined, controls: [], fineTuneEpochs: 0 });
  const rebuilt = await rebuild(result.configFile, undefined, {
    roots: [path.dirname(path.dirname(result.configFile))],
  });
  expect(rebuilt.sameSource).toBe(true);
  const written = await loadModel(result.modelFile);
  for (const [id, values] of written.weights) expect(rebuilt.pruned.weights.get(id)).toEqual(values);
});

test('the test split is scored only after everything else of an arm, once', async () => {
  const seen: string[] = [];
  const ports = fakeServices();
  const { events } = await go(
    {},
    {
      ...ports,
      openTrainer: async (...all) => {
        const trainer = await ports.openTrainer(...all);
        return {
          ...trainer,
          score: async (network, split, signal) => {
            seen.push(split);
            return await trainer.score(network, split, signal);
          },
        };
      },
    },
  );
  const arms = 3;
  expect(seen.filter((split) => split === 'test')).toHaveLength(1 + arms);
  for (const arm of ['drawn', 'other', 'scratch']) {
    const steps = events.flatMap((event) =>
      event.type === 'score' && event.arm === arm ? [event.step] : [],
    );
    expect(steps.at(-1)).toBe('test');
  }
});

test('scratch has the shape of the pruned network and none of its weights', async () => {
  const { result } = await go();
  const [main, , scratch] = result.report.arms;
  expect(scratch.chosen?.cost).toEqual(main.chosen?.cost);
  expect(scratch.scores.cut).toBeUndefined();
  expect(scratch.epochs).toBe(main.epochs);
});

test.each<[string, Partial<Plan>, RegExp]>([
  [
    'unreachable',
    { targets: [{ metric: 'macs', value: 1, relative: false }] },
    /can't be reached; the nearest is macs=1\.46k /,
  ],
  ['nothing to prune', { targets: [{ metric: 'macs', value: 1e12, relative: false }] }, /nothing to prune/],
  ['all frozen', { freeze: ['conv1', 'conv2', 'conv3', 'conv4'] }, /nothing can be pruned/],
  ['unknown layer', { freeze: ['nope'] }, /nope/],
  ['unknown method', { method: 'nope' }, /nope/],
])('refuses before anything runs: %s', async (_, changes, message) => {
  const ports = fakeServices();
  const openTrainer = () => Promise.reject(new Error('images were opened'));
  await expect(go(changes, { ...ports, openTrainer })).rejects.toThrow(message);
  await expect(go(changes, { ...ports, openTrainer })).rejects.toBeInstanceOf(InputError);
});

test('the nearest budget that a refusal names can be reached', async () => {
  const message = await go({ targets: [{ metric: 'params', value: 1, relative: true }] }).then(
    () => '',
    (error: Error) => error.message,
  );
  const share = Number(/params=([\d.]+)%/.exec(message)?.[1]);
  expect(share).toBeGreaterThan(1);
  const { result } = await go({ targets: [{ metric: 'params', value: share, relative: true }] });
  const { before, after } = result.config.cost;
  expect(after.params).toBeLessThanOrEqual((before.params * share) / 100);
});

test('a measured budget: tries again with fewer MACs until it holds', async () => {
  const { result } = await go({ targets: [{ metric: 'latency', value: 60, relative: true }], controls: [] });
  const { latency, targets } = result.config;
  expect(latency!.after).toBeLessThanOrEqual(targets[0].limit);
  expect(targets[0].limit).toBeCloseTo(0.6 * targets[0].original, 6);
});

test('a budget on memory holds for the written model', async () => {
  const { result } = await go(
    { targets: [{ metric: 'memory', value: 70, relative: true }], method: 'uniform', controls: [] },
    withUniform(),
  );
  const { cost, targets } = result.config;
  expect(targets[0]).toMatchObject({ metric: 'memory', original: cost.before.peakActivationBytes });
  expect(cost.after.peakActivationBytes).toBeLessThanOrEqual(0.7 * cost.before.peakActivationBytes);
});

test('a method is told which variation of the images the user asked for', async () => {
  const ports = fakeServices();
  const told: unknown[] = [];
  const listening: RunPorts = {
    ...ports,
    method: async (name) => {
      const method = await ports.method(name);
      const settings = (...given: Parameters<typeof method.settings>) => {
        told.push(given[2].augmentation);
        return method.settings(...given);
      };
      return { ...method, settings };
    },
  };
  const augment = { flip: true, shift: 4 };
  const plain = await workspaceWithPlan(path.join(folder, 'plain'));
  await go({ data: { ...plain.data!, augment } }, listening);
  expect(told.length).toBeGreaterThan(0);
  for (const one of told) expect(one).toEqual(augment);
});

test('a method that measures is given the measured budget itself, and a tighter one after a miss', async () => {
  const limits: number[] = [];
  const values: unknown[] = [];
  const ports = fakeServices();
  let calls = 0;
  let over = false;
  let broken = false;
  const measuring: RunPorts = {
    ...ports,
    // the result is measured 10 % over at first
    script: async () => {
      if (broken) throw new ScriptFailed('the script "x" ended with 1');
      if (over) {
        over = false;
        return 66;
      }
      return calls++ ? 40 : 100;
    },
    method: async () => ({
      name: 'measuring',
      summary: '',
      needsImages: false,
      measures: true,
      settings: () => ({}),
      async *run({ budgets, dependencies, evaluate, graph }) {
        const [budget] = budgets;
        limits.push(budget.limit);
        const architecture = dependencies.groups.map(({ size, frozen }) =>
          frozen === undefined ? size / 2 : size,
        );
        const kept = architecture.map((width) => Array.from({ length: width }, (_, c) => c));
        broken = true;
        values.push(await evaluate!(budget, { architecture, kept }));
        broken = false;
        // a command that nobody agreed to is not run, whoever names it
        await expect(evaluate!({ ...budget, command: 'other' }, { architecture, kept })).rejects.toThrow(
          'would start "other"',
        );
        values.push(await evaluate!(budget, { architecture, kept }));
        const cost = costModel(graph, dependencies)(architecture);
        yield { type: 'stage', stage: 'search', message: '' };
        over = limits.length === 1;
        return { chosen: { id: 0, origin: 'half', architecture, kept, cost, accuracies: {} } };
      },
    }),
  };
  const target = { metric: 'script' as const, value: 60, relative: true, command: 'x' };
  const { events } = await go(
    { targets: [target], method: 'measuring', controls: [], data: undefined },
    measuring,
  );
  expect(limits[0]).toBe(60);
  expect(limits[1]).toBeCloseTo((60 / 1.1) * 0.98, 9);
  expect(limits).toHaveLength(2);
  expect(values).toEqual([
    { failed: 'the script "x" ended with 1' },
    40,
    { failed: 'the script "x" ended with 1' },
    40,
  ]);
  expect(events.some((e) => e.type === 'warning' && /10.0 % over the budget/.test(e.message))).toBe(true);
});

test('a control arm that the network can’t have is refused before any image is read', async () => {
  let opened = 0;
  const ports: RunPorts = {
    ...fakeServices(),
    openTrainer: async (...given) => {
      opened++;
      return await fakeServices().openTrainer(...given);
    },
  };
  // cnn4 has no batch norms
  await expect(go({ controls: ['bn-scale'] }, ports)).rejects.toThrow(
    new InputError(
      'no channel of the network has a batch-norm scale to rank by; take l1 instead of bn-scale',
    ),
  );
  expect(opened).toBe(0);
});

test('a changed model, and a config of another model, are refused', async () => {
  const { where, result } = await go();
  const other = await workspaceWithPlan(path.join(folder, 'other'));
  const run = await RunFolder.create(where, { ...other, model: { path: 'net.h5', sha256: 'f'.repeat(64) } });
  const generator = runPrune(
    run,
    { ...other, model: { path: 'net.h5', sha256: 'f'.repeat(64) } },
    fakeServices(),
  );
  await expect(generator.next()).rejects.toThrow(/has changed/);
  await run.close();
  const text = await readFile(result.configFile, 'utf8');
  const bounds = { roots: [where] };
  for (const [layers, said] of [
    ['["nosuch"]', 'has the layer "nosuch"'],
    ['["conv2", "nosuch"]', 'has the layer "nosuch"'],
    ['[]', 'leaves out the layer "conv2"'],
  ]) {
    await writeFile(result.configFile, text.replace('"layers": ["conv2"]', `"layers": ${layers}`));
    await expect(rebuild(result.configFile, undefined, bounds), layers).rejects.toThrow(
      `group "conv2" ${said}, but its channels are made by "conv2" in the model; it is of another model`,
    );
  }
  await writeFile(result.configFile, text.replaceAll('"conv2"', '"conv9"'));
  const wrong = rebuild(result.configFile, undefined, bounds);
  await expect(wrong).rejects.toThrow(/"conv2" .* it is of another model$/);
  // with a source of another hash, that is the cause
  await writeFile(
    result.configFile,
    (await readFile(result.configFile, 'utf8')).replace(
      /("source": [^}]*"sha256": ")[0-9a-f]{12}/,
      '$1000000000000',
    ),
  );
  await expect(rebuild(result.configFile, undefined, bounds)).rejects.toThrow(
    /of another model \(.*net\.h5 has SHA-256 [0-9a-f]{12}…, the config's source 000000000000…\)$/,
  );
});

const root = process.getuid?.() === 0 ? 'the superuser may write anywhere' : null;
const windows = process.platform === 'win32' ? 'Windows has no such rights' : null;
const rights = needs(root, windows);

test.skipIf(rights.skip)(rights.name('a read-only folder is one sentence'), async () => {
  const where = path.join(folder, 'readonly');
  const plan = await workspaceWithPlan(where);
  const closed = path.join(where, 'closed');
  await mkdir(closed);
  await chmod(closed, 0o500);
  await expect(RunFolder.create(closed, plan)).rejects.toThrow(InputError);
});

test('an output folder that is a file is refused before anything runs', async () => {
  const where = path.join(folder, 'file');
  const plan = await workspaceWithPlan(where, { out: 'net.h5/out' });
  const run = await RunFolder.create(where, plan);
  await expect(runPrune(run, plan, fakeServices()).next()).rejects.toThrow(InputError);
  await run.close();
});
