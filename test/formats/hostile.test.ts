import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { crc32, deflateRawSync, inflateSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { findGroups } from '../../src/graph/channels.ts';
import { loadModel, saveModel } from '../../src/formats/index.ts';
import { createNetwork } from '../../src/formats/networks/index.ts';
import { nestsTooDeep } from '../../src/formats/json/depth.ts';
import { parseKerasConfig } from '../../src/formats/keras-config/index.ts';
import { openZip } from '../../src/formats/keras/zip.ts';
import { makeHdf5, withHdf5, type Hdf5Writer } from '../../src/formats/keras-h5/hdf5.ts';
import { roomFor } from '../../src/formats/limits.ts';
import { models } from '../../bench/hostile/models.mjs';
import { zip } from '../../bench/hostile/bytes.mjs';

const root = mkdtempSync(path.join(os.tmpdir(), 'espalier-hostile-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const fresh = () => mkdtempSync(path.join(root, 'm-'));

const refusal = async (kind: 'h5' | 'keras' | 'tfjs', claim: string): Promise<string> => {
  const make = models[kind][claim];
  expect(make, claim).toBeDefined();
  const message = await loadModel(await make(fresh())).then(
    () => 'it was read',
    (error: Error) => `${error.name} ${error.message}`,
  );
  expect(message).not.toMatch(/\n/);
  return message;
};

describe('arrays that claim more than their file can hold', () => {
  it('are refused before anything is allocated', async () => {
    for (const claim of ['an array of 1 GB that nobody stored', 'four arrays of 1 GB, unstored'])
      expect(await refusal('h5', claim)).toMatch(
        /InputError.*1,024 MB makes its arrays far larger than the file/,
      );
    expect(await refusal('keras', 'an array of 1 GB that nobody stored')).toMatch(/far larger than the file/);
    expect(await refusal('tfjs', 'a shard of 8 bytes that claims 1 GB')).toMatch(/but only 8 were found/);
    expect(await refusal('tfjs', 'a shape of 2^31 x 2^31')).toMatch(/but only 8 were found/);
  });

  it('are refused where they are cut into more pieces than the library can note', async () => {
    expect(await refusal('h5', 'an array in 400,000 chunks, unstored')).toMatch(
      /InputError.*its arrays are cut into more than the 100,000 chunks/,
    );
  });

  it('are counted together, in the room that the file gives', async () => {
    const bytes = await makeHdf5((file: Hdf5Writer) => {
      file.dataset('/a', new Float32Array(100), [10, 10], '<f');
      file.dataset('/b', new Float32Array(100), [10, 10], '<f');
    });
    const read = (room?: number) =>
      withHdf5(bytes, 'x', (h5) => ['/a', '/b'].map((p) => h5.floats(p, h5.dataset(p)).length), room);
    expect(await read()).toEqual([100, 100]);
    expect(await read(800)).toEqual([100, 100]);
    await expect(read(799)).rejects.toThrow(/the array "\/b" of 1 kB makes its arrays far larger/);
    // VGG-16, gzipped to nothing, and a file of float16
    expect(roomFor(1e6)).toBeGreaterThan(553e6);
    expect(roomFor(1e9)).toBe(2e9);
  });

  it('real ones are read in pieces, bit by bit the same', async () => {
    // 24 MB: more than one piece
    const values = Float32Array.from({ length: 6_000_000 }, (_, i) => Math.fround(Math.sin(i)));
    const bytes = await makeHdf5((file) => file.dataset('/w', values, [3000, 2000], '<f'));
    const read = await withHdf5(bytes, 'x', (h5) => h5.floats('/w', h5.dataset('/w')));
    expect(Buffer.compare(Buffer.from(read.buffer), Buffer.from(values.buffer))).toBe(0);
  });
});

describe('what the HDF5 library would not come to the end of', () => {
  it('is refused before it is asked', async () => {
    expect(await refusal('h5', 'a configuration whose heap never ends')).toMatch(/it is damaged/);
    const bytes = await makeHdf5((file) => {
      file.string('/', 'long', 'x'.repeat(100_000));
      file.dataset('/w', new Float32Array(1), [1], '<f');
    });
    await withHdf5(bytes, 'x', (h5) => {
      expect(h5.strings('/', 'long')).toEqual(['x'.repeat(100_000)]);
      expect(() => h5.kind('/g'.repeat(20_000))).toThrow(/more than 420 groups deep/);
    });
  });
});

describe('attributes, each of which the HDF5 library looks for among all', () => {
  it('are refused where one group has thousands', async () => {
    expect(await refusal('h5', 'names of layers in 5,000 parts')).toMatch(
      /InputError.*"\/model_weights" has 5000 attributes; Espalier reads at most 256/,
    );
  });

  it('are counted by what they cost', async () => {
    const groups = Array.from({ length: 10 }, (_, i) => `/g${i}`);
    const bytes = await makeHdf5((file) => {
      for (const group of groups) {
        file.group(group);
        for (let i = 0; i < 250; i++) file.strings(group, `n${i}`, ['x']);
      }
    });
    const read = (some: string[]) =>
      withHdf5(bytes, 'x', (h5) =>
        some.flatMap((group) => h5.attributeNames(group).map((name) => h5.strings(group, name)![0])),
      );
    expect(await read(groups.slice(0, 2))).toEqual(new Array(500).fill('x'));
    await expect(read(groups)).rejects.toThrow('too many groups, arrays and attributes');
  });
});

describe('arrays that are kept in other files', () => {
  it('are refused by name, and no other file is read', async () => {
    // h5py: a virtual dataset "w" of two numbers, whose source is "w" in /etc/hostname, and whose fill value is 7
    const virtual =
      'eNrr9HBx4+WS4mIAAQ4OBhYGAQZk8B8KGCTQ+FCQAKUZoXQHlF7BBBNnBMtBtTMIQs1HVxcS5OoKUv0fDcDsMWCB0BwMo2AkAg9XxwAQHQHlw1LpCSZUdeVo6dGDQnsZGdghZjHC+JCUzMgIEYBZD6OZgfIgGUEFeQZIklVgEOdgEK+HyrMCXQ6SZ2JmYoTIP3AAkSzAlM0IpiFiHFAfsjDDkjzEPiEoF8TLVeDOZmDIoGs8BPv5u4ByNCwfKjCPps1RMAqGKnB39vdhRCpQYeWmLQNaQaqfWpKsn5FfXJKXmJsKLGaZkeQgBR8qv/uJ8Gwk7gL+0bAeBaNgFIyCUTAKRsEoGAWjYBSMglEwCgYKAADnhznb';
    const bytes = inflateSync(Buffer.from(virtual, 'base64'));
    await expect(withHdf5(bytes, 'x', (h5) => h5.dataset('/w'))).rejects.toThrow(
      /x: the array "\/w" is put together from other arrays or files/,
    );
  });
});

describe('weights that are not finite', () => {
  it('are refused by name, in every format', async () => {
    expect(await refusal('h5', 'a weight that is NaN')).toMatch(
      /"\/model_weights\/c\/c\/kernel:0" is not finite: value 1 of 2 is NaN/,
    );
    expect(await refusal('h5', 'a float64 weight of 1e300')).toMatch(
      /kernel:0" is not finite: value 1 of 2 is Infinity/,
    );
    expect(await refusal('keras', 'a weight that is infinite')).toMatch(
      /the weight "c\/kernel" \("\/?layers\/conv2d\/vars\/0"\) is not finite/,
    );
    expect(await refusal('tfjs', 'a weight that is NaN')).toMatch(/"c\/kernel" is not finite/);
    expect(await refusal('tfjs', 'a scale of 1e308')).toMatch(
      /"c\/kernel" is not finite: value 0 of 2 is Infinity/,
    );
    expect(await refusal('tfjs', 'a scale that is Infinity')).toMatch(/is damaged: .*scale/);
  });
});

describe('configurations', () => {
  const relu = (name: string, from: string) => ({
    class_name: 'Activation',
    name,
    config: { name, activation: 'relu' },
    inbound_nodes: [[[from, 0, 0, {}]]],
  });
  const input = {
    class_name: 'InputLayer',
    name: 'x',
    config: { name: 'x', batch_input_shape: [null, 4, 4, 1] },
    inbound_nodes: [],
  };
  const chain = (count: number) =>
    Array.from({ length: count }, (_, i) => relu(`a${i}`, i ? `a${i - 1}` : 'x'));
  const model = (layers: unknown[], output: string) => ({
    class_name: 'Functional',
    config: {
      name: 'm',
      layers: [input, ...layers],
      input_layers: [['x', 0, 0]],
      output_layers: [[output, 0, 0]],
    },
  });

  it('that grow as they are laid out are stopped', async () => {
    for (const kind of ['h5', 'keras', 'tfjs'] as const)
      expect(await refusal(kind, 'models in models 20 deep, each called twice')).toMatch(
        /more than 20000 layers once the models in it are laid out/,
      );
  });

  it('listed backwards are the same network, and 10,000 layers are no work', () => {
    const forwards = parseKerasConfig(model(chain(10_000), 'a9999'), 'x');
    const backwards = parseKerasConfig(model(chain(10_000).reverse(), 'a9999'), 'x');
    expect(backwards.graph.nodes).toEqual(forwards.graph.nodes);
  });

  it('come in the order of the passes that were made before', () => {
    // b and d wait for c, which is listed behind them: they come in the second pass, in their order
    const layers = [relu('b', 'c'), relu('a', 'x'), relu('d', 'b'), relu('c', 'a'), relu('e', 'd')];
    const { graph } = parseKerasConfig(model(layers, 'e'), 'x');
    expect(graph.nodes.map((n) => n.id)).toEqual(['x', 'a', 'c', 'b', 'd', 'e']);
    expect(() => parseKerasConfig(model([relu('a', 'b'), relu('b', 'a')], 'a'), 'x')).toThrow(
      /layer "a" reads "b", which no layer gives/,
    );
  });

  it('nested too deep are refused before they are parsed', async () => {
    expect(await refusal('h5', 'lists in lists, 3 million deep')).toMatch(/nested more than 1000 deep/);
    expect(await refusal('tfjs', 'lists in lists, 5 million deep')).toMatch(/nested more than 1000 deep/);
    const deep = (n: number) => Buffer.from(`{"[[\\"[": ${'['.repeat(n)}${']'.repeat(n)}}`);
    expect([nestsTooDeep(deep(999)), nestsTooDeep(deep(1000))]).toEqual([false, true]);
  });

  it('that double their channels again and again are refused', async () => {
    const { graph } = await loadModel(await models.h5['two channels that are doubled 24 times'](fresh()));
    expect(() => findGroups(graph)).toThrow(/more than 16,777,216 channels in all/);
  });

  it('with more than any network has are refused', async () => {
    expect(() => parseKerasConfig(model(chain(20_001), 'a20000'), 'x')).toThrow(/more than 20000 layers/);
    const reads = (count: number) => ({
      class_name: 'Add',
      name: 'add',
      config: { name: 'add' },
      inbound_nodes: [new Array(count).fill(['x', 0, 0, {}])],
    });
    expect(() => parseKerasConfig(model([reads(5000)], 'add'), 'x')).toThrow(
      /reads 5000 tensors, more than 4096/,
    );
    expect(parseKerasConfig(model([reads(4000)], 'add'), 'x').graph.nodes).toHaveLength(2);
    expect(await refusal('h5', '60 Adds that each read one tensor 20,000 times')).toMatch(
      /larger than 16 MB/,
    );
  });
});

describe('.keras archives', () => {
  it('that expand without end are refused by their directory', async () => {
    const few = deflateRawSync(Buffer.alloc(100));
    const claims = (entries: object[]) => {
      const file = path.join(fresh(), 'm.keras');
      writeFileSync(file, zip(entries.map((entry, i) => ({ name: `a${i}`, packed: few, ...entry }))));
      return loadModel(file);
    };
    const seven = Array.from({ length: 7 }, () => ({ size: 255 * 2 ** 20 }));
    await expect(claims(seven)).rejects.toThrow(
      /"a2", which claims 267386880 bytes in \d+, it expands to far more/,
    );
    await expect(claims([{ name: 'model.weights.h5', size: 2 ** 30 }])).rejects.toThrow(
      /far more than its size/,
    );
    await expect(
      claims([{ name: 'config.json', size: 2 ** 27 }, { name: 'model.weights.h5' }]),
    ).rejects.toThrow(/config.json is larger than 16 MB/);
    await expect(
      claims([
        { name: 'config.json', packed: deflateRawSync(Buffer.alloc(2 ** 20)), size: 100 },
        { name: 'model.weights.h5' },
      ]),
    ).rejects.toThrow(/too many bytes/);
    const shared = path.join(fresh(), 'm.keras');
    writeFileSync(
      shared,
      zip(
        ['config.json', 'b', 'c'].map((name) => ({ name, packed: few, size: 100 })),
        { overlap: true },
      ),
    );
    await expect(loadModel(shared)).rejects.toThrow(/its entry "b" lies over another one/);
    expect(await refusal('keras', '200,000 empty entries')).toMatch(/has 200002 entries/);
    expect(await refusal('keras', 'the store twice')).toMatch(/twice/);
  });

  it('keep what they hold beside the network, packed or not, and read it only to write it', async () => {
    const folder = fresh();
    const network = createNetwork('cnn4', { inputShape: [8, 8, 3], classes: 2, seed: 1 });
    const plain = path.join(folder, 'plain.keras');
    await saveModel(network, network.graph, network.weights, plain);
    const first = await loadModel(plain);
    const old = readFileSync(plain);
    const archive = await openZip(old, plain);
    const entries = await Promise.all(
      archive.names.map(async (name) => ({ name, bytes: await archive.read(name) })),
    );
    const extra = Buffer.from('an asset '.repeat(1000));
    const packed = zip([
      ...entries.map(({ name, bytes }) => ({
        name,
        packed: deflateRawSync(bytes),
        size: bytes.length,
        crc: crc32(bytes),
      })),
      { name: 'assets/words.txt', data: extra },
    ]);
    const withDamage = zip([
      ...entries.map(({ name, bytes }) => ({ name, data: bytes })),
      { name: 'damaged', data: extra, crc: 1 },
    ]);
    const file = path.join(folder, 'packed.keras');
    writeFileSync(file, packed);
    const model = await loadModel(file);
    expect([...model.weights]).toEqual([...first.weights]);
    const out = path.join(folder, 'out.keras');
    await saveModel(model, model.graph, model.weights, out);
    const written = await openZip(readFileSync(out), out);
    expect(Buffer.from(await written.read('assets/words.txt')).equals(extra)).toBe(true);
    // what is damaged isn't needed to look at the network, only to write it again
    writeFileSync(file, withDamage);
    const other = await loadModel(file);
    await expect(saveModel(other, other.graph, other.weights, out)).rejects.toThrow(
      /the checksum of its entry "damaged" is wrong/,
    );
  });
});

describe('TensorFlow.js manifests', () => {
  it('are held against what is there, before they are followed', async () => {
    expect(await refusal('tfjs', 'a list of a million shards')).toMatch(/names 1000000 weights files/);
    expect(await refusal('tfjs', 'one shard named 10,000 times')).toMatch(
      /names the weights file "s.bin" twice/,
    );
    expect(await refusal('tfjs', 'a shard that is a pipe')).toMatch(/is not a file/);
    expect(await refusal('tfjs', 'a shard that is a link to /dev/zero')).toMatch(/is not a file/);
    expect(await refusal('tfjs', 'a model.json of 2 GB of nothing')).toMatch(/bytes, more than/);
  });

  it('may begin with the mark that some editors write', async () => {
    const folder = fresh();
    const network = createNetwork('cnn4', { inputShape: [8, 8, 3], classes: 2, seed: 1 });
    const json = path.join(folder, 'model.json');
    await saveModel(network, network.graph, network.weights, json);
    writeFileSync(json, `\ufeff${readFileSync(json, 'utf8')}`);
    const model = await loadModel(folder);
    expect([...model.weights]).toEqual([...network.weights]);
    await saveModel(model, model.graph, model.weights, path.join(folder, 'out', 'model.json'));
  });

  it('cut weights out of shards wherever these end', async () => {
    const folder = fresh();
    const network = createNetwork('cnn4', { inputShape: [8, 8, 3], classes: 2, seed: 1 });
    const json = path.join(folder, 'model.json');
    await saveModel(network, network.graph, network.weights, json);
    const content = JSON.parse(readFileSync(json, 'utf8'));
    const whole = readFileSync(path.join(folder, content.weightsManifest[0].paths[0]));
    // odd lengths, an empty one, and one that holds many weights
    const ends = [0, 1, 1, 1003, 50_001, whole.length];
    content.weightsManifest[0].paths = ends.slice(1).map((end, i) => {
      writeFileSync(path.join(folder, `part${i}.bin`), whole.subarray(ends[i], end));
      return `part${i}.bin`;
    });
    writeFileSync(json, JSON.stringify(content));
    expect([...(await loadModel(json)).weights]).toEqual([...network.weights]);
  });
});
