import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { needs, shared, sharedPath } from '../support/needs.ts';
import { espalier } from './cli.ts';

const models = sharedPath('models');
const need = needs(shared('models'));
const folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-models-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Public model files, and the options that each needs. */
const trusted: [string, ...string[]][] = [
  ['keras-h5/cifar10_mlperf_resnet8.h5'],
  ['keras-h5/esc10_yamnet256_nested.h5'],
  ['keras-h5/fer2013_mini_XCEPTION.102-0.66.hdf5'],
  ['keras-h5/imagenet_mobilenet_v1_0.25_224.h5'],
  ['keras-h5/mnist_tensorspace_lenet.h5'],
  ['keras-h5/teachable_waste4.h5'],
  ['tfjs-layers/nsfwjs_mobilenet_v2_uint8/model.json'],
  // every layer is an output of these two
  ['tfjs-layers/mnist_lenet_multiout/model.json', '--interior-outputs'],
  ['tfjs-layers/mnist_lenet_tfjs075/mnist.json', '--interior-outputs'],
];
const refused = ['keras-h5/lambda_layer_model6.h5', 'keras-h5/portrait_slimnet_unet.h5'];

describe.skipIf(need.skip)(need.name('the built command line on real model files'), () => {
  it.each(trusted)('%s: inspected, pruned at random to half its channels, trusted', (file, ...options) => {
    const model = path.join(models, file);
    const inspected = espalier(folder, 'inspect', model, '--json');
    expect(inspected.code, inspected.err).toBe(0);
    expect(JSON.parse(inspected.out).macs).toBeGreaterThan(0);
    const done = espalier(folder, 'check', model, '--json', '--ratio', '0.5', ...options);
    expect(done.code, done.err).toBe(0);
    const { results, removed, channels } = JSON.parse(done.out);
    expect(removed / channels).toBeGreaterThan(0.3);
    for (const { name, difference } of results) expect(difference, name).toBeLessThanOrEqual(1e-4);
    const names = results.map(({ name }: { name: string }) => name);
    // layers are compared one by one where the whole network's own rounding is large
    expect(names.filter((name: string) => name !== 'layer by layer')).toEqual([
      'pruned equals zeroed',
      'permutation',
      'engines agree',
      'reload',
    ]);
  });

  it.each(refused)('%s: refused for its Lambda layers, in one sentence', (file) => {
    const done = espalier(folder, 'inspect', path.join(models, file));
    expect(done.code).toBe(2);
    expect(done.err.trim().split('\n')).toHaveLength(1);
    expect(done.err).toMatch(/Lambda/);
  });
});
