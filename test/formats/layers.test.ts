import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel, saveModel } from '../../src/formats/index.ts';
import { findGroups, statisticsOverChannels } from '../../src/graph/channels.ts';
import { Random } from '../../src/graph/random.ts';
import { prune, zeroRemoved } from '../../src/graph/surgery.ts';
import type { Graph, Weights } from '../../src/graph/types.ts';
import { openBackend } from '../../src/runtime/backend/open.ts';
import { Network } from '../../src/runtime/training/network.ts';
import { exportOnnx } from '../../src/runtime/export-onnx.ts';
import type { Backend } from '../../src/runtime/types.ts';
import type { Job, KerasVersion } from '../support/keras.ts';
import { difference, joined, predictKeras, randomHalf, randomInputs, runKeras } from '../support/keras.ts';
import { lacks, needs } from '../support/needs.ts';
import { execute } from '../support/reference-executor.ts';
import type { ReferenceValue } from '../support/reference-executor.ts';

const need = needs(lacks.keras());
const folder = mkdtempSync(path.join(tmpdir(), 'espalier-layers-'));
let backend: Backend;

async function byOnnx(graph: Graph, weights: Weights, x: ReferenceValue): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(exportOnnx(graph, weights).bytes, {
    intraOpNumThreads: 1,
  });
  const feed = new ort.Tensor('float32', Float32Array.from(x.data), [1, ...x.shape]);
  const { output0 } = await session.run({ input0: feed });
  await session.release();
  return output0.data as Float32Array;
}

function byBackend(graph: Graph, weights: Weights, x: ReferenceValue): Float32Array {
  const network = new Network(backend, graph, weights);
  const [y] = network.predict(Float32Array.from(x.data), 1);
  network.dispose();
  return y;
}

describe.skipIf(need.skip).each<KerasVersion>([3, 2])(
  need.name('each layer and operation, as Keras %i made it'),
  (version) => {
    const at = path.join(folder, String(version));
    const rows: string[] = [];

    beforeAll(async () => {
      backend ??= await openBackend({ threads: 1 });
      mkdirSync(at);
      await runKeras('keras_layers.py', version, [at]);
      const random = new Random(version);
      const jobs: Job[] = [];
      const ours: { name: string; y: Float32Array }[] = [];
      for (const name of readFileSync(path.join(at, 'names.txt'), 'utf8').split('\n')) {
        const model = await loadModel(path.join(at, name));
        const [x] = randomInputs(model.graph, random);
        const dependencies = findGroups(model.graph);
        const kept = randomHalf(dependencies, random);
        const half = prune(model.graph, model.weights, dependencies, kept);
        const cut = path.join(at, `cut-${name}`);
        await saveModel(model, half.graph, half.weights, cut);
        const zeros = zeroRemoved(model.graph, model.weights, dependencies, kept);
        const zeroed = byBackend(model.graph, zeros, x);
        for (const [what, file, net] of [
          ['whole', path.join(at, name), model],
          ['cut', cut, half],
        ] as const) {
          jobs.push({ model: file, inputs: [x] });
          const y = byBackend(net.graph, net.weights, x);
          const gap = difference(y, await byOnnx(net.graph, net.weights, x));
          if (!(gap < 1e-5)) rows.push(`${name} ${what}: ONNX Runtime differs by ${gap}`);
          ours.push({ name: `${name} ${what}`, y });
        }
        // a statistic over channels is another one without some of them: the plain loops leave them out
        const over = statisticsOverChannels(model.graph, dependencies).length > 0;
        const without = over && joined(execute(model.graph, zeros, [x], { dependencies, kept }));
        const gap = difference(ours.at(-1)!.y, without || zeroed);
        if (!(gap < 1e-5)) rows.push(`${name}: pruned differs from zeroed by ${gap}`);
        const free = dependencies.groups.filter((g) => g.frozen === undefined).map((g) => g.id);
        if (!free.includes('first') && !/spatial|transpose|shape|called_softmax|alone/.test(name))
          rows.push(`${name}: frozen`);
      }
      const theirs = await predictKeras(version, jobs);
      ours.forEach(({ name, y }, i) => {
        const gap = difference(y, theirs[i]);
        if (!(gap < 1e-5)) rows.push(`${name}: Keras differs by ${gap}`);
      });
    });

    it('whole and cut, in every backend and in Keras itself', () => {
      expect(rows).toEqual([]);
    });
  },
);
