import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../support/builder.ts';
import { InputError, Interrupted } from '../../../src/graph/errors.ts';
import { classCounts, oneUnitProblem } from '../../../src/runtime/binary.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import { compareLatency, latency } from '../../../src/runtime/scoring/latency.ts';
import { Network } from '../../../src/runtime/training/network.ts';
import { logitsOf } from '../../../src/runtime/scoring/logits.ts';
import { defaultTrainSettings } from '../../../src/runtime/training/schedule.ts';
import { evaluate, openScorer, type Scorer } from '../../../src/runtime/scoring/score.ts';
import type { Backend, Batch } from '../../../src/runtime/types.ts';
import { difference, randomInputs } from '../zoo.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ threads: 1 });
});
afterAll(() => expect(backend.tf.memory().numTensors).toBe(0));

function classifier(width = 4) {
  const b = new GraphBuilder({ seed: 2, lively: true });
  const h = b.relu(b.batchNorm(b.conv(b.input([8, 8, 3]), width, 3)));
  return b.build(b.reshape(b.softmax(b.reshape(b.dense(b.globalPool(h), 5), [1, 1, 5])), [5]));
}

function binary() {
  const b = new GraphBuilder({ seed: 2, lively: true });
  return b.build(b.activation(b.dense(b.flatten(b.input([3, 3, 1])), 1), 'sigmoid'));
}

async function* batchesOf(x: Float32Array, y: Int32Array, size: number): AsyncGenerator<Batch> {
  const each = x.length / y.length;
  for (let i = 0; i < y.length; i += size) {
    const n = Math.min(size, y.length - i);
    yield { n, x: x.slice(i * each, (i + n) * each), y: y.slice(i, i + n) };
  }
}

describe('evaluate', () => {
  it('gives top-1 in percent and the mean cross-entropy, whatever the batches and the backend', async () => {
    const { graph, weights } = classifier();
    const n = 23;
    const [x] = randomInputs(graph, n);
    const y = Int32Array.from({ length: n }, (_, i) => (i * 7) % 5);
    const network = new Network(backend, graph, weights);
    const [p] = network.predict(x, n);
    network.dispose();
    let right = 0;
    let loss = 0;
    for (let i = 0; i < n; i++) {
      const row = [...p.subarray(5 * i, 5 * i + 5)];
      if (row.indexOf(Math.max(...row)) === y[i]) right++;
      loss -= Math.log(row[y[i]]) / n;
    }
    const score = await evaluate({ graph, weights }, batchesOf(x, y, 4));
    expect(score.images).toBe(n);
    expect(score.accuracy).toBeCloseTo((100 * right) / n, 10);
    expect(score.loss).toBeCloseTo(loss, 5);
    const scorer = await openScorer(graph, weights, { threads: 1 });
    expect(scorer).toMatchObject({ engine: 'onnxruntime', kind: 'softmax', threads: 1 });
    expect(difference(await scorer.scores(x, n), p)).toBeLessThan(1e-6);
    const again = await evaluate(scorer, batchesOf(x, y, 23));
    expect(again.accuracy).toBe(score.accuracy);
    expect(again.loss).toBeCloseTo(loss, 5);
    await scorer.release();
  });

  it('takes a single sigmoid unit for two classes', async () => {
    const { graph, weights } = binary();
    expect(logitsOf(graph).activation).toBe('sigmoid');
    const n = 12;
    const [x] = randomInputs(graph, n);
    const y = Int32Array.from({ length: n }, (_, i) => i % 2);
    const network = new Network(backend, graph, weights);
    const [p] = network.predict(x, n);
    network.dispose();
    let right = 0;
    let loss = 0;
    for (let i = 0; i < n; i++) {
      if (p[i] > 0.5 === (y[i] === 1)) right++;
      loss -= Math.log(y[i] ? p[i] : 1 - p[i]) / n;
    }
    const score = await evaluate({ graph, weights }, batchesOf(x, y, 5));
    expect(score.accuracy).toBeCloseTo((100 * right) / n, 10);
    expect(score.loss).toBeCloseTo(loss, 4);
    const scorer = await openScorer(graph, weights);
    expect((await evaluate(scorer, batchesOf(x, y, 5))).loss).toBeCloseTo(loss, 4);
    await scorer.release();
  });

  it('takes a single bare unit for two classes, by its sign, and trains it from logits', async () => {
    const b = new GraphBuilder({ seed: 2, lively: true });
    const { graph, weights } = b.build(b.dense(b.flatten(b.input([3, 3, 1])), 1));
    expect(classCounts(graph)).toEqual([2]);
    const n = 12;
    const [x] = randomInputs(graph, n);
    const y = Int32Array.from({ length: n }, (_, i) => i % 2);
    const network = new Network(backend, graph, weights);
    const [z] = network.predict(x, n);
    let right = 0;
    let loss = 0;
    for (let i = 0; i < n; i++) {
      if (z[i] > 0 === (y[i] === 1)) right++;
      // as Keras' BinaryCrossentropy(from_logits=True)
      loss += (Math.max(z[i], 0) - z[i] * y[i] + Math.log1p(Math.exp(-Math.abs(z[i])))) / n;
    }
    const score = await evaluate({ graph, weights }, batchesOf(x, y, 5));
    expect(score.accuracy).toBeCloseTo((100 * right) / n, 10);
    expect(score.loss).toBeCloseTo(loss, 5);
    const settings = { ...defaultTrainSettings('scratch', { images: n }), labelSmoothing: 0 };
    const first = network.trainStep({ n, x, y }, { rate: 0.1, settings });
    expect(first).toBeCloseTo(loss, 5);
    for (let i = 0; i < 20; i++) network.trainStep({ n, x, y }, { rate: 0.1, settings });
    expect(network.trainStep({ n, x, y }, { rate: 0, settings })).toBeLessThan(loss);
    network.dispose();
  });

  it('says why one unit behind something else tells nothing apart', () => {
    const one = (activation: 'tanh' | 'relu') => {
      const b = new GraphBuilder({ seed: 2, lively: true });
      return b.build(b.activation(b.dense(b.flatten(b.input([3, 3, 1])), 1), activation)).graph;
    };
    expect(oneUnitProblem(one('tanh'))).toMatch(/one unit behind tanh/);
    expect(classCounts(one('relu'))).toEqual([]);
    const b = new GraphBuilder({ seed: 2, lively: true });
    const softmax = b.build(b.softmax(b.dense(b.flatten(b.input([3, 3, 1])), 1))).graph;
    expect(oneUnitProblem(softmax)).toMatch(/softmax over one unit/);
    expect(oneUnitProblem(classifier().graph)).toBeNull();
  });

  it('counts scores that are no numbers as wrong, and keeps the loss finite', async () => {
    const { graph, weights } = classifier();
    const broken = new Map(weights);
    const kernel = Object.keys(graph.params).find((id) => id.includes('dense') && id.endsWith('kernel'))!;
    broken.set(kernel, new Float32Array(weights.get(kernel)!.length).fill(NaN));
    const [x] = randomInputs(graph, 4);
    const score = await evaluate({ graph, weights: broken }, batchesOf(x, new Int32Array(4), 4));
    expect(score).toEqual({ accuracy: 0, loss: 100, images: 4 });
  });

  it('refuses labels that the network has no class for, and no images', async () => {
    const { graph, weights } = classifier();
    const [x] = randomInputs(graph, 1);
    await expect(evaluate({ graph, weights }, batchesOf(x, Int32Array.of(5), 1))).rejects.toThrow(InputError);
    await expect(evaluate({ graph, weights }, batchesOf(x, new Int32Array(0), 1))).rejects.toThrow(
      'no images',
    );
  });

  it('stops when it is told to', async () => {
    const { graph, weights } = classifier();
    const [x] = randomInputs(graph, 1);
    const signal = AbortSignal.abort();
    const run = evaluate({ graph, weights }, batchesOf(x, Int32Array.of(0), 1), { signal });
    await expect(run).rejects.toBeInstanceOf(Interrupted);
  });

  it('asks for one input', async () => {
    const b = new GraphBuilder();
    const { graph, weights } = b.build(b.merge('add', [b.input([3]), b.input([3])]));
    await expect(openScorer(graph, weights)).rejects.toThrow('takes 2 inputs');
  });
});

describe('latency', () => {
  it('orders its figures, and finds the larger network slower', async () => {
    const small = await latency(...pair(classifier(4)), { threads: 1, runs: 15 });
    expect(small.minMs).toBeGreaterThan(0);
    expect(small.minMs).toBeLessThanOrEqual(small.lowerMs);
    expect(small.lowerMs).toBeLessThanOrEqual(small.medianMs);
    expect(small.medianMs).toBeLessThanOrEqual(small.upperMs);
    expect(small).toMatchObject({ runs: 15, batch: 1, threads: 1, engine: 'onnxruntime' });
    const { a, b, ratio } = await compareLatency(classifier(256), classifier(4), {
      threads: 1,
      runs: 15,
      batch: 8,
    });
    expect(a.medianMs).toBeGreaterThan(b.medianMs);
    expect(ratio).toBeGreaterThan(1.5);
  });
});

function pair({ graph, weights }: ReturnType<typeof classifier>): [typeof graph, typeof weights] {
  return [graph, weights];
}

describe('a scorer of a caller', () => {
  it('is used as it is', async () => {
    const scorer: Scorer = {
      engine: 'test',
      threads: 1,
      kind: 'logits',
      head: {
        output: 'y',
        name: 'y',
        kind: 'logits',
        activation: 'none',
        node: 'y',
        size: 2,
        units: 2,
        classes: 2,
      },
      scores: async (_x, n) => Float32Array.from({ length: 2 * n }, (_, i) => (i % 2) * Math.log(3)),
      all: async () => expect.unreachable('one output is enough'),
      release: async () => expect.unreachable('the caller releases it'),
    };
    const score = await evaluate(scorer, batchesOf(new Float32Array(4), Int32Array.of(1, 1, 1, 0), 2));
    expect(score.accuracy).toBe(75);
    expect(score.loss).toBeCloseTo((3 * Math.log(4 / 3) + Math.log(4)) / 4, 6);
  });
});
