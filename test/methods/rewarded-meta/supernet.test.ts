import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../support/builder.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { Random } from '../../../src/graph/random.ts';
import { prune, sliceParam } from '../../../src/graph/surgery.ts';
import { Inherit } from '../../../src/methods/rewarded-meta/generators/inherit.ts';
import {
  type Genes,
  LEVELS,
  geneMapOf,
  uniformGenes,
  widthsOf,
} from '../../../src/methods/rewarded-meta/levels.ts';
import { PruningNet } from '../../../src/methods/rewarded-meta/generators/pruning-net.ts';
import { Supernet } from '../../../src/methods/rewarded-meta/supernet.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import { Network } from '../../../src/runtime/training/network.ts';
import type { Backend } from '../../../src/runtime/types.ts';
import { batchOf, smallNet } from '../nets.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ threads: 1 });
});

const { graph, weights } = smallNet();
const dependencies = findGroups(graph);
const geneMap = geneMapOf(dependencies);
const root = new Random(5).state;
const shuffled = dependencies.groups.map((g) => {
  const order = Array.from({ length: g.size }, (_, c) => c);
  return g.frozen === undefined ? new Random(g.index + 1).shuffle(order) : order;
});
const randomGenes = (random: Random): number[] => geneMap.groups.map(() => random.integer(0, LEVELS - 1));
const settings = {
  optimizer: 'sgd',
  momentum: 0.9,
  nesterov: false,
  weightDecay: 1e-4,
  labelSmoothing: 0.1,
} as const;

const open: Supernet[] = [];
afterEach(() => open.splice(0).forEach((s) => s.dispose()));

function supernet(
  kind: 'pruning-net' | 'inherit',
  options: { affine?: boolean; sample?: (random: Random) => Genes } = {},
) {
  const generator =
    kind === 'inherit'
      ? new Inherit(backend, graph, weights, dependencies, geneMap, {
          hidden: 8,
          weightRate: 0.4,
          random: root,
          order: shuffled,
        })
      : new PruningNet(backend, graph, weights, dependencies, geneMap, {
          hidden: 8,
          affine: options.affine ?? false,
          random: root,
        });
  const made = new Supernet(
    backend,
    graph,
    weights,
    dependencies,
    geneMap,
    generator,
    options.sample ?? randomGenes,
    root,
  );
  open.push(made);
  return made;
}

const values = (net: Supernet, name: string) =>
  net.generator.variables.get(name)!.variable.dataSync<'float32'>().slice();

describe('inherit', () => {
  it("is, before any training, exactly the source's own network cut to the same channels", () => {
    const net = supernet('inherit');
    const random = new Random(8);
    for (let i = 0; i < 10; i++) {
      const genes = randomGenes(random);
      const { graph: narrow, weights: made, kept } = net.narrow(genes);
      expect(kept.map((k) => k.length)).toEqual(widthsOf(geneMap, genes));
      kept.forEach((k, g) => expect(k).toEqual([...shuffled[g].slice(0, k.length)].sort((a, b) => a - b)));
      const cut = prune(graph, weights, dependencies, kept);
      expect(narrow).toEqual(cut.graph);
      expect(made).toEqual(cut.weights);
    }
    const full = net.narrow(uniformGenes(geneMap, 30));
    expect(full.weights).toEqual(weights);
  });

  it('gives every change a gradient, and the inherited weights a smaller rate', () => {
    const net = supernet('inherit', { sample: () => uniformGenes(geneMap, 30) });
    const before = new Map([...net.generator.variables.keys()].map((name) => [name, values(net, name)]));
    net.trainStep(batchOf(1), { rate: 0.1, settings });
    for (const [name, old] of before) {
      const moved = values(net, name).some((v, i) => v !== old[i]);
      // behind the zeroed last layer the first one hears nothing yet
      if (!/^change\/.1$/.test(name)) expect([name, moved]).toEqual([name, true]);
    }
    expect(net.generator.variables.get('weight/stem/kernel')!.rate).toBe(0.4);
  });
});

describe('pruning net', () => {
  it('has one two-layer generator a convolution, told of the groups that it touches, and none for the dense layer', () => {
    const net = supernet('pruning-net');
    const shape = (name: string) => net.generator.variables.get(name)?.variable.shape;
    expect(shape('generator/stem/kernel/w1')).toEqual([1, 8]);
    expect(shape('generator/stem/kernel/w2')).toEqual([8, 9 * 8]);
    expect(shape('generator/mid/kernel/w1')).toEqual([2, 8]);
    expect(shape('generator/mid/kernel/w2')).toEqual([8, 9 * 8 * 10]);
    expect(shape('generator/depthwise/kernel/w1')).toEqual([1, 8]);
    expect(shape('generator/classifier/kernel/w1')).toBe(undefined);
    expect(shape('weight/classifier/kernel')).toEqual([weights.get('classifier/kernel')!.length / 3, 3]);
    expect([...net.generator.variables.keys()].some((name) => /gamma|beta/.test(name))).toBe(false);
  });

  it('generates what its layers say, by hand, and crops the leading channels', () => {
    const net = supernet('pruning-net');
    const genes = randomGenes(new Random(21));
    const ratio = (node: string, role: 'kernel', axis: number) => {
      const group = dependencies.params[`${node}/${role}`][axis]!.group[0];
      return (10 + 3 * genes[geneMap.geneOf[group]]) / 100;
    };
    const told = [ratio('mid', 'kernel', 2), ratio('mid', 'kernel', 3)];
    const part = (name: string) => values(net, `generator/mid/kernel/${name}`);
    const [w1, b1, w2, b2] = ['w1', 'b1', 'w2', 'b2'].map(part);
    const hidden = Array.from(b1, (b, h) => Math.max(0, b + told[0] * w1[h] + told[1] * w1[8 + h]));
    const full = Float32Array.from(b2, (b, i) =>
      hidden.reduce((sum, v, h) => sum + v * w2[h * b2.length + i], b),
    );
    const { weights: made, kept } = net.narrow(genes);
    for (const k of kept) expect(k).toEqual(k.map((_, i) => i));
    const expected = sliceParam(full, [3, 3, 8, 10], dependencies.params['mid/kernel'], kept);
    const got = made.get('mid/kernel')!;
    expect(got.length).toBe(expected.length);
    for (let i = 0; i < got.length; i++) expect(got[i]).toBeCloseTo(expected[i], 5);
    expect(made.get('stem_bn/gamma')!.every((v) => v === 1)).toBe(true);
    expect(made.get('stem_bn/beta')!.every((v) => v === 0)).toBe(true);
  });

  it('starts near He deviation where no batch norm stands behind', () => {
    const kernel = supernet('pruning-net').narrow(uniformGenes(geneMap, 15)).weights.get('side/kernel')!;
    const deviation = Math.sqrt(kernel.reduce((s, v) => s + v * v, 0) / kernel.length);
    const fanIn = 8;
    expect(deviation / Math.sqrt(2 / fanIn)).toBeGreaterThan(0.4);
    expect(deviation / Math.sqrt(2 / fanIn)).toBeLessThan(2.5);
  });

  it.each([false, true])(
    'has gradients to every generator (affine %s) that agree with finite differences',
    (affine) => {
      const genes = geneMap.groups.map((_, i) => 18 + ((5 * i) % 11));
      const plain = { ...settings, momentum: 0, weightDecay: 0 };
      const net = supernet('pruning-net', { affine, sample: () => genes });
      const before = new Map([...net.generator.variables.keys()].map((name) => [name, values(net, name)]));
      const batch = batchOf(4, 32);
      const rate = 1;
      net.trainStep(batch, { rate, settings: plain });
      const after = new Map([...before.keys()].map((name) => [name, values(net, name)]));
      for (const [name, old] of before) {
        const gradient = Float64Array.from(after.get(name)!, (v, i) => (old[i] - v) / rate);
        const at = gradient.reduce((best, g, i) => (Math.abs(g) > Math.abs(gradient[best]) ? i : best), 0);
        expect([name, Math.abs(gradient[at]) > 1e-6]).toEqual([name, true]);
        if (!/mid|depthwise|classifier\/kernel|stem_bn/.test(name)) continue;
        const { variable } = net.generator.variables.get(name)!;
        const lossAt = (value: number): number => {
          for (const [n, v] of before)
            backend.tf.tidy(() =>
              net.generator.variables
                .get(n)!
                .variable.assign(
                  backend.tf.tensor(v.slice(), net.generator.variables.get(n)!.variable.shape),
                ),
            );
          const changed = old.slice();
          changed[at] = value;
          backend.tf.tidy(() => variable.assign(backend.tf.tensor(changed, variable.shape)));
          return net.trainStep(batch, { rate: 0, settings: plain });
        };
        const step = 5e-3;
        const slope = (lossAt(old[at] + step) - lossAt(old[at] - step)) / (2 * step);
        expect(Math.abs(slope - gradient[at])).toBeLessThan(0.1 * Math.abs(gradient[at]) + 2e-3);
      }
    },
  );
});

describe.each(['inherit', 'pruning-net'] as const)('training %s', (kind) => {
  it('learns, by seed the same, and goes on bit for bit from a snapshot', () => {
    const run = (net: Supernet, from: number, to: number) => {
      const losses: number[] = [];
      for (let i = from; i < to; i++)
        losses.push(net.trainStep(batchOf(100 + i, 32), { rate: 0.05, settings }));
      return losses;
    };
    const whole = supernet(kind);
    const losses = run(whole, 0, 40);
    const mean = (part: number[]) => part.reduce((a, b) => a + b) / part.length;
    expect(mean(losses.slice(-8))).toBeLessThan(mean(losses.slice(0, 8)));
    const first = supernet(kind);
    expect(run(first, 0, 20)).toEqual(losses.slice(0, 20));
    const saved = first.snapshot();
    const second = supernet(kind);
    second.restore({ json: JSON.parse(JSON.stringify(saved.json)), arrays: saved.arrays });
    expect(run(second, 20, 40)).toEqual(losses.slice(20));
    expect(second.snapshot().arrays).toEqual(whole.snapshot().arrays);
  });

  it('keeps the number of native tensors', () => {
    const net = supernet(kind);
    for (let i = 0; i < 3; i++) net.trainStep(batchOf(i), { rate: 0.05, settings });
    const live = backend.kernels.liveTensors();
    for (let i = 0; i < 3; i++) net.trainStep(batchOf(i), { rate: 0.05, settings });
    net.narrow(randomGenes(new Random(1)));
    expect(backend.kernels.liveTensors()).toBe(live);
  });

  it('makes networks that run and refuses a snapshot of another generator', () => {
    const net = supernet(kind);
    const { graph: narrow, weights: made } = net.narrow(uniformGenes(geneMap, 10));
    const network = new Network(backend, narrow, made);
    const [y] = network.predict(batchOf(1, 2).x, 2);
    network.dispose();
    expect(y).toHaveLength(6);
    expect(y.every(Number.isFinite)).toBe(true);
    const other = supernet(kind === 'inherit' ? 'pruning-net' : 'inherit');
    expect(() => net.restore(other.snapshot())).toThrow(/generator/);
  });
});

describe('dropout', () => {
  it('acts in training as it does in the training of the network itself, anew each step', () => {
    const b = new GraphBuilder({ seed: 4, lively: true });
    const h = b.relu(b.conv(b.input([6, 6, 1]), 6, 3, { name: 'stem' }));
    const { graph, weights } = b.build(b.softmax(b.dense(b.dropout(b.flatten(b.dropout(h, 0.3)), 0.5), 3)));
    const dependencies = findGroups(graph);
    const geneMap = geneMapOf(dependencies);
    const full = uniformGenes(geneMap, LEVELS - 1);
    const order = dependencies.groups.map((g) => Array.from({ length: g.size }, (_, c) => c));
    const generator = new Inherit(backend, graph, weights, dependencies, geneMap, {
      hidden: 8,
      weightRate: 1,
      random: root,
      order,
    });
    const net = new Supernet(backend, graph, weights, dependencies, geneMap, generator, () => full, root);
    open.push(net);
    const network = new Network(backend, graph, weights);
    const losses = (one: Supernet | Network) =>
      [1, 2, 2].map((seed) => one.trainStep(batchOf(3), { rate: 0, settings, seed }));
    const [expected, got] = [losses(network), losses(net)];
    network.dispose();
    got.forEach((loss, i) => expect(loss).toBeCloseTo(expected[i], 5));
    expect(new Set(got.map((loss) => loss.toFixed(4))).size).toBe(3);
  });
});
