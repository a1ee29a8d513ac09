import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNetwork, loadModel, saveModel } from '../../src/formats/index.ts';
import { engineVersion } from '../../src/config/version.ts';
import { fullArchitecture } from '../../src/graph/architecture.ts';
import { fitToBudget } from '../../src/graph/budget.ts';
import { costModel } from '../../src/graph/cost.ts';
import { InputError } from '../../src/graph/errors.ts';
import { Random } from '../../src/graph/random.ts';
import type { Model, Weights } from '../../src/graph/types.ts';
import type { Method } from '../../src/methods/types.ts';
import type { ImageSet, Split } from '../../src/data/types.ts';
import type { Backend } from '../../src/runtime/types.ts';
import { baselines } from '../../src/methods/baselines/method.ts';
import { methodNamed } from '../../src/methods/index.ts';
import { hashModel } from '../../src/formats/identity.ts';
import type { Plan } from '../../src/run/plan/plan.ts';
import type { RunPorts, Trainer } from '../../src/run/steps/ports.ts';
import type { Candidate } from '../../src/terms/candidates.ts';
import type { Score } from '../../src/terms/scores.ts';
import type { SizeMetric } from '../../src/terms/goals.ts';

/**
 * A world for runs without a backend: real model files, a search that draws at random, and a "training" that moves
 * every weight by random steps. Any draw lost or doubled on the way changes the result.
 */
export function fakeServices({ slow = 0 } = {}): RunPorts {
  return {
    loadModel,
    saveModel,
    method: async (name) => {
      if (name === 'drawn' || name === 'other') return drawn(name, slow);
      if (name === 'served') return served(slow);
      // no gradients without a backend
      if (name === 'taylor') return methodNamed('l2');
      if (isMethod(name)) return methodNamed(name);
      throw new InputError(`there is no method "${name}"`);
    },
    openTrainer: async () => trainer(slow),
    latency: async (before, after) => ({
      before: size(before) / 1000,
      after: size(after) / 1000,
      threads: 1,
      machine: 'none',
    }),
    script: async () => 1,
  };
}

const isMethod = (name: string) => baselines.some((baseline) => baseline.name === name);

/** Proposes random channels at the budget, 12 times; the choice depends on every draw before it. */
function drawn(name: string, slow: number): Method {
  return {
    name,
    summary: 'random channels',
    needsImages: false,
    settings: (given) => ({ rounds: 12, raced: 0, spared: 0, ...given }),
    raced: (settings) => (settings as { raced: number }).raced,
    async *run({ dependencies, graph, budgets, random, resume, settings, roundTo }) {
      const cost = costModel(graph, dependencies);
      const { rounds, raced, spared } = settings as { rounds: number; raced: number; spared: number };
      const state = (resume?.json ?? { done: 0, all: [] }) as { done: number; all: Candidate[] };
      let { done } = state;
      let all = [...state.all];
      const seen = resume?.arrays.get('seen') ?? new Float32Array(rounds);
      while (done < rounds) {
        if (slow) await sleep(slow);
        const widths = fullArchitecture(dependencies).map((width) => random.integer(1, width));
        const { limit } = budgets[0];
        const metric = budgets[0].metric as SizeMetric;
        const architecture = fitToBudget(widths, (a) => cost(a)[metric], limit, dependencies, { roundTo });
        const kept = dependencies.groups.map((group, g) =>
          random
            .shuffle(Array.from({ length: group.size }, (_, c) => c))
            .slice(0, architecture[g])
            .sort((a, b) => a - b),
        );
        const reward = random.uniform();
        const candidate: Candidate = {
          id: done,
          origin: name,
          architecture,
          kept,
          cost: cost(architecture),
          accuracies: { recalibrated: 50 + 40 * reward },
          reward,
        };
        yield { type: 'candidate', candidate };
        all = [...all, candidate].sort((a, b) => b.reward! - a.reward!);
        seen[done++] = reward;
        yield { type: 'progress', stage: 'search', done, total: rounds, unit: 'candidates' };
        const now = { done, all };
        yield { type: 'checkpoint', take: () => ({ json: now, arrays: new Map([['seen', seen.slice()]]) }) };
      }
      const chosen = { ...all[0], origin: `${name} ${seen.reduce((a, b) => a + b, 0)}` };
      const finalists = [chosen, ...all.slice(1, raced)];
      const left = { trained: [{ images: spared, share: 1 }], recalibrated: [], scored: [], opened: 0 };
      return {
        chosen,
        ...(raced ? { race: { finalists, nextId: rounds } } : {}),
        ...(spared ? { stopped: { scored: rounds, of: 2 * rounds, rule: 'l1', spared: left } } : {}),
      };
    },
  };
}

/** The same, whose goal's search serves all points: what it has learned, one number, decides theirs. */
function served(slow: number): Method {
  const method = drawn('served', slow);
  return {
    ...method,
    serves: () => true,
    async *run(context) {
      const { curve, resume } = context;
      if (!curve) return yield* method.run(context);
      const learned = curve.learned?.arrays.get('seen')?.at(-1);
      if (curve.share < 1) {
        if (learned === undefined) throw new Error('nothing was learned');
        const outcome = yield* method.run({ ...context, settings: { rounds: 2, raced: 0 } });
        return {
          ...outcome,
          chosen: { ...outcome.chosen, origin: `learned ${learned} of ${curve.points.length}` },
        };
      }
      const search = method.run(context);
      let last = resume;
      for (;;) {
        const next = await search.next();
        if (next.done) {
          const { json, arrays } = last!;
          yield { type: 'learned', take: () => ({ json, arrays: new Map(arrays) }) };
          yield { type: 'checkpoint', take: () => ({ json, arrays }) };
          return next.value;
        }
        if (next.value.type === 'checkpoint') last = await next.value.take();
        yield next.value;
      }
    },
  };
}

function split(name: Split['name'], count: number): Split {
  const labels = new Int32Array(count);
  return { name, size: count, labels, height: 8, width: 8, channels: 1, read: async () => {} };
}

function trainer(slow: number): Trainer {
  const set: ImageSet = {
    path: 'images',
    form: 'folder',
    classes: ['a', 'b', 'c', 'd'],
    height: 8,
    width: 8,
    channels: 1,
    digest: 'd'.repeat(64),
    train: split('train', 400),
    validation: split('validation', 100),
    test: split('test', 100),
    broken: [],
    close: async () => {},
  };
  const preprocess = { name: 'unit', scale: [1 / 255], offset: [0], bgr: false };
  const score = async ({ weights }: Model, name: string): Promise<Score> => {
    let sum = name.length;
    for (const values of weights.values()) for (const value of values) sum = (sum * 31 + value * 1e3) % 1e4;
    return { accuracy: Math.abs(sum) / 100, loss: Math.abs(sum) / 1e4, images: 100 };
  };
  return {
    images: {
      set,
      preprocess,
      backend: { name: 'wasm', why: 'fake', version: '1.0', threads: 1 } as Backend,
    },
    found: 'as asked',
    score,
    scoreOriginal: async () => ({ accuracy: 50, loss: 1, images: 100 }),
    recalibrate: async ({ weights }) => moved(weights, new Random(3)),
    async *train({ weights }, settings, { stage, seed, from }) {
      const random = new Random(
        from ? (from.json as { random: [number, number, number, number] }).random : seed,
      );
      let step = from ? (from.json as { step: number }).step : 0;
      let now: Weights = from ? from.arrays : weights;
      const steps = settings.epochs * 4;
      while (step < steps) {
        if (slow) await sleep(slow);
        now = moved(now, random);
        step++;
        if (step % 4 === 0) yield { type: 'loss', stage, epoch: step / 4, loss: 1 / step };
        const [at, arrays, state] = [step, new Map(now), random.state];
        yield { type: 'checkpoint', take: () => ({ json: { step: at, random: state }, arrays }) };
      }
      return { weights: now, epochs: settings.epochs };
    },
    samples: async () => [],
    close: async () => {},
  };
}

function moved(weights: Weights, random: Random): Weights {
  return new Map(
    [...weights].map(([id, values]) => [id, values.map((value) => value + random.normal() / 100)]),
  );
}

function size({ weights }: Model): number {
  return [...weights.values()].reduce((sum, values) => sum + values.length, 0);
}

let modelBytes: Uint8Array | undefined;

/** A workspace with a small real model file, and a plan for it. */
export async function workspaceWithPlan(folder: string, changes: Partial<Plan> = {}): Promise<Plan> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'net.h5');
  if (!modelBytes) {
    const model = createNetwork('cnn4', { inputShape: [8, 8, 1], classes: 4, width: 0.25, seed: 1 });
    await saveModel(model, model.graph, model.weights, file);
    // an HDF5 file holds the time it was written at: all workspaces get the same one
    modelBytes = await readFile(file);
  }
  await writeFile(file, modelBytes);
  return {
    version: 1,
    engine: engineVersion,
    model: { path: 'net.h5', sha256: await hashModel(file) },
    data: { path: 'images', preprocess: 'auto' },
    targets: [{ metric: 'macs', value: 50, relative: true }],
    method: 'drawn',
    settings: {},
    seed: 7,
    effort: 'quick',
    roundTo: 1,
    freeze: [],
    controls: ['other', 'scratch'],
    fineTuneEpochs: 3,
    backend: 'auto',
    measureLatency: false,
    out: 'out',
    ...changes,
  };
}
