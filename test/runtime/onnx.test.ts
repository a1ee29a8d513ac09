import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../src/runtime/backend/open.ts';
import { Network } from '../../src/runtime/training/network.ts';
import { exportOnnx } from '../../src/runtime/export-onnx.ts';
import type { Backend } from '../../src/runtime/types.ts';
import { clipped, difference, limits, randomInputs, zoo } from './zoo.ts';
import type { BackendName } from '../../src/terms/choices.ts';

let backend: Backend;
beforeAll(async () => {
  const prefer = process.env.ESPALIER_BACKEND as BackendName | undefined;
  backend = await openBackend({ prefer, threads: 1 });
});

describe('onnxruntime gives what our own execution gives', () => {
  it.each(zoo().map((net) => [net.name, net] as const))('%s', async (_, { graph, weights }) => {
    const n = 3;
    const inputs = randomInputs(graph, n);
    const network = new Network(backend, graph, weights);
    const ours = network.predict(inputs, n);
    network.dispose();

    const exported = exportOnnx(graph, weights);
    const session = await ort.InferenceSession.create(exported.bytes, { intraOpNumThreads: 1 });
    const feeds = Object.fromEntries(
      inputs.map((x, i) => [`input${i}`, new ort.Tensor('float32', x, [n, ...exported.inputs[i]])]),
    );
    const result = await session.run(feeds);
    ours.forEach((values, i) => {
      const theirs = result[`output${i}`];
      expect(theirs.dims).toEqual([n, ...exported.outputs[i]]);
      expect(difference(values, theirs.data as Float32Array)).toBeLessThan(1e-5);
    });
    await session.release();
  });

  it.each(limits)('keeps every bit between limits, however far, %o', async (limit) => {
    const { graph, weights } = clipped(limit);
    const session = await ort.InferenceSession.create(exportOnnx(graph, weights).bytes, {
      intraOpNumThreads: 1,
    });
    const { output0 } = await session.run({ input0: new ort.Tensor('float32', limit.x, [1, 7]) });
    await session.release();
    expect(output0.data).toEqual(limit.values);
  });
});
