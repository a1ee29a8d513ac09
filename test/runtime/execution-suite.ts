import type * as tfc from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../support/builder.ts';
import { Random } from '../../src/graph/random.ts';
import { inferShapes, sizeOf } from '../../src/graph/shapes.ts';
import type { Graph, Weights } from '../../src/graph/types.ts';
import { openBackend } from '../../src/runtime/backend/open.ts';
import { forward, type Mode } from '../../src/runtime/forward.ts';
import { Network } from '../../src/runtime/training/network.ts';
import { defaultTrainSettings } from '../../src/runtime/training/schedule.ts';
import type { Backend } from '../../src/runtime/types.ts';
import { execute } from '../support/reference-executor.ts';
import { clipped, difference, limits, randomInputs, zoo, type Small } from './zoo.ts';
import type { BackendName } from '../../src/terms/choices.ts';

const N = 2;

/** What every backend must get right: values, gradients, memory. */
export function executionSuite(name: BackendName): void {
  let backend: Backend;
  beforeAll(async () => {
    backend = await openBackend({ prefer: name, threads: 1 });
    expect(backend.name).toBe(name);
  });
  afterAll(() => expect(backend.tf.memory().numTensors).toBe(0));

  const nets = zoo().map((net) => [net.name, net] as const);

  describe(`values on ${name} equal plain loops in double precision`, () => {
    it.each(nets)('%s', (_, { graph, weights }) => {
      const inputs = randomInputs(graph, N);
      const network = new Network(backend, graph, weights);
      const before = backend.tf.memory().numTensors;
      const ours = network.predict(inputs, N);
      expect(backend.tf.memory().numTensors).toBe(before);
      network.dispose();
      const theirs = byReference(graph, weights, inputs);
      ours.forEach((values, i) => expect(difference(values, theirs[i])).toBeLessThan(1e-5));
    });
  });

  describe(`gradients on ${name} equal numeric differentiation of the plain loops`, () => {
    it.each(nets)('%s', (_, net) => {
      const inputs = randomInputs(net.graph, N).map((x) => x.map((v) => v / 2));
      const { weights: g, inputs: gx, outputs } = tapeGradients(backend, net, inputs);
      for (const seed of [1, 2]) {
        const random = new Random(seed);
        const direction = new Map(
          [...g.keys()].map((id) => [id, normals(random, net.weights.get(id)!.length)]),
        );
        const towards = inputs.map((x) => normals(random, x.length));
        const along = (h: number): number => {
          const weights = new Map<string, Float64Array>();
          for (const [id, values] of net.weights) {
            const d = direction.get(id);
            weights.set(
              id,
              Float64Array.from(values, (v, i) => v + h * (d?.[i] ?? 0)),
            );
          }
          const moved = inputs.map((x, k) => Float64Array.from(x, (v, i) => v + h * towards[k][i]));
          const values = byReference(net.graph, weights as unknown as Weights, moved);
          return values.reduce((s, y, k) => s + dot(y, outputs[k]), 0);
        };
        const h = 1e-6;
        const numeric = (along(h) - along(-h)) / (2 * h);
        let analytic = 0;
        let scale = 1;
        const count = (gradient: ArrayLike<number>, d: ArrayLike<number>): void => {
          analytic += dot(gradient, d);
          scale += Math.sqrt(dot(gradient, gradient));
        };
        for (const [id, d] of direction) count(g.get(id)!, d);
        towards.forEach((d, k) => count(gx[k], d));
        expect(Math.abs(analytic - numeric) / scale).toBeLessThan(1e-4);
      }
    });
  });

  it(`${name}: a whole network in training mode has the gradient that its loss has`, () => {
    const b = new GraphBuilder({ seed: 8, lively: true });
    let h = b.activation(b.batchNorm(b.conv(b.input([6, 6, 2]), 4, 3)), 'swish');
    const s = b.batchNorm(b.conv(h, 4, 3, { bias: false }));
    h = b.merge('add', [h, s]);
    h = b.activation(b.batchNorm(b.depthwise(h, 3, { stride: 2 })), 'tanh');
    h = b.batchNorm(b.dense(b.flatten(h), 5));
    const { graph, weights } = b.build(h);
    const net = { name: 'training', graph, weights };
    const inputs = randomInputs(graph, 6);
    const mode: Mode = { training: true };
    const { weights: g, outputs } = tapeGradients(backend, net, inputs, mode);
    const random = new Random(3);
    const direction = new Map([...g.keys()].map((id) => [id, normals(random, weights.get(id)!.length)]));
    const along = (step: number): number => {
      const moved = new Map(weights);
      for (const [id, d] of direction)
        moved.set(
          id,
          weights.get(id)!.map((v, i) => v + step * d[i]),
        );
      return dot(runOnce(backend, graph, moved, inputs, mode), outputs[0]);
    };
    const step = 3e-3;
    const numeric = (along(step) - along(-step)) / (2 * step);
    const analytic = [...direction].reduce((sum, [id, d]) => sum + dot(g.get(id)!, d), 0);
    expect(Math.abs(numeric)).toBeGreaterThan(0.5);
    expect(Math.abs(analytic - numeric) / Math.abs(numeric)).toBeLessThan(5e-3);
  });

  it.each(limits)(
    `${name}: keeps every bit between limits, however far, and gradients there alone, %o`,
    (limit) => {
      const net = clipped(limit);
      const network = new Network(backend, net.graph, net.weights);
      expect(network.predict([limit.x], 1)[0]).toEqual(limit.values);
      network.dispose();
      const gradient = tapeGradients(backend, net, [limit.x]);
      // of a sum of the outputs, each with a factor of its own
      const right = limit.slopes.map((slope, i) => slope && gradient.outputs[0][i]);
      expect([...gradient.inputs[0]].map((g) => g || 0)).toEqual(right);
    },
  );

  it(`${name}: drops values early when it predicts`, () => {
    const b = new GraphBuilder({ seed: 8 });
    let h = b.input([4, 4, 2]);
    for (let i = 0; i < 12; i++) h = b.relu(b.conv(h, 2, 3));
    const { graph, weights } = b.build(h);
    const params = new Map(
      Object.values(graph.params).map((p) => [p.id, backend.tf.tensor(weights.get(p.id)!, [...p.shape])]),
    );
    const x = backend.tf.tensor(randomInputs(graph, 1)[0], [1, 4, 4, 2]);
    const before = backend.tf.memory().numTensors;
    let most = 0;
    const param = (id: string): tfc.Tensor => {
      most = Math.max(most, backend.tf.memory().numTensors - before);
      return params.get(id)!;
    };
    const [y] = forward(backend, graph, param, [x], { training: false });
    expect(backend.tf.memory().numTensors).toBe(before + 1);
    expect(most).toBeLessThanOrEqual(3);
    backend.tf.dispose([y, x, ...params.values()]);
  });

  it(`${name}: the same graph runs with narrower tensors`, () => {
    const wide = narrowable(6);
    const narrow = narrowable(4);
    const tensors = new Map(
      Object.values(narrow.graph.params).map((p) => [
        p.id,
        backend.tf.tensor(narrow.weights.get(p.id)!, [...p.shape]),
      ]),
    );
    const inputs = randomInputs(wide.graph, N);
    const y = backend.tf.tidy(() => {
      const x = backend.tf.tensor(inputs[0], [N, 6, 6, 2]);
      const [out] = forward(backend, wide.graph, (id) => tensors.get(id)!, [x], { training: false });
      return out.dataSync<'float32'>();
    });
    expect(difference(y, byReference(narrow.graph, narrow.weights, inputs)[0])).toBeLessThan(1e-5);
    backend.tf.dispose([...tensors.values()]);
  });

  it(`${name}: training keeps the number of live tensors, and dropout draws anew each step`, () => {
    const b = new GraphBuilder({ seed: 8 });
    const h = b.relu(b.batchNorm(b.conv(b.input([6, 6, 2]), 4, 3), { momentum: 0.5 }));
    const p = b.pool('maxPool', b.depthwise(h, 3), 2);
    const { graph, weights } = b.build(b.softmax(b.dense(b.dropout(b.flatten(p), 0.2), 3)));
    const network = new Network(backend, graph, weights);
    const settings = defaultTrainSettings('scratch', { images: 10 });
    const batch = { n: 6, x: randomInputs(graph, 6)[0], y: Int32Array.of(0, 1, 2, 0, 1, 2) };
    const losses = new Set<number>();
    const alive: number[][] = [];
    for (let i = 0; i < 20; i++) {
      losses.add(network.trainStep(batch, { rate: 0, settings }));
      alive.push([backend.kernels.liveTensors(), backend.tf.memory().numTensors]);
    }
    expect(losses.size).toBeGreaterThan(15);
    expect(new Set(alive.map(String)).size).toBe(1);
    for (let i = 0; i < 60; i++) network.trainStep(batch, { rate: 0.02, settings });
    const [probabilities] = network.predict(batch.x, 6);
    batch.y.forEach((y, i) => expect(probabilities[3 * i + y]).toBeGreaterThan(0.6));
    network.dispose();
  });
}

function narrowable(width: number): { graph: Graph; weights: Weights } {
  const b = new GraphBuilder({ seed: 8, lively: true });
  const h = b.relu(b.batchNorm(b.conv(b.input([6, 6, 2]), width, 3)));
  const s = b.reshape(b.globalPool(b.depthwise(h, 3)), [1, 1, width]);
  return b.build(b.dense(b.flatten(b.merge('multiply', [h, s])), 3));
}

/** Outputs of every sample, one after the other. */
function byReference(graph: Graph, weights: Weights, inputs: readonly ArrayLike<number>[]): Float64Array[] {
  const shapes = inferShapes(graph);
  const outputs = graph.outputs.map((id) => new Float64Array(N * sizeOf(shapes[id])));
  for (let i = 0; i < N; i++) {
    const one = graph.inputs.map((id, k) => {
      const size = sizeOf(shapes[id]);
      return { shape: shapes[id], data: Array.from({ length: size }, (_, p) => inputs[k][i * size + p]) };
    });
    execute(graph, weights, one).forEach((value, k) =>
      outputs[k].set(Array.from(value.data), i * value.data.length),
    );
  }
  return outputs;
}

/** Gradients of sum(outputs[k] * value of output k), with random `outputs`, to all trainable weights and the inputs. */
function tapeGradients(
  backend: Backend,
  { graph, weights }: Small,
  inputs: readonly Float32Array[],
  mode: Mode = { training: false, gradients: true },
): { weights: Map<string, Float32Array>; inputs: Float32Array[]; outputs: Float64Array[] } {
  const { tf } = backend;
  const shapes = inferShapes(graph);
  const n = inputs[0].length / sizeOf(shapes[graph.inputs[0]]);
  const random = new Random(77);
  const outputs = graph.outputs.map((id) =>
    Float64Array.from({ length: n * sizeOf(shapes[id]) }, () => Math.fround(random.normal())),
  );
  const trainable = Object.values(graph.params).filter((p) => p.trainable);
  tf.engine().startScope();
  try {
    const all = new Map(
      Object.values(graph.params).map((p) => [p.id, tf.tensor(weights.get(p.id)!, [...p.shape])]),
    );
    const xs = inputs.map((x, k) => tf.tensor(x, [n, ...shapes[graph.inputs[k]]]));
    const wanted = [...trainable.map((p) => all.get(p.id)!), ...xs];
    const gradients = tf.grads((...given: tfc.Tensor[]) => {
      const own = new Map(trainable.map((p, i) => [p.id, given[i]]));
      const ys = forward(
        backend,
        graph,
        (id) => own.get(id) ?? all.get(id)!,
        given.slice(trainable.length),
        mode,
      );
      const parts = ys.map((y, k) => tf.sum(tf.mul(y, tf.tensor(Float32Array.from(outputs[k]), y.shape))));
      return parts.reduce((a, b) => tf.add(a, b));
    })(wanted);
    const values = gradients.map((g) => g.dataSync<'float32'>().slice());
    return {
      weights: new Map(trainable.map((p, i) => [p.id, values[i]])),
      inputs: values.slice(trainable.length),
      outputs,
    };
  } finally {
    tf.engine().endScope();
  }
}

function runOnce(
  backend: Backend,
  graph: Graph,
  weights: Weights,
  inputs: readonly Float32Array[],
  mode: Mode,
) {
  const { tf } = backend;
  const shapes = inferShapes(graph);
  return tf.tidy(() => {
    const xs = inputs.map((x, k) =>
      tf.tensor(x, [x.length / sizeOf(shapes[graph.inputs[k]]), ...shapes[graph.inputs[k]]]),
    );
    const param = (id: string): tfc.Tensor => tf.tensor(weights.get(id)!, [...graph.params[id].shape]);
    return forward(backend, graph, param, xs, mode)[0].dataSync<'float32'>();
  });
}

function normals(random: Random, length: number): Float64Array {
  return Float64Array.from({ length }, () => random.normal());
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
