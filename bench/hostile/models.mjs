// Hostile models: each case makes one below a folder and says what it claims. `fine`: it may also simply work.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import h5wasm from 'h5wasm/node';

import { fifo, GB, MB, packedZeros, sparse, write, zip } from './bytes.mjs';

const input = (name, shape = [null, 4, 4, 1]) => ({
  class_name: 'InputLayer',
  name,
  config: { name, batch_input_shape: shape },
  inbound_nodes: [],
});
const layer = (class_name, name, from, config = {}) => ({
  class_name,
  name,
  config: { name, ...config },
  inbound_nodes: [from.map((one) => (typeof one === 'string' ? [one, 0, 0, {}] : one))],
});
const functional = (name, layers, inputs, outputs) => ({
  class_name: 'Functional',
  name,
  config: {
    name,
    layers,
    input_layers: inputs.map((one) => [one, 0, 0]),
    output_layers: outputs.map((one) => (typeof one === 'string' ? [one, 0, 0] : one)),
  },
});

/** Dense layers side by side, so that each array is as large as said. */
function dense(sizes) {
  const layers = [input('x', [null, sizes[0]])];
  sizes.forEach((size, i) =>
    layers.push(layer('Dense', `d${i}`, [i ? `d${i - 1}` : 'x'], { units: size, use_bias: false })),
  );
  return functional('m', layers, ['x'], [`d${sizes.length - 1}`]);
}

const conv = () =>
  functional(
    'm',
    [input('x'), layer('Conv2D', 'c', ['x'], { filters: 2, kernel_size: [1, 1], use_bias: false })],
    ['x'],
    ['c'],
  );

/** Models in models, each calling the one inside it twice: 2 to the power of `depth` layers. */
function nested(depth) {
  let inner = functional(
    'm0',
    [input('i'), layer('Activation', 'a', ['i'], { activation: 'relu' })],
    ['i'],
    ['a'],
  );
  for (let i = 1; i <= depth; i++) {
    const called = { ...inner, inbound_nodes: [[['i', 0, 0, {}]], [[inner.name, 0, 0, {}]]] };
    inner = functional(`m${i}`, [input('i'), called], ['i'], [[inner.name, 1, 0]]);
  }
  return inner;
}

function chain(count, backwards = false) {
  const layers = Array.from({ length: count }, (_, i) =>
    layer('Activation', `a${i}`, [i ? `a${i - 1}` : 'x'], { activation: 'relu' }),
  );
  if (backwards) layers.reverse();
  return functional('m', [input('x'), ...layers], ['x'], [`a${count - 1}`]);
}

/** A convolution whose two channels are joined to themselves again and again. */
function doubling(times) {
  const joints = Array.from({ length: times }, (_, i) => {
    const from = i ? `j${i - 1}` : 'c';
    return layer('Concatenate', `j${i}`, [from, from], { axis: -1 });
  });
  const conv2d = layer('Conv2D', 'c', ['x'], { filters: 2, kernel_size: [1, 1], use_bias: false });
  return functional('m', [input('x'), conv2d, ...joints], ['x'], [`j${times - 1}`]);
}

/** Lists in lists, beside a network. */
const deepJson = (depth) => `{"modelTopology":${'['.repeat(depth)}${']'.repeat(depth)},"weightsManifest":[]}`;

/** A configuration in a heap that says it is 4 GB long: a library of 32 bits takes that for nothing. */
async function endlessHeap(file) {
  await h5wasm.ready;
  const f = new h5wasm.File(file, 'w');
  f.create_attribute('model_config', 'Q'.repeat(37), null, 'A');
  f.close();
  const bytes = readFileSync(file);
  const at = bytes.indexOf('Q'.repeat(37));
  bytes.writeBigUInt64LE(0xfffffff0n, at - 8);
  return write(file, bytes);
}

function fanIn(layers, reads) {
  const all = Array.from({ length: layers }, (_, i) =>
    layer('Add', `a${i}`, new Array(reads).fill(i ? `a${i - 1}` : 'x')),
  );
  return functional('m', [input('x'), ...all], ['x'], [`a${layers - 1}`]);
}

/** An array of the file: stored as given; as chunks that nobody wrote; or as gzipped zeros. */
function dataset(group, name, { shape, data, dtype = '<f', kind = 'stored', side = 4096 }) {
  if (kind === 'stored') {
    group.create_dataset({ name, data, shape, dtype });
    return;
  }
  const chunk = shape.map((d) => Math.min(d, side));
  const small = new Float32Array(chunk.reduce((a, b) => a * b, 1));
  const made = group.create_dataset({
    name,
    data: small.subarray(0, 1),
    shape: shape.map(() => 1),
    dtype: '<f',
    maxshape: shape.map(() => null),
    chunks: chunk,
    compression: 9,
  });
  made.resize(shape);
  if (kind === 'unstored') return;
  for (let r = 0; r < shape[0]; r += 4096)
    for (let c = 0; c < shape[1]; c += 4096)
      made.write_slice(
        [
          [r, r + chunk[0]],
          [c, c + chunk[1]],
        ],
        small,
      );
}

/** @param parts of layer_names, each an attribute of its own */
async function h5(file, config, arrays = {}, parts = 0) {
  await h5wasm.ready;
  const f = new h5wasm.File(file, 'w');
  f.create_attribute('keras_version', '2.15.0');
  f.create_attribute('backend', 'tensorflow');
  f.create_attribute('model_config', typeof config === 'string' ? config : JSON.stringify(config));
  const root = f.create_group('model_weights');
  const names = Object.keys(arrays);
  for (let i = 0; i < parts; i++) root.create_attribute(`layer_names${i}`, ['c'], [1], 'A32');
  if (!parts && names.length) root.create_attribute('layer_names', names, [names.length], 'A32');
  else if (!parts) root.create_attribute('layer_names', new Float64Array(0), [0], '<d');
  for (const [name, array] of Object.entries(arrays)) {
    const group = root.create_group(name);
    group.create_attribute('weight_names', [`${name}/kernel:0`], [1], 'A48');
    dataset(group.create_group(name), 'kernel:0', array);
  }
  f.close();
  return file;
}

async function store(file, arrays) {
  await h5wasm.ready;
  const f = new h5wasm.File(file, 'w');
  const layers = f.create_group('layers');
  for (const [name, array] of Object.entries(arrays))
    dataset(layers.create_group(name).create_group('vars'), '0', array);
  f.close();
  return readFileSync(file);
}

const small = { shape: [1, 1, 1, 2], data: new Float32Array([1, 2]) };
const square = (kind) => ({ shape: [16384, 16384], kind });

/** .keras: its configuration and store, with other entries around. */
async function kerasZip(
  folder,
  { config = conv(), arrays = { conv2d: small }, more = [], storeEntry, configEntry, overlap } = {},
) {
  const weights = storeEntry ?? { data: await store(path.join(folder, 'store.h5'), arrays) };
  const text = configEntry ?? { data: Buffer.from(JSON.stringify(config)) };
  return write(
    path.join(folder, 'm.keras'),
    zip([...more, { name: 'config.json', ...text }, { name: 'model.weights.h5', ...weights }], { overlap }),
  );
}

function tfjs(
  folder,
  { config = conv(), manifest, shards = { 's.bin': new Float32Array([1, 2]) }, text } = {},
) {
  const json = {
    format: 'layers-model',
    modelTopology: { model_config: config },
    weightsManifest: manifest ?? [
      { paths: ['s.bin'], weights: [{ name: 'c/kernel', shape: [1, 1, 1, 2], dtype: 'float32' }] },
    ],
  };
  for (const [name, values] of Object.entries(shards))
    writeFileSync(
      path.join(folder, name),
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
  return write(path.join(folder, 'model.json'), text ?? JSON.stringify(json));
}
const spec = (more) => [
  { paths: ['s.bin'], weights: [{ name: 'c/kernel', shape: [1, 1, 1, 2], dtype: 'float32', ...more }] },
];

const at = (folder, name) => path.join(folder, name);
const SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

export const models = {
  h5: {
    'an array of 1 GB that nobody stored': (d) =>
      h5(at(d, 'm.h5'), dense([16384]), { d0: square('unstored') }),
    'an array of 1 GB of gzipped zeros': (d) => h5(at(d, 'm.h5'), dense([16384]), { d0: square('zeros') }),
    'four arrays of 1 GB, unstored': (d) =>
      h5(
        at(d, 'm.h5'),
        dense(new Array(4).fill(16384)),
        Object.fromEntries([0, 1, 2, 3].map((i) => [`d${i}`, square('unstored')])),
      ),
    'an array in 400,000 chunks, unstored': (d) =>
      h5(at(d, 'm.h5'), dense([5060]), { d0: { shape: [5060, 5060], kind: 'unstored', side: 8 } }),
    'names of layers in 5,000 parts': (d) => h5(at(d, 'm.h5'), conv(), { c: small }, 5000),
    'a configuration of 200 MB': (d) =>
      h5(at(d, 'm.h5'), { ...conv(), x: 'x'.repeat(200 * MB) }, { c: small }),
    'a configuration of 60 M numbers': (d) =>
      h5(at(d, 'm.h5'), JSON.stringify({ ...conv(), x: 0 }).replace(/0}$/, `[${'1,'.repeat(6e7)}1]}`), {
        c: small,
      }),
    'models in models 20 deep, each called twice': (d) => h5(at(d, 'm.h5'), nested(20)),
    '10,000 layers listed backwards': (d) => h5(at(d, 'm.h5'), chain(10_000, true)),
    '40,000 layers': (d) => h5(at(d, 'm.h5'), chain(40_000)),
    '60 Adds that each read one tensor 20,000 times': (d) => h5(at(d, 'm.h5'), fanIn(60, 20_000)),
    'a weight that is NaN': (d) =>
      h5(at(d, 'm.h5'), conv(), { c: { ...small, data: new Float32Array([1, NaN]) } }),
    'a float64 weight of 1e300': (d) =>
      h5(at(d, 'm.h5'), conv(), { c: { ...small, dtype: '<d', data: new Float64Array([1, 1e300]) } }),
    'two channels that are doubled 24 times': (d) => h5(at(d, 'm.h5'), doubling(24), { c: small }),
    'a configuration whose heap never ends': (d) => endlessHeap(at(d, 'm.h5')),
    'lists in lists, 3 million deep': (d) => h5(at(d, 'm.h5'), `${'['.repeat(3e6)}${']'.repeat(3e6)}`),
    'a pipe': (d) => fifo(at(d, 'm.h5')),
    'a link to /dev/zero': (d) => (symlinkSync('/dev/zero', at(d, 'm.h5')), at(d, 'm.h5')),
    '2 GB of nothing behind the signature': (d) => sparse(at(d, 'm.h5'), 2 * GB - 1, SIGNATURE),
    '2 GB of nothing, named .h5': (d) => sparse(at(d, 'm.h5'), 2 * GB - 1),
  },
  keras: {
    'an array of 1 GB that nobody stored': (d) =>
      kerasZip(d, { config: dense([16384]), arrays: { dense: square('unstored') } }),
    'an array of 1 GB of gzipped zeros': (d) =>
      kerasZip(d, { config: dense([16384]), arrays: { dense: square('zeros') } }),
    'seven other entries of 255 MB of zeros': (d) =>
      kerasZip(d, { more: [1, 2, 3, 4, 5, 6, 7].map((i) => ({ name: `a${i}`, ...packedZeros(255 * MB) })) }),
    'eight entries that share one stream of 250 MB': (d) =>
      write(
        at(d, 'm.keras'),
        zip(
          [1, 2, 3, 4, 5, 6, 7, 8].map((i) => ({ name: `a${i}`, ...packedZeros(250 * MB) })),
          { overlap: true },
        ),
      ),
    '200,000 empty entries': (d) =>
      kerasZip(d, { more: Array.from({ length: 200_000 }, (_, i) => ({ name: `a${i}` })) }),
    'weights of 1 GB of zeros': (d) => kerasZip(d, { storeEntry: packedZeros(GB) }),
    'a configuration of 255 MB of zeros': (d) => kerasZip(d, { configEntry: packedZeros(255 * MB) }),
    'an entry of 1 GB that claims 100 bytes': (d) =>
      kerasZip(d, { storeEntry: { ...packedZeros(GB), size: 100 } }),
    'models in models 20 deep, each called twice': (d) => kerasZip(d, { config: nested(20), arrays: {} }),
    '10,000 layers listed backwards': (d) => kerasZip(d, { config: chain(10_000, true), arrays: {} }),
    'a weight that is infinite': (d) =>
      kerasZip(d, { arrays: { conv2d: { ...small, data: new Float32Array([1, Infinity]) } } }),
    'the store twice': async (d) => {
      const data = await store(at(d, 's.h5'), { conv2d: small });
      return kerasZip(d, { more: [{ name: 'model.weights.h5', data }] });
    },
    'a pipe': (d) => fifo(at(d, 'm.keras')),
    '2 GB of nothing behind the signature': (d) =>
      sparse(at(d, 'm.keras'), 2 * GB - 1, Buffer.from('PK\x03\x04')),
  },
  tfjs: {
    'a shard of 8 bytes that claims 1 GB': (d) =>
      tfjs(d, {
        config: dense([16384]),
        manifest: [
          { paths: ['s.bin'], weights: [{ name: 'd0/kernel', shape: [16384, 16384], dtype: 'float32' }] },
        ],
      }),
    'a shape of 2^31 x 2^31': (d) => tfjs(d, { manifest: spec({ shape: [2 ** 31, 2 ** 31] }) }),
    'a scale of 1e308': (d) =>
      tfjs(d, {
        manifest: spec({ quantization: { dtype: 'uint8', scale: 1e308, min: 0 } }),
        shards: { 's.bin': new Uint8Array([1, 255]) },
      }),
    'a scale that is Infinity': (d) =>
      tfjs(d, {
        text: JSON.stringify({
          modelTopology: conv(),
          weightsManifest: spec({ quantization: { dtype: 'uint8', scale: 77, min: 0 } }),
        }).replace('77', '1e999'),
        shards: { 's.bin': new Uint8Array([1, 255]) },
      }),
    'a list of a million shards': (d) =>
      tfjs(d, { manifest: [{ paths: Array.from({ length: 1e6 }, (_, i) => `s${i}.bin`), weights: [] }] }),
    'one shard named 10,000 times': (d) =>
      tfjs(d, {
        manifest: [
          {
            paths: new Array(10_000).fill('s.bin'),
            weights: [{ name: 'c/kernel', shape: [1, 1, 1, 20_000], dtype: 'float32' }],
          },
        ],
      }),
    'a million weights': (d) =>
      tfjs(d, {
        manifest: [
          {
            paths: ['s.bin'],
            weights: Array.from({ length: 1e6 }, (_, i) => ({ name: `w${i}`, shape: [0], dtype: 'float32' })),
          },
        ],
      }),
    'a model.json of 2 GB of nothing': (d) => sparse(at(d, 'model.json'), 2 * GB - 1),
    'a model.json with 200 MB of spaces': (d) =>
      write(at(d, 'model.json'), `{"modelTopology":${' '.repeat(200 * MB)}{}}`),
    'models in models 20 deep, each called twice': (d) => tfjs(d, { config: nested(20), manifest: [] }),
    '10,000 layers listed backwards': (d) => tfjs(d, { config: chain(10_000, true), manifest: [] }),
    'a shard that is a pipe': (d) => (
      fifo(at(d, 'p.bin')),
      tfjs(d, { manifest: [{ ...spec()[0], paths: ['p.bin'] }] })
    ),
    'a shard that is a link to /dev/zero': (d) => (
      symlinkSync('/dev/zero', at(d, 'z.bin')),
      tfjs(d, { manifest: [{ ...spec()[0], paths: ['z.bin'] }] })
    ),
    'lists in lists, 5 million deep': (d) => write(at(d, 'model.json'), deepJson(5e6)),
    'a model.json that is a pipe': (d) => fifo(at(d, 'model.json')),
    'a weight that is NaN': (d) => tfjs(d, { shards: { 's.bin': new Float32Array([1, NaN]) } }),
    'a folder named model.json': (d) => (mkdirSync(at(d, 'model.json')), d),
  },
};

/** Cases that may also simply work: large, but honest. */
export const mayWork = new Set([
  '10,000 layers listed backwards',
  'one shard named 10,000 times',
  '40,000 layers',
]);
