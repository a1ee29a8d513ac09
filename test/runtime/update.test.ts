import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../support/builder.ts';
import { InputError } from '../../src/graph/errors.ts';
import type { Graph, Weights } from '../../src/graph/types.ts';
import { openBackend } from '../../src/runtime/backend/open.ts';
import { Network, type StepOptions } from '../../src/runtime/training/network.ts';
import type { Backend, Batch } from '../../src/runtime/types.ts';
import { difference } from './zoo.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ threads: 1 });
});
afterAll(() => expect(backend.tf.memory().numTensors).toBe(0));

/** logits = x W + b on two inputs and two classes: its gradient is p - target, worked out below in doubles. */
function linear(): { graph: Graph; weights: Weights } {
  const b = new GraphBuilder({ seed: 1, lively: true });
  return b.build(b.softmax(b.dense(b.input([2]), 2, { name: 'd' })));
}

const batch: Batch = { n: 2, x: Float32Array.of(1, 2, -1, 0.5), y: Int32Array.of(0, 1) };
const base: StepOptions['settings'] = {
  optimizer: 'sgd',
  momentum: 0.9,
  nesterov: false,
  weightDecay: 0,
  labelSmoothing: 0,
};

function gradients(w: number[], b: number[], smoothing: number): { loss: number; w: number[]; b: number[] } {
  const g = { loss: 0, w: [0, 0, 0, 0], b: [0, 0] };
  for (let i = 0; i < 2; i++) {
    const [x0, x1] = [batch.x[2 * i], batch.x[2 * i + 1]];
    const z = [0, 1].map((k) => x0 * w[k] + x1 * w[2 + k] + b[k]);
    const sum = Math.exp(z[0]) + Math.exp(z[1]);
    for (let k = 0; k < 2; k++) {
      const p = Math.exp(z[k]) / sum;
      const t = (k === batch.y[i] ? 1 - smoothing : 0) + smoothing / 2;
      g.loss -= (t * Math.log(p)) / 2;
      g.w[k] += ((p - t) * x0) / 2;
      g.w[2 + k] += ((p - t) * x1) / 2;
      g.b[k] += (p - t) / 2;
    }
  }
  return g;
}

function run(settings: StepOptions['settings'], steps: number, rate: number) {
  const { graph, weights } = linear();
  const network = new Network(backend, graph, weights);
  const losses = Array.from({ length: steps }, () => network.trainStep(batch, { rate, settings }));
  const after = network.weights();
  network.dispose();
  return { losses, start: weights, after };
}

/** The same by hand. */
function reference(settings: StepOptions['settings'], steps: number, rate: number, start: Weights) {
  const w = [...start.get('d/kernel')!];
  const b = [...start.get('d/bias')!];
  const losses: number[] = [];
  const m = [0, 0, 0, 0, 0, 0];
  const v = [0, 0, 0, 0, 0, 0];
  for (let t = 1; t <= steps; t++) {
    const g = gradients(w, b, settings.labelSmoothing);
    losses.push(g.loss);
    const all = [...g.w.map((x, i) => x + settings.weightDecay * w[i]), ...g.b];
    const change = all.map((x, i) => {
      if (settings.optimizer === 'sgd') {
        m[i] = settings.momentum * m[i] + x;
        return rate * (settings.nesterov ? x + settings.momentum * m[i] : m[i]);
      }
      m[i] = 0.9 * m[i] + 0.1 * x;
      v[i] = 0.999 * v[i] + 0.001 * x * x;
      const first = m[i] / (1 - 0.9 ** t);
      const second = v[i] / (1 - 0.999 ** t);
      return (rate * first) / (Math.sqrt(second) + 1e-7);
    });
    for (let i = 0; i < 4; i++) w[i] -= change[i];
    for (let i = 0; i < 2; i++) b[i] -= change[4 + i];
  }
  return { losses, w, b };
}

describe('updates equal hand-computed ones', () => {
  const cases: [string, StepOptions['settings']][] = [
    ['sgd with momentum', base],
    ['nesterov', { ...base, nesterov: true }],
    ['weight decay on the kernel, not on the bias', { ...base, weightDecay: 0.1 }],
    ['nesterov with decay', { ...base, nesterov: true, weightDecay: 0.1 }],
    ['label smoothing', { ...base, labelSmoothing: 0.2 }],
    ['adam', { ...base, optimizer: 'adam' }],
    ['adam with decay', { ...base, optimizer: 'adam', weightDecay: 0.1 }],
  ];
  it.each(cases)('%s', (_, settings) => {
    const ours = run(settings, 4, 0.1);
    const hand = reference(settings, 4, 0.1, ours.start);
    expect(difference(ours.losses, hand.losses)).toBeLessThan(1e-5);
    expect(difference(ours.after.get('d/kernel')!, hand.w)).toBeLessThan(1e-5);
    expect(difference(ours.after.get('d/bias')!, hand.b)).toBeLessThan(1e-5);
  });
});

describe('a step', () => {
  const image: Batch = {
    n: 3,
    x: Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
    y: Int32Array.of(0, 1, 1),
  };

  function normed(): { graph: Graph; weights: Weights } {
    const b = new GraphBuilder({ seed: 1, lively: true });
    const h = b.batchNorm(b.input([2, 2, 2]), { name: 'bn', momentum: 0.8 });
    return b.build(b.softmax(b.dense(b.globalPool(b.relu(h)), 2, { name: 'd' })));
  }

  it('moves batch-norm statistics by their momentum towards the (biased) batch statistics', () => {
    const { graph, weights } = normed();
    const network = new Network(backend, graph, weights);
    network.trainStep(image, { rate: 0, settings: base });
    const after = network.weights();
    network.dispose();
    for (let c = 0; c < 2; c++) {
      const values = [...image.x].filter((_, i) => i % 2 === c);
      const mean = values.reduce((a, v) => a + v, 0) / 12;
      const variance = values.reduce((a, v) => a + (v - mean) ** 2, 0) / 12;
      expect(after.get('bn/mean')![c]).toBeCloseTo(0.8 * weights.get('bn/mean')![c] + 0.2 * mean, 5);
      expect(after.get('bn/variance')![c]).toBeCloseTo(
        0.8 * weights.get('bn/variance')![c] + 0.2 * variance,
        5,
      );
    }
    for (const id of ['bn/gamma', 'bn/beta', 'd/kernel', 'd/bias'])
      expect(after.get(id)).toEqual(weights.get(id));
  });

  it('leaves frozen weights, and a frozen batch norm runs on its moving statistics', () => {
    const { graph, weights } = normed();
    const params = Object.fromEntries(
      Object.entries(graph.params).map(([id, p]) => [id, { ...p, trainable: id.startsWith('d/') }]),
    );
    const network = new Network(backend, { ...graph, params }, weights);
    const [p] = network.predict(image.x, 3);
    const loss = network.trainStep(image, { rate: 0.1, settings: base });
    const after = network.weights();
    network.dispose();
    const expected = [...image.y].reduce((s, y, i) => s - Math.log(p[2 * i + y]) / 3, 0);
    expect(loss).toBeCloseTo(expected, 5);
    for (const id of Object.keys(params).filter((id) => id.startsWith('bn/')))
      expect(after.get(id)).toEqual(weights.get(id));
    expect(after.get('d/kernel')).not.toEqual(weights.get('d/kernel'));
  });

  it('trains a single sigmoid unit by binary cross-entropy', () => {
    const b = new GraphBuilder({ seed: 1, lively: true });
    const { graph, weights } = b.build(b.activation(b.dense(b.input([2]), 1, { name: 'd' }), 'sigmoid'));
    const network = new Network(backend, graph, weights);
    const [p] = network.predict(batch.x, 2);
    const loss = network.trainStep(batch, { rate: 1, settings: { ...base, momentum: 0 } });
    const bias = network.weights().get('d/bias')![0];
    network.dispose();
    expect(loss).toBeCloseTo(-(Math.log(1 - p[0]) + Math.log(p[1])) / 2, 5);
    expect(bias).toBeCloseTo(weights.get('d/bias')![0] - (p[0] + (p[1] - 1)) / 2, 5);
  });

  it('refuses what does not fit', () => {
    const { graph, weights } = linear();
    expect(() => new Network(backend, graph, new Map())).toThrow('weight d/kernel has no values');
    const network = new Network(backend, graph, weights);
    expect(() => network.predict(new Float32Array(3), 2)).toThrow(InputError);
    const wrong: Batch = { ...batch, y: Int32Array.of(0, 2) };
    expect(() => network.trainStep(wrong, { rate: 0.1, settings: base })).toThrow('class 2');
    expect(() => network.restore({ json: { kind: 'else' }, arrays: new Map() })).toThrow(InputError);
    network.dispose();
  });
});
