import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { kerasH5 } from '../../../src/formats/keras-h5/index.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { Random } from '../../../src/graph/random.ts';
import { sizeOf } from '../../../src/graph/shapes.ts';
import { prune } from '../../../src/graph/surgery.ts';
import type { Graph, Weights } from '../../../src/graph/types.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import { Network } from '../../../src/runtime/training/network.ts';
import { difference, predictKeras, randomHalf, randomInputs } from '../../support/keras.ts';
import { lacks, needs, shared, sharedPath } from '../../support/needs.ts';
import type { ReferenceValue } from '../../support/reference-executor.ts';

const folder = sharedPath('models/keras-h5');
const files = needs(shared('models/keras-h5'));
const filesAndKeras = needs(shared('models/keras-h5'), lacks.keras());

/** File, and the number of all its weights (model.count_params() in Keras). */
const MODELS: [file: string, params: number][] = [
  ['cifar10_mlperf_resnet8.h5', 78666],
  ['esc10_yamnet256_nested.h5', 137674],
  ['fer2013_mini_XCEPTION.102-0.66.hdf5', 58423],
  ['imagenet_mobilenet_v1_0.25_224.h5', 475544],
  ['mnist_tensorspace_lenet.h5', 44426],
  ['teachable_waste4.h5', 538708],
];

describe.skipIf(files.skip)(files.name('real Keras files'), () => {
  it.each(MODELS)('%s is read, all %i weights', async (file, params) => {
    const model = await kerasH5.read(path.join(folder, file));
    expect(await kerasH5.detect(model.path)).toBe(true);
    expect(model.weights.size).toBe(Object.keys(model.graph.params).length);
    let total = 0;
    for (const [id, values] of model.weights) {
      expect(values.length).toBe(sizeOf(model.graph.params[id].shape));
      expect(values.every(Number.isFinite)).toBe(true);
      total += values.length;
    }
    expect(total).toBe(params);
  });

  it('refuses the Lambda networks by their layers', async () => {
    await expect(kerasH5.read(path.join(folder, 'lambda_layer_model6.h5'))).rejects.toThrow(
      /layer "lambda_1" is a Lambda layer/,
    );
    await expect(kerasH5.read(path.join(folder, 'portrait_slimnet_unet.h5'))).rejects.toThrow(
      /layers "lambda", "lambda_1", "lambda_2", "lambda_3" and "lambda_4" are Lambda layers/,
    );
  });
});

describe.skipIf(filesAndKeras.skip)(filesAndKeras.name('real Keras files against Keras 2'), () => {
  const out = mkdtempSync(path.join(tmpdir(), 'espalier-h5-'));
  let keras: Float32Array[];
  const ours = new Map<string, [whole: Float32Array, half: Float32Array]>();

  beforeAll(async () => {
    // Too large for the reference executor, which the zoo's tests use.
    const backend = await openBackend({ prefer: 'wasm', threads: 1 });
    const run = (graph: Graph, weights: Weights, inputs: readonly ReferenceValue[]): Float32Array => {
      const network = new Network(backend, graph, weights);
      const outputs = network.predict(
        inputs.map((v) => Float32Array.from(v.data)),
        1,
      );
      network.dispose();
      return Float32Array.from(outputs.flatMap((o) => [...o]));
    };
    const random = new Random(11);
    const jobs = [];
    for (const [file] of MODELS) {
      const model = await kerasH5.read(path.join(folder, file));
      const inputs = randomInputs(model.graph, random);
      const copy = path.join(out, `copy-${file}`);
      const cut = path.join(out, `cut-${file}`);
      await kerasH5.write(model, model.graph, model.weights, copy);
      const dependencies = findGroups(model.graph);
      const half = prune(model.graph, model.weights, dependencies, randomHalf(dependencies, random));
      await kerasH5.write(model, half.graph, half.weights, cut);
      const again = await kerasH5.read(cut);
      ours.set(file, [run(model.graph, model.weights, inputs), run(again.graph, again.weights, inputs)]);
      for (const name of [path.join(folder, file), copy, cut]) jobs.push({ model: name, inputs });
    }
    keras = await predictKeras(2, jobs, ['--compile']);
  });

  it.each(MODELS.map(([file], i): [string, number] => [file, i]))(
    '%s: the same outputs, copied the same bits, pruned the same outputs as ours',
    (file, i) => {
      const [whole, copy, cut] = keras.slice(3 * i);
      expect(difference(copy, whole)).toBe(0);
      expect(difference(ours.get(file)![0], whole)).toBeLessThan(1e-5);
      expect(difference(ours.get(file)![1], cut)).toBeLessThan(1e-5);
      expect(difference(cut, whole)).toBeGreaterThan(1e-4);
    },
  );
});
