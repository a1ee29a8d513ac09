import { copyFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createNetwork,
  describeFormat,
  loadModel,
  outputFormat,
  saveModel,
} from '../../src/formats/index.ts';
import { openZip } from '../../src/formats/keras/zip.ts';
import { withHdf5 } from '../../src/formats/keras-h5/hdf5.ts';
import { findGroups } from '../../src/graph/channels.ts';
import { Random } from '../../src/graph/random.ts';
import { prune } from '../../src/graph/surgery.ts';
import { namesOf } from '../../src/run/result/output-names.ts';
import { outputs } from '../../src/formats/identity.ts';
import { difference, joined, predictKeras, randomInputs, runKeras } from '../support/keras.ts';
import type { Job } from '../support/keras.ts';
import { lacks, needs } from '../support/needs.ts';
import { execute } from '../support/reference-executor.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'espalier-odd-'));
const at = (name: string) => path.join(folder, name);
const need = needs(lacks.keras());

/** Three channels of five stay, an odd number. */
async function cut(file: string, target: string) {
  const model = await loadModel(file);
  const dependencies = findGroups(model.graph);
  const kept = dependencies.groups.map(({ size, frozen }) =>
    Array.from({ length: frozen === undefined ? Math.ceil(0.6 * size) : size }, (_, c) => c),
  );
  const narrow = prune(model.graph, model.weights, dependencies, kept);
  await saveModel(model, narrow.graph, narrow.weights, target);
  return { model, narrow };
}

describe('a file called like another format', () => {
  const model = createNetwork('cnn4', { seed: 1, width: 0.2 });
  const magic = (file: string) => readFileSync(file).subarray(0, 2).toString('latin1');

  beforeAll(async () => {
    await saveModel(model, model.graph, model.weights, at('net.h5'));
    await saveModel(model, model.graph, model.weights, at('zip.keras'));
  });

  it.each([
    ['old.keras', 'net.h5', 'old.pruned.keras', '\x89H'],
    ['best.model', 'net.h5', 'best.pruned.model', '\x89H'],
    ['weights.v2.ckpt', 'net.h5', 'weights.v2.pruned.ckpt', '\x89H'],
    ['bare', 'net.h5', 'bare.pruned.h5', '\x89H'],
    ['graph.pb', 'net.h5', 'graph.pruned.pb', '\x89H'],
    ['best.pth', 'net.h5', 'best.pruned.pth', '\x89H'],
    ['some.json', 'net.h5', 'some.pruned.json', '\x89H'],
    ['misnamed.h5', 'zip.keras', 'misnamed.pruned.keras', 'PK'],
    ['bare-zip', 'zip.keras', 'bare-zip.pruned.keras', 'PK'],
    ['upper.H5', 'net.h5', 'upper.pruned.H5', '\x89H'],
  ])('%s, which is a %s, is written as %s', async (name, content, expected, begins) => {
    copyFileSync(at(content), at(name));
    const { format } = await describeFormat(at(name));
    const opened = await loadModel(at(name));
    const { model: target } = outputs(opened, folder);
    expect(path.basename(target)).toBe(expected);
    const names = await namesOf(folder, { out: '.', model: { path: name } });
    // a run's plan knows no more than the file's name when JSON is what it promises
    if (!name.endsWith('.json')) expect(names.model).toBe(target);
    expect(await outputFormat(target, opened)).toBe(format);
    await cut(at(name), target);
    expect(magic(target)).toBe(begins);
    expect((await describeFormat(target)).format).toBe(format);
    expect((await loadModel(target)).graph.nodes).toHaveLength(model.graph.nodes.length);
  });

  it('is said where its name misleads Keras', async () => {
    for (const [name, content, said] of [
      ['a.keras', 'net.h5', /HDF5 file/],
      ['b.h5', 'zip.keras', /only if its name ends in \.keras, not in \.h5/],
    ] as const) {
      copyFileSync(at(content), at(name));
      expect((await loadModel(at(name))).warnings.join()).toMatch(said);
    }
    for (const name of ['net.h5', 'zip.keras']) expect((await loadModel(at(name))).warnings).toEqual([]);
  });

  it('another ending asks for another format, and an unknown one is refused', async () => {
    copyFileSync(at('net.h5'), at('c.keras'));
    const opened = await loadModel(at('c.keras'));
    expect(await outputFormat(at('x.h5'), opened)).toBe('keras-h5');
    expect(await outputFormat(at('x.keras'), opened)).toBe('keras-h5');
    expect(await outputFormat(at('x.json'), opened)).toBe('tfjs-layers');
    await expect(outputFormat(at('x.onnx'), opened)).rejects.toThrow(/only an ONNX model is written as one/);
    await expect(outputFormat(at('x.tflite'), opened)).rejects.toThrow(/ends in/);
    // what was never in a file has no ending to keep
    await expect(outputFormat(at('bare'), model)).rejects.toThrow(/ends in/);
  });
});

describe.skipIf(need.skip)(need.name('files of Keras 2 that are other than they seem'), () => {
  beforeAll(async () => {
    await runKeras('../formats/odd_files.py', 2, [folder]);
  });

  it.each([
    'swapped.h5',
    'swapped_frozen.h5',
    'swapped_norms.h5',
    'transposed.h5',
    'transposed.keras',
    'windows.keras',
    'windows_deep.keras',
    'constants.h5',
  ])('%s gives what Keras gives, and so does its pruned file', async (name) => {
    const target = at(`cut-${name}`);
    const { model, narrow } = await cut(at(name), target);
    const inputs = randomInputs(model.graph, new Random(1));
    // Keras on this machine can't read what Keras wrote on Windows
    const original = at(name.replace('windows_', '').replace('windows', 'plain'));
    const jobs: Job[] = [original, target].map((file) => ({ model: file, inputs }));
    const [whole, small] = await predictKeras(2, jobs, ['--compile']);
    expect(difference(whole, joined(execute(model.graph, model.weights, inputs)))).toBeLessThan(1e-5);
    expect(difference(small, joined(execute(narrow.graph, narrow.weights, inputs)))).toBeLessThan(1e-5);
    const again = await loadModel(target);
    for (const [id, values] of narrow.weights) expect(again.weights.get(id), id).toEqual(values);
  });

  it('a pruned file keeps the names by which Keras on Windows finds its groups, also when it is pruned again', async () => {
    await cut(at('windows_deep.keras'), at('once.keras'));
    await cut(at('once.keras'), at('twice.keras'));
    for (const file of ['once.keras', 'twice.keras']) {
      const bytes = readFileSync(at(file));
      const zip = await openZip(bytes, file);
      await withHdf5(await zip.read('model.weights.h5'), file, (h5) => {
        const windows = h5.names('/').filter((name) => name.includes('\\'));
        expect(windows).toContain('layers\\sequential\\layers\\conv2d');
        for (const name of windows) {
          const slashes = `/${name.replaceAll('\\', '/')}`;
          for (const array of h5.names(`${slashes}/vars`)) {
            const [one, other] = [`${slashes}/vars/${array}`, `/${name}/vars/${array}`];
            expect(h5.floats(other, h5.dataset(other))).toEqual(h5.floats(one, h5.dataset(one)));
          }
        }
      });
    }
  });
});
