import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModel, saveModel } from '../../src/formats/index.ts';
import { makeZip, openZip } from '../../src/formats/keras/zip.ts';
import { makeHdf5, withHdf5 } from '../../src/formats/keras-h5/hdf5.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'espalier-wrappers-'));

/** As TensorFlow's pruning toolkit 0.8.1 and tf_keras 2.21 write it: wrappers around every layer but the input. */
const wrapped = (layer: { class_name: string; config: { name: string } }, from: string) => ({
  module: 'tensorflow_model_optimization.python.core.sparsity.keras.pruning_wrapper',
  class_name: 'PruneLowMagnitude',
  config: {
    name: `prune_low_magnitude_${layer.config.name}`,
    trainable: true,
    dtype: 'float32',
    layer: { module: 'keras.layers', registered_name: null, ...layer },
    pruning_schedule: { class_name: 'ConstantSparsity', config: { target_sparsity: 0.5 } },
    block_size: [1, 1],
  },
  registered_name: 'PruneLowMagnitude',
  name: `prune_low_magnitude_${layer.config.name}`,
  inbound_nodes: [[[from, 0, 0, {}]]],
});
const conv = {
  class_name: 'Conv2D',
  config: { name: 'c', trainable: true, filters: 2, kernel_size: [1, 1], use_bias: true },
};
const flat = { class_name: 'Flatten', config: { name: 'f', trainable: true } };
const dense = { class_name: 'Dense', config: { name: 'd', trainable: true, units: 2, use_bias: false } };
const config = {
  module: 'keras.src.models.functional',
  class_name: 'Functional',
  config: {
    name: 'm',
    layers: [
      {
        class_name: 'InputLayer',
        name: 'i',
        config: { name: 'i', batch_input_shape: [null, 1, 1, 2] },
        inbound_nodes: [],
      },
      wrapped(conv, 'i'),
      wrapped(flat, 'prune_low_magnitude_c'),
      wrapped(dense, 'prune_low_magnitude_f'),
    ],
    input_layers: [['i', 0, 0]],
    output_layers: [['prune_low_magnitude_d', 0, 0]],
  },
};
const kernel = Float32Array.of(1, 2, 3, 4);
const mask = Float32Array.of(1, 0, 0, 1);
const bias = Float32Array.of(5, 6);
const last = Float32Array.of(7, 8, 9, 10);
const expected = {
  'c/kernel': [1, 0, 0, 4],
  'c/bias': [5, 6],
  'd/kernel': [7, 0, 0, 10],
};

const hdf5 = () =>
  makeHdf5((file) => {
    file.string('', 'keras_version', '2.15.0');
    file.string('', 'backend', 'tensorflow');
    file.string('', 'model_config', JSON.stringify(config));
    file.string('', 'training_config', '{}');
    const root = '/model_weights';
    const layer = (name: string, arrays: [string, Float32Array | BigInt64Array, number[]][]) => {
      file.group(`${root}/prune_low_magnitude_${name}`);
      file.strings(`${root}/prune_low_magnitude_${name}`, 'weight_names', arrays.map(([n]) => n)); // prettier-ignore
      for (const [n, data, shape] of arrays)
        file.dataset(`${root}/prune_low_magnitude_${name}/${n}`, data, shape, data instanceof Float32Array ? '<f' : '<q'); // prettier-ignore
    };
    file.group(root);
    file.strings(root, 'layer_names', 'cfd'.split('').map((n) => `prune_low_magnitude_${n}`)); // prettier-ignore
    const step: [string, BigInt64Array, number[]] = ['p/pruning_step:0', new BigInt64Array(1), []];
    layer('c', [
      ['c/kernel:0', kernel, [1, 1, 2, 2]],
      ['c/bias:0', bias, [2]],
      ['prune_low_magnitude_c/mask:0', mask, [1, 1, 2, 2]],
      ['prune_low_magnitude_c/threshold:0', Float32Array.of(2), []],
      step,
    ]);
    layer('f', [step]);
    layer('d', [
      ['d/kernel:0', last, [2, 2]],
      ['prune_low_magnitude_d/mask:0', mask, [2, 2]],
      ['prune_low_magnitude_d/threshold:0', Float32Array.of(2), []],
      step,
    ]);
  });

const keras = async () => {
  const store = await makeHdf5((file) => {
    const at = (n: number) => `/layers/prune_low_magnitude${n ? `_${n}` : ''}`;
    file.dataset(`${at(0)}/layer/vars/0`, kernel, [1, 1, 2, 2], '<f');
    file.dataset(`${at(0)}/layer/vars/1`, bias, [2], '<f');
    file.dataset(`${at(0)}/vars/0`, kernel, [1, 1, 2, 2], '<f');
    file.dataset(`${at(0)}/vars/1`, mask, [1, 1, 2, 2], '<f');
    file.dataset(`${at(0)}/vars/2`, Float32Array.of(2), [], '<f');
    file.dataset(`${at(0)}/vars/3`, new BigInt64Array(1), [], '<q');
    file.dataset(`${at(1)}/vars/0`, new BigInt64Array(1), [], '<q');
    file.dataset(`${at(2)}/layer/vars/0`, last, [2, 2], '<f');
    file.dataset(`${at(2)}/vars/0`, last, [2, 2], '<f');
    file.dataset(`${at(2)}/vars/1`, mask, [2, 2], '<f');
    file.dataset(`${at(2)}/vars/2`, new BigInt64Array(1), [], '<q');
  });
  const text = new TextEncoder();
  return await makeZip(
    new Map([
      ['metadata.json', text.encode('{"keras_version": "2.15.0"}')],
      ['config.json', text.encode(JSON.stringify(config))],
      ['model.weights.h5', store],
    ]),
  );
};

describe.each([
  ['h5', hdf5],
  ['keras', keras],
] as const)("wrappers of TensorFlow's pruning toolkit in .%s", (ending, make) => {
  it('are read through, their masks applied, and written without them', async () => {
    const file = path.join(folder, `wrapped.${ending}`);
    writeFileSync(file, await make());
    const model = await loadModel(file);
    expect(Object.fromEntries([...model.weights].map(([id, v]) => [id, [...v]]))).toEqual(expected);
    expect(model.graph.nodes.map((n) => n.id)).toEqual(['i', 'c', 'f', 'd']);
    expect(model.warnings.join()).toMatch(/pruning toolkit .* written without the wrappers/);
    const plain = path.join(folder, `plain.${ending}`);
    await saveModel(model, model.graph, model.weights, plain);
    const again = await loadModel(plain);
    expect(again.weights).toEqual(model.weights);
    expect(again.warnings).toEqual([]);
    expect(JSON.stringify(again.container.kerasConfig)).not.toContain('PruneLowMagnitude');
    if (ending !== 'keras') return;
    // tf_keras loads no store whose models have no variables of their own, be they none
    const store = await (await openZip(readFileSync(plain), plain)).read('model.weights.h5');
    expect(await withHdf5(store, plain, (h5) => h5.kind('/vars'))).toBe('group');
  });
});
