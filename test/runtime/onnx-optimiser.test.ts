// ONNX Runtime's optimiser merges neighbouring layers, and what it makes of them must be the network still: random
// chains of such neighbours, optimised, as they are, and by the backend that trains.
import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../support/builder.ts';
import { Random } from '../../src/graph/random.ts';
import type { ActivationKind, Graph, Op, Weights } from '../../src/graph/types.ts';
import { openBackend } from '../../src/runtime/backend/open.ts';
import { Network } from '../../src/runtime/training/network.ts';
import { exportOnnx } from '../../src/runtime/export-onnx.ts';
import type { Backend } from '../../src/runtime/types.ts';
import { ACTIVATIONS, difference, randomInputs } from './zoo.ts';
import type { BackendName } from '../../src/terms/choices.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({
    prefer: process.env.ESPALIER_BACKEND as BackendName | undefined,
    threads: 1,
  });
});

async function byOnnx(
  graph: Graph,
  weights: Weights,
  inputs: readonly Float32Array[],
  n: number,
  graphOptimizationLevel: 'all' | 'disabled',
): Promise<Float32Array[]> {
  const network = exportOnnx(graph, weights);
  const session = await ort.InferenceSession.create(network.bytes, {
    graphOptimizationLevel,
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const feeds = inputs.map((x, i) => [`input${i}`, new ort.Tensor('float32', x, [n, ...network.inputs[i]])]);
  const result = await session.run(Object.fromEntries(feeds) as Record<string, ort.Tensor>);
  await session.release();
  return network.outputs.map((_, i) => result[`output${i}`].data as Float32Array);
}

async function agree(graph: Graph, weights: Weights, seed: number): Promise<void> {
  const n = 2;
  const inputs = randomInputs(graph, n, seed);
  const network = new Network(backend, graph, weights);
  const right = network.predict(inputs, n);
  network.dispose();
  const what = graph.nodes.map(({ op }) => JSON.stringify(op)).join('\n');
  for (const level of ['all', 'disabled'] as const) {
    const found = await byOnnx(graph, weights, inputs, n, level);
    right.forEach((values, i) =>
      expect(difference(found[i], values), `${level}\n${what}`).toBeLessThan(1e-5),
    );
  }
}

/** Three to seven steps, many of them of the kinds that optimisers move about. */
function chain(seed: number): { graph: Graph; weights: Weights } {
  const random = new Random(seed);
  const b = new GraphBuilder({ seed, lively: true });
  const spread = () => random.pick([0, 0, 1, 2]);
  const raw = (x: string, op: Op) => b.add(op, [x]);
  const channels = (x: string) => b.shape(x)[2];
  const vector = (n: number) => Array.from({ length: n }, () => 2 * random.uniform() - 1);
  const steps: ((x: string) => string)[] = [
    (x) => b.zeroPad(x, [spread(), spread(), spread(), spread()]),
    (x) => b.zeroPad(x, [1, 1, 1, 1]),
    (x) => b.zeroPad(b.zeroPad(x, [3, 0, 4, 1]), [0, 1, 0, 1]),
    (x) =>
      b.pool(random.pick(['maxPool', 'avgPool']), x, random.pick([2, 3]), {
        stride: random.pick([1, 2]),
        padding: random.pick(['same', 'valid']),
      }),
    (x) =>
      b.conv(x, random.pick([2, 4]), random.pick([1, 3]), {
        padding: random.pick(['same', 'valid']),
        stride: random.pick([1, 2]),
        bias: random.uniform() < 0.5,
      }),
    (x) => b.depthwise(x, 3, { padding: random.pick(['same', 'valid']), bias: random.uniform() < 0.5 }),
    (x) => b.convTranspose(x, 3, 3, { stride: random.pick([1, 2]) }),
    (x) => b.batchNorm(x),
    (x) => raw(x, { kind: 'affine', scale: [0.5], offset: [-0.7] }),
    (x) => raw(x, { kind: 'affine', scale: vector(channels(x)), offset: vector(channels(x)) }),
    (x) => b.activation(x, random.pick(ACTIVATIONS as ActivationKind[])),
    (x) =>
      raw(x, { kind: 'activation', activation: 'clippedRelu', alpha: 0.1, maxValue: 1.5, threshold: 0.4 }),
    (x) => raw(x, { kind: 'activation', activation: 'clip', minValue: -0.4, maxValue: 0.7 }),
    (x) => raw(x, { kind: 'zeroPad', padding: [1, 0, 0, 1], value: 0.7 }),
    (x) => b.crop(x, [0, 1, 1, 0]),
    (x) => b.upsample(x, 2, { interpolation: random.pick(['nearest', 'bilinear']) }),
    (x) =>
      b.permute(
        x,
        random.pick([
          [1, 0, 2],
          [0, 2, 1],
        ]),
      ),
    (x) => b.reshape(x, [b.shape(x)[0] * b.shape(x)[1], 1, channels(x)]),
    (x) => raw(b.dropout(x), { kind: 'identity' }),
    (x) => b.merge(random.pick(['add', 'multiply', 'maximum', 'subtract']), [x, b.conv(x, channels(x), 1)]),
    (x) => b.merge('multiply', [x, b.activation(b.globalPool(x, { keepDims: true }), 'hardSigmoid6')]),
    (x) => b.concat([x, b.zeroPad(b.crop(x, [1, 0, 0, 0]), [1, 0, 0, 0])]),
    (x) => b.dense(x, 3),
    (x) => b.layerNorm(x),
    (x) => b.softmax(x),
  ];
  let x = b.input([9, 8, 3]);
  const also: string[] = [];
  for (let i = 3 + random.integer(0, 4); i > 0; i--) {
    const [h, w] = b.shape(x);
    if (h < 5 || w < 5) x = b.zeroPad(x, [2, 2, 2, 2]);
    x = random.pick(steps)(x);
    if (random.uniform() < 0.15) also.push(x);
  }
  return b.build([x, ...also.filter((id) => id !== x)]);
}

describe('ONNX Runtime, optimised or not, gives what the training backend gives', () => {
  it.each(Array.from({ length: 6 }, (_, i) => i))('random neighbours %i', async (batch) => {
    for (let i = 0; i < 25; i++) {
      const { graph, weights } = chain(1000 * batch + i);
      await agree(graph, weights, i);
    }
  });

  it.each(['maxPool', 'avgPool'] as const)(
    'zero padding before a %s over values below zero',
    async (kind) => {
      for (const padding of [
        [1, 1, 1, 1],
        [0, 1, 2, 0],
        [3, 4, 0, 5],
      ] as const)
        for (const between of ['nothing', 'dropout', 'another reader'] as const) {
          const b = new GraphBuilder({ seed: 3, lively: true });
          let x = b.add({ kind: 'affine', scale: [0.1], offset: [-2] }, [b.conv(b.input([8, 8, 3]), 4, 3)]);
          x = b.zeroPad(x, padding);
          if (between === 'dropout') x = b.dropout(x);
          const y = b.conv(b.pool(kind, x, 3, { stride: 2, padding: 'valid' }), 2, 3);
          const also = between === 'another reader' ? [b.conv(x, 2, 3, { padding: 'valid' })] : [];
          const { graph, weights } = b.build([y, ...also]);
          await agree(graph, weights, 1);
        }
    },
  );
});
