import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../support/builder.ts';
import { Random } from '../../../src/graph/random.ts';
import type { Graph } from '../../../src/graph/types.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import { Distance } from '../../../src/runtime/scoring/distance.ts';
import { headsOf } from '../../../src/runtime/heads.ts';
import { Network } from '../../../src/runtime/training/network.ts';
import { evaluate } from '../../../src/runtime/scoring/score.ts';
import { Distiller } from '../../../src/runtime/training/distiller.ts';
import { Teacher } from '../../../src/runtime/training/teacher.ts';
import type { Backend, Batch } from '../../../src/runtime/types.ts';
import { python } from '../../support/keras.ts';
import { lacks, needs } from '../../support/needs.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ threads: 1 });
});
afterAll(() => expect(backend.tf.memory().numTensors).toBe(0));

const N = 6;
const K = 3;
const settings = {
  optimizer: 'sgd',
  momentum: 0.9,
  nesterov: false,
  weightDecay: 0,
  labelSmoothing: 0.1,
} as const;

/** What is fed comes out as logits, by a dense layer that changes nothing; the first end is the labels' own. */
function passing(ends: (b: GraphBuilder, x: string) => string[]) {
  const b = new GraphBuilder({ seed: 1 });
  const x = b.dense(b.flatten(b.input([1, 1, K])), K, { name: 'd', bias: false });
  const { graph, weights } = b.build(ends(b, x));
  const identity = Float32Array.from({ length: K * K }, (_, i) => Number(i % (K + 1) === 0));
  return { graph, weights: new Map(weights).set('d/kernel', identity) };
}

function random(seed: number): number[][] {
  const draw = new Random(seed);
  return Array.from({ length: N }, () => Array.from({ length: K }, () => 2 * draw.normal()));
}
const flat = (rows: number[][]): Float32Array => Float32Array.from(rows.flat());

const need = needs(lacks.keras());
describe.skipIf(need.skip)(need.name('losses are those of real Keras'), () => {
  const logits = random(1);
  const answers = random(2);
  const labels = Array.from({ length: N }, (_, i) => (i * 2) % K);
  const batch: Batch = { n: N, x: flat(logits), y: Int32Array.from(labels) };
  let keras: Record<string, number>;
  beforeAll(() => {
    const input = JSON.stringify({ logits, labels, answers });
    keras = JSON.parse(
      execFileSync(python!, ['test/runtime/keras_losses.py'], {
        input,
        stdio: ['pipe', 'pipe', 'ignore'],
      }).toString(),
    ) as Record<string, number>;
  });

  it.each<[string, (b: GraphBuilder, x: string) => string]>([
    ['softmax', (b, x) => b.softmax(x)],
    ['logits', (_, x) => x],
    ['sigmoids', (b, x) => b.activation(x, 'sigmoid')],
  ])('a training step of %s, by labels', (name, end) => {
    const { graph, weights } = passing((b, x) => [end(b, x)]);
    const network = new Network(backend, graph, weights);
    expect(network.trainStep(batch, { rate: 0.1, settings })).toBeCloseTo(keras[name], 5);
    network.dispose();
  });

  it('several sigmoids, scored: their binary cross-entropy, and the top-1 by its name', async () => {
    const { graph, weights } = passing((b, x) => [b.activation(x, 'sigmoid')]);
    const once = async function* () {
      yield batch;
    };
    const score = await evaluate({ graph, weights }, once());
    expect(score.loss).toBeCloseTo(keras.plain, 5);
    expect(score.measure).toBe('top-1 of sigmoids');
  });

  it.each<[string, (b: GraphBuilder, x: string) => string]>([
    ['softmax', (b, x) => b.softmax(x)],
    ['sigmoids', (b, x) => b.activation(x, 'sigmoid')],
    ['logits', (_, x) => x],
  ])('how far %s are from the original’s answers', async (name, end) => {
    const { graph, weights } = passing((b, x) => [end(b, x)]);
    const network = new Network(backend, graph, weights);
    const distance = new Distance(headsOf(graph)[0]);
    distance.add(network.predict(flat(answers), N)[0], network.predict(flat(logits), N)[0]);
    network.dispose();
    expect(distance.score.value).toBeCloseTo(keras[`${name}Answers`], 5);
  });
});

describe('several outputs', () => {
  /** Labels are of `kind`; `side` shares the first layer with it. */
  function two(): { graph: Graph; weights: Map<string, Float32Array> } {
    const b = new GraphBuilder({ seed: 3, lively: true });
    const h = b.relu(b.dense(b.flatten(b.input([2, 2, 3])), 8, { name: 'shared' }));
    const side = b.dense(h, 2, { name: 'side' });
    const { graph, weights } = b.build([side, b.softmax(b.dense(h, K, { name: 'kind' }))]);
    return { graph, weights: new Map(weights) };
  }
  const draw = new Random(5);
  const x = Float32Array.from({ length: 16 * 12 }, () => draw.normal());
  const batch: Batch = { n: 16, x, y: Int32Array.from({ length: 16 }, (_, i) => i % K) };
  const once = async function* () {
    yield batch;
  };

  it('the other ones keep to the original’s answers, where the labels alone would drive them off', async () => {
    const { graph, weights } = two();
    const teacher = (await Teacher.open(backend, graph, weights, once()))!;
    const far: number[] = [];
    for (const answered of [true, false]) {
      const network = new Network(backend, graph, weights);
      for (let step = 0; step < 60; step++)
        for await (const one of answered ? teacher.answer(once()) : once())
          network.trainStep(one, { rate: 0.05, settings: { ...settings, labelSmoothing: 0 } });
      const score = await evaluate({ graph, weights: network.weights() }, once(), {
        original: { graph, weights },
      });
      far.push(score.outputs![0].value);
      expect(score.outputs![0]).toMatchObject({ name: 'side', loss: 'mean squared error' });
      expect(score.loss).toBeLessThan(0.5);
      network.dispose();
    }
    teacher.dispose();
    expect(far[0]).toBeLessThan(far[1] / 20);
  });

  it('the original itself is at no distance', async () => {
    const { graph, weights } = two();
    const score = await evaluate({ graph, weights }, once(), { original: { graph, weights } });
    expect(score.outputs).toEqual([{ name: 'side', loss: 'mean squared error', value: 0 }]);
  });

  it('one output has no teacher', async () => {
    const { graph, weights } = passing((b, x) => [b.softmax(x)]);
    expect(await Teacher.open(backend, graph, weights, once())).toBeNull();
  });
});

describe('distilled from the original', () => {
  const plain = { ...settings, labelSmoothing: 0 };
  const batch: Batch = { n: 2, x: Float32Array.of(1, 2, 3, 0, 0, 0), y: Int32Array.of(0, 1) };
  const once = async function* () {
    yield batch;
  };
  const taught = async (end: (b: GraphBuilder, x: string) => string) => {
    const original = passing((b, x) => [end(b, x)]);
    const distiller = Distiller.of(backend, original.graph, original.weights)!;
    let one: Batch = batch;
    for await (const answered of distiller.teach(once())) one = answered;
    distiller.dispose();
    return { original, one };
  };

  it.each<[string, (b: GraphBuilder, x: string) => string, number[]]>([
    // e^1, e^2, e^3 over their sum, by hand
    ['softmax', (b, x) => b.softmax(x), [0.09003, 0.24473, 0.66524, 1 / 3, 1 / 3, 1 / 3]],
    ['logits', (_, x) => x, [0.09003, 0.24473, 0.66524, 1 / 3, 1 / 3, 1 / 3]],
    ['sigmoids', (b, x) => b.activation(x, 'sigmoid'), [0.73106, 0.8808, 0.95257, 0.5, 0.5, 0.5]],
  ])('by %s it believes in each class so much', async (_, end, expected) => {
    const { one } = await taught(end);
    one.believed!.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4));
  });

  it('has nothing to learn from itself alone, and something from labels', async () => {
    for (const end of [
      (b: GraphBuilder, x: string) => b.softmax(x),
      (b: GraphBuilder, x: string) => b.activation(x, 'sigmoid'),
    ]) {
      const { original, one } = await taught(end);
      for (const distillation of [1, 0.7]) {
        const network = new Network(backend, original.graph, original.weights);
        network.trainStep(one, { rate: 1, settings: { ...plain, distillation } });
        const moved = network
          .weights()
          .get('d/kernel')!
          .map((value, i) => value - original.weights.get('d/kernel')![i]);
        const most = Math.max(...moved.map(Math.abs));
        if (distillation === 1) expect(most).toBeLessThan(1e-6);
        else expect(most).toBeGreaterThan(0.01);
        network.dispose();
      }
    }
  });

  it('loses as much as the mixture of both targets says', async () => {
    const { original, one } = await taught((b, x) => b.softmax(x));
    const network = new Network(backend, original.graph, original.weights);
    const loss = network.trainStep(one, { rate: 0, settings: { ...plain, distillation: 0.5 } });
    network.dispose();
    // -sum t log p, t = (p + label) / 2: image 1 has -log p of 2.4076, 1.4076, 0.4076, image 2 log 3 whatever t
    const first = 0.5 * (0.09003 * 2.4076 + 0.24473 * 1.4076 + 0.66524 * 0.4076) + 0.5 * 2.4076;
    expect(loss).toBeCloseTo((first + Math.log(3)) / 2, 4);
  });

  it('needs the original’s answers', () => {
    const { graph, weights } = passing((b, x) => [b.softmax(x)]);
    const network = new Network(backend, graph, weights);
    expect(() => network.trainStep(batch, { rate: 0.1, settings: { ...plain, distillation: 0.5 } })).toThrow(
      /lacks the original's answers/,
    );
    network.dispose();
  });
});
