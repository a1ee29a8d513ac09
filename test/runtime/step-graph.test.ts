import type * as tfc from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node/dist/nodejs_kernel_backend';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../support/builder.ts';
import { Random } from '../../src/graph/random.ts';
import { inferShapes } from '../../src/graph/shapes.ts';
import type { Graph, Weights } from '../../src/graph/types.ts';
import { openBackend } from '../../src/runtime/backend/open.ts';
import { forward } from '../../src/runtime/forward.ts';
import { Network } from '../../src/runtime/training/network.ts';
import type { StepOptions } from '../../src/runtime/training/network.ts';
import { defaultTrainSettings } from '../../src/runtime/training/schedule.ts';
import { trainToEnd } from '../support/train-to-end.ts';
import type { Backend, Batch, Kernels, Snapshot } from '../../src/runtime/types.ts';
import { lacks, needs } from '../support/needs.ts';
import { difference, randomInputs, zoo } from './zoo.ts';

const need = needs(await lacks.tensorflow());

describe.skipIf(need.skip)(need.name('a step as one graph'), () => {
  let backend: Backend;
  const graphs = (): number => (backend.tf.backend() as unknown as NodeJSKernelBackend).getNumOfSavedModels();
  beforeAll(async () => {
    backend = await openBackend({ prefer: 'tensorflow', threads: 2 });
  });
  afterAll(() => {
    expect(backend.tf.memory().numTensors).toBe(0);
    expect(graphs()).toBe(0);
  });

  describe('gives values and gradients of other inputs and weights as op by op does', () => {
    it.each(zoo().map((net) => [net.name, net] as const))('%s', (_, { graph }) => {
      const { tf, kernels } = backend;
      const n = 3;
      const shapes = inferShapes(graph);
      const params = Object.values(graph.params);
      const frozen = params.filter((p) => !p.trainable);
      const trained = params.filter((p) => p.trainable);
      const random = new Random(4);
      const noise = (size: number, least = 0): Float32Array =>
        Float32Array.from({ length: size }, () => (least ? least + random.uniform() : random.normal() / 2));
      const tensor = (p: (typeof params)[number]): tfc.Tensor =>
        // moving variances must not be negative
        tf.tensor(noise(product(p.shape), p.trainable ? 0 : 0.5), [...p.shape]);
      const given = (seed: number): tfc.Tensor[] => [
        ...randomInputs(graph, n, seed).map((x, k) => tf.tensor(x, [n, ...shapes[graph.inputs[k]]])),
        ...[...frozen, ...trained].map(tensor),
      ];
      const rest = graph.inputs.length + frozen.length;
      const work = (all: tfc.Tensor[]) => (): tfc.Tensor[] => {
        const { value, grads } = tf.valueAndGrads((...weights: tfc.Tensor[]) => {
          const own = new Map(
            [...frozen, ...trained].map((p, i) => [
              p.id,
              i < frozen.length ? all[graph.inputs.length + i] : weights[1 + i - frozen.length],
            ]),
          );
          const xs = [weights[0], ...all.slice(1, graph.inputs.length)];
          const mode = { training: false, gradients: true };
          const ys = forward(backend, graph, (id) => own.get(id)!, xs, mode);
          return ys.map((y) => tf.sum(tf.mul(y, y))).reduce((a, b) => tf.add(a, b));
        })([all[0], ...all.slice(rest)]);
        return [value, ...grads];
      };
      tf.tidy(() => {
        const first = given(5);
        const compiled = kernels.compile!(first, work(first));
        expect(compiled).toBeDefined();
        for (const seed of [6, 7]) {
          const other = given(seed);
          const ours = compiled!.run(other);
          const theirs = work(other)();
          expect(ours).toHaveLength(theirs.length);
          ours.forEach((t, i) => {
            expect(t.shape).toEqual(theirs[i].shape);
            expect(difference(t.dataSync(), theirs[i].dataSync())).toBeLessThan(2e-5);
          });
        }
        compiled!.dispose();
      });
    });
  });

  it('trains as op by op does: dropout, batch norms, a frozen one, clipping, a penalty', () => {
    const steps = (options: Partial<StepOptions>): { losses: number[]; weights: Weights } => {
      const { graph, weights } = lively();
      const network = new Network(backend, graph, weights);
      const settings = { ...defaultTrainSettings('scratch', { images: 10 }), clipNorm: 0.5 };
      const penalty: StepOptions['penalty'] = (_, weight) => backend.tf.mul(weight, 1e-3);
      const losses = Array.from({ length: 12 }, (_, i) =>
        network.trainStep(batchOf(graph, i), { rate: 0.02, settings, seed: 3, penalty, ...options }),
      );
      const trained = network.weights();
      network.dispose();
      return { losses, weights: trained };
    };
    const [eager, graph, again] = [{}, { asGraph: true }, { asGraph: true }].map(steps);
    expect(difference(graph.losses, eager.losses)).toBeLessThan(1e-4);
    expect(new Set(graph.losses.map((loss) => loss.toFixed(4))).size).toBeGreaterThan(9);
    for (const [id, values] of eager.weights)
      expect(difference(graph.weights.get(id)!, values)).toBeLessThan(2e-3);
    expect(again.losses).toEqual(graph.losses);
    for (const [id, values] of graph.weights) expect(again.weights.get(id)).toEqual(values);
  });

  it('is made once for a batch size, frees what it held, and keeps the number of live tensors', () => {
    const { graph, weights } = lively();
    const before = [graphs(), backend.kernels.liveTensors()];
    const network = new Network(backend, graph, weights);
    const settings = defaultTrainSettings('scratch', { images: 10 });
    const step = (n: number): number[] => {
      network.trainStep(batchOf(graph, 1, n), { rate: 0.02, settings, asGraph: true });
      return [graphs(), backend.kernels.liveTensors(), backend.tf.memory().numTensors];
    };
    const first = step(6);
    expect(first[0]).toBe(before[0] + 1);
    for (let i = 0; i < 5; i++) expect(step(6)).toEqual(first);
    expect(step(4)).toEqual(first);
    expect(step(6)).toEqual(first);
    network.dispose();
    expect([graphs(), backend.kernels.liveTensors()]).toEqual(before);
  });

  it('is what a long training takes, also after a resume, with the same bits; a short one does not', async () => {
    const { graph, weights } = lively();
    const batches = async function* (epoch: number, from: number): AsyncGenerator<Batch> {
      for (let i = from; i < 3; i++) yield batchOf(graph, 3 * epoch + i, i < 2 ? 6 : 4);
    };
    const trained = async (epochs: number, from?: Snapshot) => {
      const network = new Network(backend, graph, weights);
      const settings = { ...defaultTrainSettings('scratch', { images: 10 }), epochs, batchSize: 6 };
      const options = { batches, stepsPerEpoch: 3, settings, seed: 1, from, checkpointSeconds: 0 };
      const snapshots: Snapshot[] = [];
      await trainToEnd(network, options, (event) => {
        if (event.type === 'checkpoint') snapshots.push(event.take());
      });
      const result = { graphs: graphs(), snapshots, weights: network.weights() };
      network.dispose();
      return result;
    };
    const [short, long] = [await trained(3), await trained(20)];
    expect([short.graphs, long.graphs]).toEqual([0, 1]);
    // two whole mini-batches are left, or one of four images, or all
    for (const at of [long.snapshots.length - 6, long.snapshots.length - 3, 0]) {
      const resumed = await trained(20, long.snapshots[at]);
      for (const [id, values] of long.weights) expect(resumed.weights.get(id)).toEqual(values);
    }
  });

  it('gives way to op by op where the backend takes it but fails to run it', () => {
    const { graph, weights } = lively();
    const settings = defaultTrainSettings('scratch', { images: 10 });
    let disposed = 0;
    const compile: Kernels['compile'] = (_, work) => {
      backend.tf.dispose(work());
      const run = (): never => {
        throw new Error('no kernel for it');
      };
      return { run, dispose: () => disposed++ };
    };
    const failing = { ...backend, kernels: { ...backend.kernels, compile } };
    const losses = [backend, failing].map((engine) => {
      const network = new Network(engine, graph, weights);
      const step = (i: number): number =>
        network.trainStep(batchOf(graph, i), { rate: 0.02, settings, asGraph: engine === failing });
      const all = [0, 1, 2].map(step);
      network.dispose();
      return all;
    });
    expect(losses[1]).toEqual(losses[0]);
    expect(disposed).toBe(1);
  });

  it('is not made where a value from outside took part', () => {
    const { tf, kernels } = backend;
    tf.tidy(() => {
      const [x, outside] = [tf.ones([2]), tf.exp(tf.ones([2]))];
      expect(kernels.compile!([x], () => [tf.add(x, outside)])).toBeUndefined();
      const inside = kernels.compile!([x], () => [tf.add(x, tf.exp(tf.ones([2])))])!;
      expect(inside.run([tf.scalar(0).add(x)])[0].dataSync()[1]).toBeCloseTo(1 + Math.E, 5);
      inside.dispose();
    });
    expect(graphs()).toBe(0);
  });
});

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function lively(): { graph: Graph; weights: Weights } {
  const b = new GraphBuilder({ seed: 8, lively: true });
  const h = b.relu(b.batchNorm(b.conv(b.input([6, 6, 2]), 4, 3), { momentum: 0.5 }));
  const p = b.pool('maxPool', b.batchNorm(b.depthwise(h, 3)), 2);
  const { graph, weights } = b.build(b.softmax(b.dense(b.dropout(b.flatten(p), 0.2), 3)));
  const last = graph.nodes.findLast(({ op }) => op.kind === 'batchNorm')!;
  const params = { ...graph.params };
  for (const role of ['gamma', 'beta'])
    params[last.params[role]] = { ...params[last.params[role]], trainable: false };
  return { graph: { ...graph, params }, weights };
}

function batchOf(graph: Graph, seed: number, n = 6): Batch {
  return {
    n,
    x: randomInputs(graph, n, seed)[0],
    y: Int32Array.from({ length: n }, (_, i) => (i + seed) % 3),
  };
}
