// Another format than the source's: the target's own program must compute the same, or be refused by the layer's name.
import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModel, saveModel } from '../../src/formats/index.ts';
import { InputError } from '../../src/graph/errors.ts';
import { Random } from '../../src/graph/random.ts';
import { difference, joined, predictKeras, randomInputs, runKeras } from '../support/keras.ts';
import type { Job, KerasVersion } from '../support/keras.ts';
import { lacks, needs } from '../support/needs.ts';
import { execute } from '../support/reference-executor.ts';
import { runTfjs } from './tfjs-layers/real-tfjs.ts';

const need = needs(lacks.keras());
const endings = ['.h5', '.keras', '/model.json'] as const;

/** What can't be said in the other format, of those that the networks are made of; all else must be written. */
const refused: Readonly<Record<string, RegExp>> = {
  '.h5': /hard_sigmoid|hard_swish|activation_layer|times_half|plus_tensor|relu_op|thresholded/,
  '.keras': /hard_sigmoid|activation_layer|times_half|plus_tensor|relu_op|thresholded/,
  '/model.json':
    /hard_sigmoid|hard_swish|leaky_relu|exponential|elu_03|relu_slope|relu_all|softmax_1|up_bilinear|mean_kept|grouped|depthwise_dilated|transposed_(out|dilated)|identity|regularization|flip|rotation|contrast|activation_layer|subtract|times_half|plus_tensor|relu_op/,
};

describe.skipIf(need.skip).each<KerasVersion>([2, 3])(need.name('every layer of Keras %i in another format'), (version) => {
  it('computes the same in the programs that read it, or is refused by name', { timeout: 600_000 }, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), `espalier-every${version}-`));
    await runKeras('../formats/every_layer.py', version, [folder]);
    const files = readdirSync(folder).filter((name) => /\.(h5|keras)$/.test(name));
    expect(files.length).toBeGreaterThan(120);
    const wrong: string[] = [];
    const jobs = new Map<KerasVersion, (Job & { what: string; expected: Float32Array })[]>([
      [2, []],
      [3, []],
    ]);
    for (const name of files) {
      const source = path.extname(name);
      const model = await loadModel(path.join(folder, name)).catch((error: unknown) => error as Error);
      if (model instanceof Error) {
        wrong.push(`${name}: can't be opened: ${model.message}`);
        continue;
      }
      const inputs = randomInputs(model.graph, new Random(1), -2, 2);
      const expected = joined(execute(model.graph, model.weights, inputs));
      const three = version === 3;
      for (const ending of endings) {
        if (ending === source) continue;
        const what = `${name} -> ${ending}`;
        const out = path.join(folder, `${name}-out${ending}`);
        if (ending === '/model.json') mkdirSync(path.dirname(out));
        const error = await saveModel(model, model.graph, model.weights, out).then(
          () => null,
          (e: unknown) => e as Error,
        );
        if (error) {
          const named = error instanceof InputError && /layer "[^"]+"/.test(error.message);
          if (!named) wrong.push(`${what}: ${error.message}`);
          else if (!refused[ending].test(name)) wrong.push(`${what} should not be refused: ${error.message}`);
          continue;
        }
        // Espalier reads it as they do
        const again = await loadModel(out);
        const ours = difference(joined(execute(again.graph, again.weights, inputs)), expected);
        if (!(ours < 1e-5)) wrong.push(`${what}: read again differs by ${ours}`);
        if (ending === '/model.json') {
          const found = await runTfjs(out, inputs[0].shape, Float32Array.from(inputs[0].data)).catch(
            (e: unknown) => e as Error,
          );
          const gap = found instanceof Error ? found.message : difference(found[0], expected);
          if (!(Number(gap) < 1e-5)) wrong.push(`${what}: TensorFlow.js: ${gap}`);
        } else {
          const readers: KerasVersion[] = ending === '.keras' && three ? [3] : [2, 3];
          for (const reader of readers) jobs.get(reader)!.push({ model: out, inputs, what, expected });
        }
      }
    }
    for (const [reader, list] of jobs)
      for (const job of list) {
        const found = await predictKeras(reader, [job]).catch((e: unknown) => e as Error);
        const gap =
          found instanceof Error ? found.message.trim().split('\n').at(-1)! : difference(found[0], job.expected);
        if (!(Number(gap) < 1e-5)) wrong.push(`${job.what}: Keras ${reader}: ${gap}`);
      }
    expect(wrong).toEqual([]);
  });
});
