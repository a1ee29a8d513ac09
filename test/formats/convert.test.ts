import { mkdtempSync, readdirSync, readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createNetwork, describeFormat, loadModel, saveModel } from '../../src/formats/index.ts';
import type { LoadedModel } from '../../src/formats/index.ts';
import { Random } from '../../src/graph/random.ts';
import type { Weights } from '../../src/graph/types.ts';
import type { Job } from '../support/keras.ts';
import { difference, joined, predictKeras, randomInputs } from '../support/keras.ts';
import { lacks, needs, shared, sharedPath } from '../support/needs.ts';
import { execute } from '../support/reference-executor.ts';
import { runTfjs } from './tfjs-layers/real-tfjs.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'espalier-convert-'));
const models = sharedPath('models');
const keras = needs(lacks.keras());
const real = needs(shared('models'), lacks.keras());

/** Weights that tell layers of one shape apart, batch-norm statistics too. */
function lively(model: LoadedModel): Weights {
  const random = new Random(5);
  return new Map(
    [...model.weights].map(([id, values]) => [
      id,
      /kernel/.test(id) ? values : values.map((v) => Math.abs(v + 0.3 * random.normal()) + 0.1),
    ]),
  );
}

async function tfjsOutput(file: string, inputs: ReturnType<typeof randomInputs>): Promise<Float32Array> {
  const x = Float32Array.from(inputs[0].data);
  return Float32Array.from((await runTfjs(file, inputs[0].shape, x)).flatMap((o) => [...o]));
}

async function written(model: LoadedModel, weights: Weights, name: string, endings: readonly string[]) {
  const files = endings.map((ending) => path.join(folder, `${name}${ending}`));
  for (const file of files) await saveModel(model, model.graph, weights, file);
  return files;
}

const networks = [
  ['resnet8', undefined],
  ['cnn4', undefined],
  ['mobilenet-v2-small', [16, 16, 3]],
  ['mobilenet-v2', [64, 64, 3]],
] as const;

describe('reference networks in every format', () => {
  it.each(networks)(
    '%s: TensorFlow.js gives our outputs, and all formats give back the weights',
    async (name, shape) => {
      const model = createNetwork(name, {
        seed: 3,
        inputShape: shape,
        width: name === 'mobilenet-v2' ? 0.3 : 1,
      });
      const weights = lively(model);
      const inputs = randomInputs(model.graph, new Random(1));
      const ours = joined(execute(model.graph, weights, inputs));
      const files = await written(model, weights, name, ['.h5', '.keras', '/model.json']);
      for (const file of files) {
        const back = await loadModel(file);
        for (const [id, values] of weights) expect(difference(back.weights.get(id)!, values), id).toBe(0);
      }
      expect(difference(await tfjsOutput(files[2], inputs), ours)).toBeLessThan(1e-4);
      expect((await describeFormat(path.dirname(files[2]))).format).toBe('tfjs-layers');
    },
  );

  it.skipIf(keras.skip)(keras.name('they open in Keras 2 (.h5) and Keras 3 (.h5, .keras)'), async () => {
    const jobs = [];
    const ours: Float32Array[] = [];
    for (const [name, shape] of networks) {
      const model = createNetwork(name, {
        seed: 3,
        inputShape: shape,
        width: name === 'mobilenet-v2' ? 0.3 : 1,
      });
      const weights = lively(model);
      const inputs = randomInputs(model.graph, new Random(1));
      ours.push(joined(execute(model.graph, weights, inputs)));
      const files = await written(model, weights, `${name}-k`, ['.h5', '.keras']);
      jobs.push(files.map((file) => ({ model: file, inputs })));
    }
    const two = await predictKeras(
      2,
      jobs.map((j) => j[0]),
    );
    const three = await predictKeras(3, jobs.flat());
    ours.forEach((expected, i) => {
      for (const found of [two[i], three[2 * i], three[2 * i + 1]])
        expect(difference(found, expected), networks[i][0]).toBeLessThan(1e-4);
    });
  });

  it('the same seed gives the same bytes, another seed others', async () => {
    const bytes = async (seed: number, name: string) => {
      const model = createNetwork('resnet8', { seed });
      return Buffer.concat(
        (await written(model, model.weights, name, ['.h5', '.keras'])).map((f) => readFileSync(f)),
      );
    };
    const one = await bytes(1, 'one');
    // HDF5 stamps its objects in whole seconds
    const second = () => Math.floor(Date.now() / 1000);
    const then = second();
    while (second() === then) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(one.equals(await bytes(1, 'again'))).toBe(true);
    expect(one.equals(await bytes(2, 'two'))).toBe(false);
  });
});

describe.skipIf(real.skip)(real.name('real files converted'), () => {
  it('tfjs and .h5 files become each other and .keras, and real tools give the same', async () => {
    const jobs: Job[] = [];
    const three: Job[] = [];
    const expected: Float32Array[] = [];
    for (const source of [
      'tfjs-layers/mnist_lenet_multiout',
      'tfjs-layers/mnist_lenet_tfjs075/mnist.json',
      'keras-h5/cifar10_mlperf_resnet8.h5',
      'keras-h5/fer2013_mini_XCEPTION.102-0.66.hdf5',
      'keras-h5/mnist_tensorspace_lenet.h5',
    ]) {
      const model = await loadModel(path.join(models, source));
      const inputs = randomInputs(model.graph, new Random(2));
      const ours = joined(execute(model.graph, model.weights, inputs));
      const name = path.basename(source);
      const files = await written(model, model.weights, `real-${name}`, ['.h5', '.keras', '-js.json']);
      expect(difference(await tfjsOutput(files[2], inputs), ours), source).toBeLessThan(1e-4);
      jobs.push({ model: files[0], inputs });
      three.push({ model: files[1], inputs });
      expected.push(ours);
      // and back from the newer dialect
      const keras3 = await loadModel(files[1]);
      const [h5, js] = await written(keras3, keras3.weights, `back-${name}`, ['.h5', '-js.json']);
      expect(difference(await tfjsOutput(js, inputs), ours), source).toBeLessThan(1e-4);
      jobs.push({ model: h5, inputs });
    }
    const found2 = await predictKeras(2, jobs);
    const found3 = await predictKeras(3, three);
    expected.forEach((ours, i) => {
      for (const found of [found2[2 * i], found2[2 * i + 1], found3[i]])
        expect(difference(found, ours), jobs[2 * i].model).toBeLessThan(1e-4);
    });
  });
});

describe('what is no model', () => {
  const bad = mkdtempSync(path.join(tmpdir(), 'espalier-bad-'));
  const put = (name: string, content: string | Uint8Array) => {
    writeFileSync(path.join(bad, name), content);
    return path.join(bad, name);
  };
  it.each([
    ['gone.h5', null, /there is no model/],
    ['empty.keras', '', /is empty/],
    ['a.onnx', 'x', /not an ONNX file, as its name says/],
    ['noise.keras', Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) & 255), /not a Keras zip file/],
    ['text.json', 'hello', /not JSON/],
    ['other.json', '{"a": 1}', /not a TensorFlow\.js model/],
    ['arch.json', '{"class_name": "Sequential", "config": []}', /architecture without weights/],
    ['noweights.json', '{"modelTopology": {"class_name": "Model", "config": {}}}', /no "weightsManifest"/],
    [
      'outside.json',
      '{"modelTopology": {}, "weightsManifest": [{"paths": ["../x"], "weights": []}]}',
      /not in its own folder/,
    ],
    [
      'huge.json',
      '{"modelTopology": {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"name": "d", "units": 3, "batch_input_shape": [null, 4]}}]}, "weightsManifest": [{"paths": ["x.bin"], "weights": [{"name": "d/kernel", "shape": [1000000, 1000000], "dtype": "float32"}]}]}',
      /x\.bin" is missing .*4000000000000 bytes/,
    ],
    ['what.bin', 'hello', /not a model that Espalier reads/],
  ] as const)('%s', async (name, content, message) => {
    const file = content === null ? path.join(bad, name) : put(name, content);
    await expect(loadModel(file)).rejects.toThrow(message);
    await expect(loadModel(file)).rejects.toMatchObject({ name: 'InputError' });
  });

  it('a .keras file cut anywhere, or with a flipped byte, is refused or read as it was', async () => {
    const model = createNetwork('cnn4', { seed: 1, width: 0.1 });
    const whole = path.join(bad, 'whole.keras');
    await saveModel(model, model.graph, model.weights, whole);
    const bytes = readFileSync(whole);
    const random = new Random(4);
    for (let i = 0; i < 40; i++) {
      const cut = put('cut.keras', bytes.subarray(0, random.integer(1, bytes.length - 1)));
      await expect(loadModel(cut)).rejects.toMatchObject({ name: 'InputError' });
      const flipped = Uint8Array.from(bytes);
      flipped[random.integer(0, bytes.length - 1)] ^= 0xff;
      const result = await loadModel(put('flip.keras', flipped)).catch((error: unknown) => error);
      if (result instanceof Error) expect(result.name).toBe('InputError');
      else
        for (const [id, v] of model.weights)
          expect(difference((result as LoadedModel).weights.get(id)!, v)).toBe(0);
    }
  });

  it('leaves nothing half-written where it can’t write', async () => {
    const model = createNetwork('cnn4', { seed: 1, width: 0.1 });
    const at = path.join(bad, 'full');
    mkdirSync(path.join(at, 'x.keras', 'y'), { recursive: true });
    await expect(
      saveModel(model, model.graph, model.weights, path.join(at, 'x.keras')),
    ).rejects.toMatchObject({
      name: 'InputError',
    });
    await expect(saveModel(model, model.graph, model.weights, path.join(at, 'x.txt'))).rejects.toThrow(
      /ends in/,
    );
    expect(readdirSync(at)).toEqual(['x.keras']);
  });

  it('a second model in one folder leaves the first one’s shards alone', async () => {
    const at = path.join(bad, 'pair');
    const [a, b] = [
      createNetwork('cnn4', { seed: 1, width: 0.1 }),
      createNetwork('cnn4', { seed: 2, width: 0.2 }),
    ];
    await saveModel(a, a.graph, a.weights, path.join(at, 'a.json'));
    await saveModel(b, b.graph, b.weights, path.join(at, 'b.json'));
    await saveModel(b, b.graph, b.weights, path.join(at, 'b.json'));
    for (const [model, name] of [
      [a, 'a.json'],
      [b, 'b.json'],
    ] as const) {
      const back = await loadModel(path.join(at, name));
      for (const [id, v] of model.weights) expect(difference(back.weights.get(id)!, v)).toBe(0);
    }
    expect(readdirSync(at).length).toBe(4);
  });
});

it.each([512, 1024, 2048, 4096])(
  'a zip whose HDF5 entry begins at byte %i, where HDF5 itself may begin, is a zip',
  async (at) => {
    const bytes = Buffer.alloc(at + 64);
    bytes.write('PK\u0003\u0004', 'latin1');
    bytes.write('\u0089HDF\r\n\u001a\n', at, 'latin1');
    const file = path.join(folder, `at-${at}.keras`);
    writeFileSync(file, bytes);
    expect((await describeFormat(file)).format).toBe('keras');
  },
);
