// Where ONNX Runtime isn't believed as it is, nothing is scored by it as it is: not even to find how images are resized.
import path from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { evaluate } from '../../src/cli/commands/evaluate.ts';
import type { Output } from '../../src/cli/output.ts';
import { createNetwork, saveModel } from '../../src/formats/index.ts';
import { makePlan } from '../../src/run/plan/make-plan.ts';
import { RunFolder } from '../../src/run/store/folder.ts';
import { runPrune } from '../../src/run/prune.ts';
import { defaultPorts } from '../../src/run/steps/default-ports.ts';
import { verifyConfig } from '../../src/run/rebuild/verify.ts';
import type * as engines from '../../src/runtime/scoring/agreement.ts';
import type * as onnx from '../../src/runtime/onnx/session.ts';
import { classFolders, temporaryFolder, writeFolder } from '../data/fixtures.ts';

const seen = vi.hoisted(() => [] as string[]);
vi.mock('../../src/runtime/scoring/agreement.ts', async (original) => ({
  ...(await original<typeof engines>()),
  judgeOnnx: async () => {
    seen.push('judged');
    return { trust: 'plain', said: 'they differ' };
  },
}));
vi.mock('../../src/runtime/onnx/session.ts', async (original) => {
  const real = await original<typeof onnx>();
  return {
    ...real,
    openSession: async (...given: Parameters<typeof real.openSession>) => {
      seen.push(given[1].optimise === false ? 'plain' : 'optimised');
      return await real.openSession(...given);
    },
  };
});

const where = temporaryFolder();
const model = path.join(where, 'net.h5');
const images = path.join(where, 'images');
const notes: string[] = [];
const output: Output = { json: false, print: () => {}, data: () => {}, note: (text) => notes.push(text) };
beforeEach(() => {
  seen.length = 0;
});

it('a run, verify and evaluate ask before they score, and score by nothing else', async () => {
  const net = createNetwork('resnet8', { inputShape: [16, 16, 3], classes: 2, width: 0.5, seed: 1 });
  await saveModel(net, net.graph, net.weights, model);
  // of another size than the network's
  writeFolder(where, await classFolders('images/', ['a', 'b'], 60));
  const data = { path: images, preprocess: 'auto' };

  const plan = await makePlan(where, {
    model: 'net.h5',
    data: { ...data, path: 'images' },
    targets: [{ metric: 'macs', value: 60, relative: true }],
    method: 'rewarded-meta',
    settings: { epochs: 1, population: 2, generations: 1 },
    seed: 1,
    effort: 'quick',
    roundTo: 1,
    freeze: [],
    controls: ['uniform'],
    fineTuneEpochs: 1,
    backend: 'auto',
    threads: 1,
    measureLatency: false,
  });
  const run = await RunFolder.create(where, plan);
  let config: string;
  try {
    const events = runPrune(run, plan, defaultPorts);
    let next = await events.next();
    while (!next.done) next = await events.next();
    config = next.value.configFile;
  } finally {
    await run.close();
  }
  expect([seen[0], new Set(seen)]).toEqual(['judged', new Set(['judged', 'plain'])]);

  for (const ownPreprocess of [false, true]) {
    seen.length = 0;
    const { notes: told } = await verifyConfig(config, { data, ownPreprocess, threads: 1 });
    expect(told).toContain('they differ');
    expect([seen[0], new Set(seen)]).toEqual(['judged', new Set(['judged', 'plain'])]);
  }

  seen.length = 0;
  await evaluate(output, [model], { data: images, threads: 1 });
  expect(notes).toContain('note: they differ');
  expect([seen[0], new Set(seen)]).toEqual(['judged', new Set(['judged', 'plain'])]);
  expect(seen.filter((one) => one === 'judged')).toHaveLength(1);
});
