// Another format than the source's: the target's own program must compute the same, or be refused by the layer's name.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModel, saveModel } from '../../src/formats/index.ts';
import { InputError } from '../../src/graph/errors.ts';
import { Random } from '../../src/graph/random.ts';
import { difference, joined, randomInputs, runKeras } from '../support/keras.ts';
import type { Job, KerasVersion } from '../support/keras.ts';
import { lacks, needs } from '../support/needs.ts';
import { readNpy, writeNpy } from '../support/npy.ts';
import { execute } from '../support/reference-executor.ts';
import { runTfjs } from './tfjs-layers/real-tfjs.ts';

const need = needs(lacks.keras());
/** Activations that Keras 3 alone has. */
const THREE = 'celu|log_sigmoid|hard_tanh|shrink|squareplus|sparse_';
const endings = ['.h5', '.keras', '/model.json'] as const;

/** What can't be said in the other format, of those that the networks are made of; all else must be written. */
const refused: Readonly<Record<string, RegExp>> = {
  '.h5': new RegExp(
    `nested|layer_norm_all|hard_sigmoid|hard_swish|activation_layer|times_half|plus_tensor|relu_op|thresholded|unit_norm|rms_norm|${THREE}`,
  ),
  '.keras':
    /nested|layer_norm_all|hard_sigmoid|activation_layer|times_half|plus_tensor|relu_op|thresholded|unit_norm/,
  '/model.json': new RegExp(
    `group_norm|unit_norm|rms_norm|log_softmax|${THREE}|hard_sigmoid|hard_swish|leaky_relu|exponential|elu_03|relu_slope|relu_all|softmax_1|up_bilinear|mean_kept|grouped|depthwise_dilated|transposed_(out|dilated)|identity|regularization|flip|rotation|contrast|activation_layer|subtract|times_half|plus_tensor|relu_op`,
  ),
};

describe.skipIf(need.skip).each<KerasVersion>([2, 3])(
  need.name('every layer of Keras %i in another format'),
  (version) => {
    it(
      'computes the same in the programs that read it, or is refused by name',
      { timeout: 600_000 },
      async () => {
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
              else if (
                !refused[ending].test(name) &&
                !(three && ending === '/model.json' && /nested/.test(name))
              )
                wrong.push(`${what} should not be refused: ${error.message}`);
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
              const own: KerasVersion[] = three ? [3] : [2];
              const one = (ending === '.keras') === three;
              const readers: KerasVersion[] = one ? own : [2, 3];
              for (const reader of readers) jobs.get(reader)!.push({ model: out, inputs, what, expected });
            }
          }
        }
        for (const [reader, list] of jobs) {
          const asked = list.map(({ model, inputs }, i) => {
            const file = path.join(folder, `${reader}-${i}`);
            writeNpy(`${file}-in.npy`, inputs[0].data, [1, ...inputs[0].shape]);
            return { model, input: `${file}-in.npy`, output: `${file}-out.npy` };
          });
          writeFileSync(path.join(folder, 'jobs.json'), JSON.stringify(asked));
          await runKeras('../formats/load_all.py', reader, [path.join(folder, 'jobs.json')]);
          list.forEach(({ what, expected }, i) => {
            const { output } = asked[i];
            const gap = existsSync(output)
              ? difference(readNpy(output).data, expected)
              : readFileSync(`${output}.txt`, 'utf8');
            if (!(Number(gap) < 1e-5)) wrong.push(`${what}: Keras ${reader}: ${gap}`);
          });
        }
        expect(wrong).toEqual([]);
      },
    );
  },
);
