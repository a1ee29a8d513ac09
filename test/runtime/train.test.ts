import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Interrupted } from '../../src/graph/errors.ts';
import { GraphBuilder } from '../support/builder.ts';
import { Random } from '../../src/graph/random.ts';
import type { Graph, Weights } from '../../src/graph/types.ts';
import { openBackend } from '../../src/runtime/backend/open.ts';
import { Network } from '../../src/runtime/training/network.ts';
import { defaultTrainSettings, rateAt } from '../../src/runtime/training/schedule.ts';
import { trainToEnd } from '../support/train-to-end.ts';
import { train, type TrainOptions } from '../../src/runtime/training/trainer.ts';
import type { Backend, Batch, Snapshot } from '../../src/runtime/types.ts';
import type { TrainSettings } from '../../src/terms/training.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ threads: 1 });
});

/** Two classes told apart by the brightness of the left and the right half. */
function batchOf(seed: number, n = 16): Batch {
  const random = new Random(seed);
  const x = new Float32Array(n * 6 * 6);
  const y = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    y[i] = random.integer(0, 1);
    for (let p = 0; p < 36; p++) x[i * 36 + p] = random.normal() * 0.5 + (p % 6 < 3 === (y[i] === 0) ? 1 : 0);
  }
  return { n, x, y };
}

function smallNet(dropout = 0): { graph: Graph; weights: Weights } {
  const b = new GraphBuilder({ seed: 3 });
  let h = b.input([6, 6, 1]);
  h = b.relu(b.batchNorm(b.conv(h, 4, 3, { bias: false })));
  h = b.relu(b.conv(h, 6, 3, { stride: 2 }));
  h = b.flatten(h);
  if (dropout) h = b.dropout(h, dropout);
  return b.build(b.softmax(b.dense(h, 2)));
}

const settings: TrainSettings = {
  ...defaultTrainSettings('scratch', { images: 100, epochs: 3 }),
  schedule: { kind: 'cosine', rate: 0.05, warmupSteps: 2 },
};

async function* batches(epoch: number, from: number, count = 5): AsyncGenerator<Batch> {
  for (let i = from; i < count; i++) yield batchOf(1000 * epoch + i);
}

const options: TrainOptions = { batches, stepsPerEpoch: 5, settings, seed: 9 };

function same(a: Weights, b: Weights): boolean {
  return [...a].every(
    ([id, values]) => Buffer.compare(Buffer.from(values.buffer), Buffer.from(b.get(id)!.buffer)) === 0,
  );
}

describe('training', () => {
  it('lowers the loss on a separable problem, and predictions follow', async () => {
    const { graph, weights } = smallNet();
    const network = new Network(backend, graph, weights);
    const losses: number[] = [];
    for (let i = 0; i < 60; i++) losses.push(network.trainStep(batchOf(i, 32), { rate: 0.05, settings }));
    expect(losses[0]).toBeGreaterThan(0.4);
    expect(losses.at(-1)).toBeLessThan(0.1);
    const test = batchOf(12345, 64);
    const [p] = network.predict(test.x, test.n);
    let right = 0;
    for (let i = 0; i < test.n; i++) if (p[2 * i + test.y[i]] > 0.5) right++;
    expect(right).toBeGreaterThanOrEqual(62);
    network.dispose();
  });

  it('goes on from a checkpoint within an epoch and gives the same bits', async () => {
    const { graph, weights } = smallNet(0.3);
    const whole = new Network(backend, graph, weights);
    const snapshots: Snapshot[] = [];
    await trainToEnd(whole, { ...options, checkpointSeconds: 0 }, (e) => {
      if (e.type === 'checkpoint') snapshots.push(e.take());
    });
    expect(snapshots.length).toBeGreaterThan(12);
    for (const at of [0, 3, 6, 11]) {
      const other = new Network(backend, graph, smallNet(0.3).weights);
      const json: unknown = JSON.parse(JSON.stringify(snapshots[at].json));
      await trainToEnd(other, { ...options, from: { json, arrays: snapshots[at].arrays } });
      expect(same(whole.weights(), other.weights())).toBe(true);
      other.dispose();
    }
    whole.dispose();
  });

  it('keeps the number of live tensors', () => {
    for (const optimizer of ['sgd', 'adam'] as const) {
      const { graph, weights } = smallNet(0.2);
      const before = [backend.kernels.liveTensors(), backend.tf.memory().numTensors];
      const network = new Network(backend, graph, weights);
      const step = (i: number): number =>
        network.trainStep(batchOf(i), { rate: 0.01, settings: { ...settings, optimizer } });
      step(0);
      const alive = [backend.kernels.liveTensors(), backend.tf.memory().numTensors];
      for (let i = 1; i < 20; i++) {
        step(i);
        expect([backend.kernels.liveTensors(), backend.tf.memory().numTensors]).toEqual(alive);
      }
      network.predict(batchOf(1).x, 16);
      network.restore(network.snapshot());
      expect(backend.tf.memory().numTensors).toBe(alive[1]);
      network.dispose();
      expect([backend.kernels.liveTensors(), backend.tf.memory().numTensors]).toEqual(before);
    }
  });

  it('stops when it is told to, within one step', async () => {
    const { graph, weights } = smallNet();
    const network = new Network(backend, graph, weights);
    const controller = new AbortController();
    const long = { ...settings, epochs: 10_000 };
    let taken = 0;
    const batches: typeof options.batches = (...given) => {
      const inner = options.batches(...given);
      return (async function* () {
        for await (const batch of inner) {
          if (++taken === 20) controller.abort();
          yield batch;
        }
      })();
    };
    const running = trainToEnd(network, { ...options, batches, settings: long, signal: controller.signal });
    await expect(running).rejects.toBeInstanceOf(Interrupted);
    expect(taken).toBeLessThanOrEqual(21);
    network.dispose();
  });

  it('keeps the weights of the epoch with the lowest validation loss, also across a resume', async () => {
    const { graph, weights } = smallNet();
    const scores = [1, 0.5, 0.8, 0.6];
    const kept = { ...settings, epochs: 4, keepBest: true as const };
    const run = async (from?: Snapshot, start = 0) => {
      const network = new Network(backend, graph, weights);
      let epoch = start;
      const after: Weights[] = [];
      const snapshots: Snapshot[] = [];
      const validate = async () => {
        after.push(network.weights());
        return { accuracy: 50, loss: scores[epoch++], images: 10 };
      };
      const given = { ...options, settings: kept, validate, weights: () => network.weights(), from };
      const { best } = await trainToEnd(network, given, (e) => {
        if (e.type === 'checkpoint') snapshots.push(e.take());
      });
      network.dispose();
      return { best, after, snapshots };
    };
    const whole = await run();
    expect(whole.best!.epoch).toBe(2);
    expect(same(whole.best!.weights, whole.after[1])).toBe(true);
    expect(same(whole.best!.weights, whole.after[3])).toBe(false);
    const third = whole.snapshots.at(-2)!;
    const json: unknown = JSON.parse(JSON.stringify(third.json));
    const again = await run({ json, arrays: third.arrays }, 3);
    expect(again.best!.epoch).toBe(2);
    expect(same(again.best!.weights, whole.after[1])).toBe(true);
  });

  it('stops early when the validation loss no longer improves, also across a resume', async () => {
    const { graph, weights } = smallNet();
    const scores = [1, 0.9, 0.95, 0.92, 0.91, 0.8];
    const run = async (from?: Snapshot, start = 0) => {
      const network = new Network(backend, graph, weights);
      let epoch = start;
      const snapshots: Snapshot[] = [];
      const validate = async () => ({ accuracy: 50, loss: scores[epoch++], images: 10 });
      const result = await trainToEnd(
        network,
        // one checkpoint an epoch, however slow the machine
        {
          ...options,
          settings: { ...settings, epochs: 6, patience: 3 },
          validate,
          from,
          checkpointSeconds: 1e9,
        },
        (e) => void (e.type === 'checkpoint' && snapshots.push(e.take())),
      );
      network.dispose();
      return { result, snapshots };
    };
    const { result, snapshots } = await run();
    expect(result).toMatchObject({ epochs: 5, steps: 25, stoppedEarly: true });
    expect((await run(snapshots[2], 3)).result).toMatchObject({ epochs: 5, steps: 25, stoppedEarly: true });
  });

  it('tells of its progress, the losses and the end', async () => {
    const { graph, weights } = smallNet();
    const network = new Network(backend, graph, weights);
    const seen: string[] = [];
    const losses: number[] = [];
    const events = train(network, { ...options, stage: 'fine-tune' });
    for (let next = await events.next(); !next.done; next = await events.next()) {
      seen.push(next.value.type);
      if (next.value.type === 'loss') losses.push(next.value.loss);
      if (next.value.type === 'progress') {
        expect(next.value.stage).toBe('fine-tune');
        expect(next.value.total).toBe(3 * 5 * 16);
      }
    }
    expect(seen.filter((t) => t === 'loss')).toHaveLength(3);
    expect(losses[2]).toBeLessThan(losses[0]);
    network.dispose();
  });

  it('says so when the data source gives too few batches', async () => {
    const { graph, weights } = smallNet();
    const network = new Network(backend, graph, weights);
    const short: TrainOptions = { ...options, batches: (e, f) => batches(e, f, 3) };
    await expect(trainToEnd(network, short)).rejects.toThrow('3 mini-batches instead of 5');
    network.dispose();
  });
});

describe('schedules', () => {
  it('warm up and fall as their formulas say', () => {
    const cosine = { kind: 'cosine', rate: 1, warmupSteps: 10 } as const;
    expect(rateAt(cosine, 0, 110)).toBeCloseTo(0.1);
    expect(rateAt(cosine, 5, 110)).toBeCloseTo(0.55);
    expect(rateAt(cosine, 10, 110)).toBe(1);
    expect(rateAt(cosine, 60, 110)).toBeCloseTo(0.5);
    expect(rateAt(cosine, 110, 110)).toBeCloseTo(0);
    expect(rateAt({ kind: 'linear', rate: 2 }, 25, 100)).toBe(1.5);
    const step = { kind: 'step', rate: 1, milestones: [0.3, 0.6], factor: 0.5 } as const;
    expect([29, 30, 59, 60].map((s) => rateAt(step, s, 100))).toEqual([1, 0.5, 0.5, 0.25]);
    expect(rateAt({ kind: 'constant', rate: 0.3 }, 7, 9)).toBe(0.3);
  });
});

afterAll(() => {
  expect(backend.tf.memory().numTensors).toBe(0);
});
