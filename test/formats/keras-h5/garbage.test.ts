import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chmodSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeHdf5 } from '../../../src/formats/keras-h5/hdf5.ts';
import type { Hdf5Writer } from '../../../src/formats/keras-h5/hdf5.ts';
import { kerasH5 } from '../../../src/formats/keras-h5/index.ts';
import { InputError } from '../../../src/graph/errors.ts';
import { Random } from '../../../src/graph/random.ts';
import { needs, shared, sharedPath } from '../../support/needs.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'espalier-bad-'));
let n = 0;

function file(bytes: Uint8Array): string {
  const name = path.join(folder, `${n++}.h5`);
  writeFileSync(name, bytes);
  return name;
}

const made = async (fill: (f: Hdf5Writer) => void) => file(await makeHdf5(fill));

/** One dense layer, 2 -> 3. */
function config(units: unknown = 3, layer: object = {}): string {
  const dense = { name: 'd', units, activation: 'relu', use_bias: true, batch_input_shape: [null, 2] };
  return JSON.stringify({
    class_name: 'Sequential',
    config: { name: 'm', layers: [{ class_name: 'Dense', config: dense, ...layer }] },
  });
}

function fill(f: Hdf5Writer, text: string, kernel: number[] = [2, 3], names = ['d/kernel:0', 'd/bias:0']) {
  f.string('', 'model_config', text);
  f.group('/model_weights/d');
  f.strings('/model_weights', 'layer_names', ['d']);
  f.strings('/model_weights/d', 'weight_names', names);
  const size = kernel.reduce((a, b) => a * b, 1);
  f.dataset('/model_weights/d/d/kernel:0', new Float32Array(size).fill(2), kernel, '<f');
  f.dataset('/model_weights/d/d/bias:0', new Float32Array(3), [3], '<f');
}

async function refused(name: string): Promise<string> {
  const error: unknown = await kerasH5.read(name).then(
    () => new Error('was read'),
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(InputError);
  const { message } = error as Error;
  expect(message).not.toMatch(/\n/);
  return message;
}

describe('HDF5 files that are no models', () => {
  it('are refused in one sentence', async () => {
    expect(await refused(path.join(folder, 'absent.h5'))).toMatch(/it is not there/);
    expect(await refused(folder)).toMatch(/folder/);
    expect(await refused(file(Buffer.alloc(0)))).toMatch(/empty/);
    expect(await refused(file(Buffer.from('PK\x03\x04 something else')))).toMatch(/not an HDF5 file/);
    const noise = new Uint8Array(5000).map(
      (
        (r) => () =>
          r.integer(0, 255)
      )(new Random(1)),
    );
    expect(await refused(file(noise))).toMatch(/not an HDF5 file/);
    noise.set([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);
    expect(await refused(file(noise))).toMatch(/damaged|cut short/);
    expect(await refused(await made(() => undefined))).toMatch(/not a Keras model/);
    expect(await refused(await made((f) => f.strings('', 'layer_names', ['a'])))).toMatch(
      /weights without the network's topology/,
    );
    expect(await refused(await made((f) => f.string('', 'model_config', '{"class_name":')))).toMatch(/JSON/);
    expect(await refused(await made((f) => f.string('', 'model_config', '[1]')))).toMatch(/configuration/);
    expect(await refused(await made((f) => f.string('', 'model_config', config())))).toMatch(/no weights/);
  });

  it('are refused where weights and configuration do not fit', async () => {
    expect(await refused(await made((f) => fill(f, config(), [3, 2])))).toMatch(
      /"d\/kernel:0" has the shape \[3, 2\], expected \[2, 3\]/,
    );
    expect(await refused(await made((f) => fill(f, config(), [2, 3], ['d/kernel:0'])))).toMatch(
      /1 arrays are stored, but it has 2 weights/,
    );
    expect(await refused(await made((f) => fill(f, config(), [2, 3], ['d/kernel:0', 'd/x'])))).toMatch(
      /"\/model_weights\/d\/d\/x", named in weight_names, is missing/,
    );
    expect(await refused(await made((f) => fill(f, config(1e300))))).toMatch(/units/);
    expect(await refused(await made((f) => fill(f, config(2 ** 24))))).toMatch(/shape/);
    expect(await refused(await made((f) => fill(f, config(-1))))).toMatch(/units/);
    expect(await refused(await made((f) => fill(f, config('3'))))).toMatch(/units/);
    expect(await refused(await made((f) => fill(f, config(3, { class_name: 'Mine' }))))).toMatch(
      /"d" \(Mine\) is a custom class/,
    );
    const theano = await made((f) => {
      fill(f, config());
      f.string('', 'backend', 'theano');
    });
    expect(await refused(theano)).toMatch(/theano/);
  });

  it('are read where they fit', async () => {
    const model = await kerasH5.read(await made((f) => fill(f, config())));
    expect(model.name).toBe('m');
    expect([...model.weights.get('d/kernel')!]).toEqual([2, 2, 2, 2, 2, 2]);
    expect(model.graph.outputs).toEqual(['d:activation']);
  });
});

describe('long names and configurations', () => {
  it('over 64 kB are split as Keras does, and read again', async () => {
    const many = Array.from({ length: 400 }, (_, i) => `layer_${'long_'.repeat(40)}${i}`);
    const layers = many.map((name) => ({
      class_name: 'Dense',
      config: { name, units: 1, activation: 'linear', batch_input_shape: [null, 1] },
    }));
    const kerasConfig = { class_name: 'Sequential', config: { name: 'é', layers } };
    const { parseKerasConfig } = await import('../../../src/formats/keras-config/index.ts');
    const { graph } = parseKerasConfig(kerasConfig, 'made');
    const weights = new Map(Object.keys(graph.params).map((id, i) => [id, Float32Array.of(i)]));
    const made = {
      format: 'keras-h5' as const,
      path: 'made',
      name: 'made',
      graph,
      weights,
      warnings: [],
      container: { kerasConfig, files: new Map<string, Uint8Array>() },
    };
    const out = path.join(folder, 'long.h5');
    await kerasH5.write(made, graph, weights, out);
    const again = await kerasH5.read(out);
    expect(again.name).toBe('é');
    expect([...again.weights]).toEqual([...weights]);
    // And once more from the file, whose attributes come split.
    await kerasH5.write(again, graph, weights, path.join(folder, 'long2.h5'));
    expect([...(await kerasH5.read(path.join(folder, 'long2.h5'))).weights]).toEqual([...weights]);
  });
});

describe('writing', () => {
  it('leaves nothing behind where the folder is read-only', async () => {
    const model = await kerasH5.read(await made((f) => fill(f, config())));
    const sealed = path.join(folder, 'sealed');
    mkdirSync(sealed);
    chmodSync(sealed, 0o500);
    if (process.getuid?.() === 0) {
      // Root may write anywhere; a path through a file is closed to root too.
      writeFileSync(path.join(sealed, 'file'), 'x');
      const out = path.join(sealed, 'file', 'out.h5');
      await expect(kerasH5.write(model, model.graph, model.weights, out)).rejects.toThrow(InputError);
      expect(readdirSync(sealed)).toEqual(['file']);
      return;
    }
    await expect(
      kerasH5.write(model, model.graph, model.weights, path.join(sealed, 'out.h5')),
    ).rejects.toThrow(InputError);
    expect(readdirSync(sealed)).toEqual([]);
  });

  it('refuses weights that do not fit, before it writes', async () => {
    const model = await kerasH5.read(await made((f) => fill(f, config())));
    const out = path.join(folder, 'short.h5');
    const short = new Map(model.weights).set('d/bias', new Float32Array(2));
    await expect(kerasH5.write(model, model.graph, short, out)).rejects.toThrow(/"d\/bias"/);
    expect(existsSync(out)).toBe(false);
  });
});

const FILE = 'models/keras-h5/mnist_tensorspace_lenet.h5';
const need = needs(shared(FILE));

describe.skipIf(need.skip)(need.name('a damaged real file'), () => {
  it('is read or refused, and nothing else, wherever the damage is', async () => {
    const good = readFileSync(sharedPath(FILE));
    const random = new Random(5);
    for (let i = 0; i < 80; i++) {
      let bytes = Buffer.from(good);
      if (i % 2 === 0) bytes = bytes.subarray(0, random.integer(9, bytes.length - 1));
      else for (let k = 0; k < 10; k++) bytes[random.integer(8, 40000)] = random.integer(0, 255);
      const name = file(bytes);
      const error: unknown = await kerasH5.read(name).then(
        () => undefined,
        (e: unknown) => e,
      );
      if (i % 2 === 0) expect(error).toBeInstanceOf(InputError);
      else if (error !== undefined) expect(error).toBeInstanceOf(InputError);
    }
  });
});
