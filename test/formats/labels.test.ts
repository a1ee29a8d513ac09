import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNetwork, describeFormat, loadModel, saveModel } from '../../src/formats/index.ts';
import { makeZip, openZip } from '../../src/formats/keras/zip.ts';
import { labelRank, namesInJson } from '../../src/formats/label-names.ts';
import { namesInPrinted, namesInText } from '../../src/formats/label-text.ts';
import { findGroups } from '../../src/graph/channels.ts';
import { Random } from '../../src/graph/random.ts';
import { prune } from '../../src/graph/surgery.ts';
import { runTfjs } from './tfjs-layers/real-tfjs.ts';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-labels-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const fresh = async () => {
  const where = path.join(folder, String(count++));
  await mkdir(where);
  return where;
};
const net = createNetwork('cnn4', { inputShape: [8, 8, 3], classes: 3, width: 0.5, seed: 1 });
const pets = ['dog', 'cat', 'sea gull'];
const listed = pets.join('\n');

describe('class names', () => {
  it.each([
    [pets],
    [{ labels: pets, modelName: 'tm-my-image-model', imageSize: 224 }],
    [{ class_names: pets }],
    [{ '0': 'dog', '1': 'cat', '2': 'sea gull' }],
    [{ '2': 'sea gull', '0': 'dog', '1': 'cat' }],
    [{ cat: 1, dog: 0, 'sea gull': 2 }],
    [{ class_indices: { cat: 1, dog: 0, 'sea gull': 2 } }],
    [{ architectures: ['X'], id2label: { '0': 'dog', '1': 'cat', '2': 'sea gull' }, label2id: {} }],
    [{ label2id: { cat: 1, dog: 0, 'sea gull': 2 } }],
    [{ '0': ['n01', 'dog'], '1': ['n02', 'cat'], '2': ['n03', 'sea gull'] }],
    [
      [
        { id: 1, name: 'cat' },
        { id: 0, name: 'dog' },
        { id: 2, name: 'sea gull' },
      ],
    ],
  ])('in JSON: %j', (json) => {
    expect(namesInJson(json)).toEqual(pets);
  });

  it('are none where the JSON is another', () => {
    for (const json of [
      { keras_version: '3.0.0', date_saved: 'x' },
      { labels: [1, 2] },
      { a: 1, b: 1 },
      { a: 1, b: 2 },
      { '1': 'a', '3': 'b' },
      [],
      {},
      null,
      3,
      'x',
    ])
      expect(namesInJson(json), JSON.stringify(json)).toBeUndefined();
  });

  it.each([
    ['dog\ncat\nsea gull\n'],
    ['\uFEFFdog\r\ncat\r\n\r\nsea gull'],
    ['0 dog\n1 cat\n2 sea gull\n'],
    ['1: cat\n0: dog\n2: sea gull'],
    ['1 dog\n2 cat\n3 sea gull'],
    ['dog, cat, sea gull'],
    ['dog\rcat\rsea gull\r'],
    ['\n\n  dog  \n\t\ncat\nsea gull\n\n'],
    ['\uFEFF0 dog\r\n1 cat\r\n\r\n2 sea gull\r\n'],
    ['0\tdog\n1\tcat\n2\tsea gull'],
    ['# made by hand\ndog\ncat\n# the last\nsea gull'],
    ['\uFEFF# index name\r\n0 dog\r\n1 cat\r\n2 sea gull'],
    ['// classes\ndog\ncat\nsea gull'],
  ])('in text: %j', (text) => {
    expect(namesInText(text)?.names).toEqual(pets);
  });

  it('begin with # where the network has as many classes as lines then', () => {
    const text = '#food\n#selfie\nsea gull';
    expect(namesInText(text, (n) => n === 3)?.names).toEqual(['#food', '#selfie', 'sea gull']);
    expect(namesInText(text, (n) => n === 1)?.names).toEqual(['sea gull']);
    expect(namesInText('# a comment\ndog\ncat', (n) => n === 2)?.names).toEqual(['dog', 'cat']);
    expect(namesInText('#a\n#b', (n) => n === 2)?.names).toEqual(['#a', '#b']);
    expect(namesInText('# nothing\n# here')).toBeUndefined();
  });

  it('that are numbers, or begin with one, stay as they are', () => {
    expect(namesInText('0\n1\n10')?.names).toEqual(['0', '1', '10']);
    expect(namesInText('3 wheeler\n4 wheeler')?.names).toEqual(['3 wheeler', '4 wheeler']);
  });

  const three = (n: number) => n === 3;
  it.each([
    ['0. dog\n1. cat\n2. sea gull'],
    ['0) dog\n1) cat\n2) sea gull'],
    ['(1) dog\n(2) cat\n(3) sea gull'],
    ['[0] dog\n[1] cat\n[2] sea gull'],
    ['0 - dog\n1 - cat\n2 - sea gull'],
    ['0: "dog",\n1: "cat",\n2: "sea gull"'],
    ['cat: 1\ndog: 0\nsea gull: 2'],
    ['dog,0\ncat,1\nsea gull,2'],
    ['dog 1\ncat 2\nsea gull 3'],
    ['dog\t0\ncat\t1\nsea gull\t2'],
    ['dog -> 0\ncat -> 1\nsea gull -> 2'],
    ['index,name\n0,dog\n1,cat\n2,sea gull'],
    ['name,index\ndog,0\ncat,1\nsea gull,2'],
    ['"dog"\n"cat"\n"sea gull"'],
    ["'dog',\n'cat',\n'sea gull'"],
    ['dog,\ncat,\nsea gull,'],
    ['- dog\n- cat\n- sea gull'],
    ['dog;cat;sea gull'],
    ['"dog","cat","sea gull"'],
  ])('in text that fits the network: %j', (text) => {
    const found = namesInText(text, three);
    expect(found?.names).toEqual(pets);
    if (text.includes('\n')) expect(found?.asWritten).toEqual(text.split('\n'));
  });

  it.each([
    ['3-wheeler\n4-wheeler\n5-wheeler'],
    ['1 star\n2 star\n3 star'],
    ['class 1\nclass 2\nclass 3'],
    ['1.5 V\n2.5 V\n3.5 V'],
    ['"a" b\nc\nd'],
  ])('are the lines themselves where only a number tells them apart: %j', (text) => {
    expect(namesInText(text, three)?.names).toEqual(text.split('\n'));
  });

  it.each([
    ["['dog', 'cat', 'sea gull']"],
    ["('dog', 'cat', 'sea gull',)"],
    ["['dog' 'cat'\n 'sea gull']"],
    ["array(['dog', 'cat', 'sea gull'], dtype='<U8')"],
    ["dict_keys(['dog', 'cat', 'sea gull'])"],
    ["{'cat': 1, 'dog': 0, 'sea gull': 2}"],
    ["{0: 'dog', 1: 'cat', 2: 'sea gull'}"],
    ["class_names = ['dog', 'cat', 'sea gull',]"],
    ["{1: 'dog', 2: 'cat', 3: 'sea gull'}"],
  ])('as Python prints them: %j', (text) => {
    expect(namesInPrinted(text, three)).toEqual(pets);
  });

  it('are none where something else is printed', () => {
    for (const text of ['[dog]', "['dog'", "{'dog': x}", '[1, 2, 3]', '('.repeat(100_000), "['a'] + ['b']"])
      expect(namesInPrinted(text, three), text.slice(0, 20)).toBeUndefined();
    expect(namesInPrinted(String.raw`['it\'s', "o'clock", 'caf\xe9']`, three)).toEqual([
      "it's",
      "o'clock",
      'caf\u00e9',
    ]);
  });

  it.each([
    [{ '1': 'dog', '2': 'cat', '3': 'sea gull' }],
    [{ dog: 1, cat: 2, 'sea gull': 3 }],
    [{ dog: '0', cat: '1', 'sea gull': '2' }],
    [{ labels: { '1': 'dog', '2': 'cat', '3': 'sea gull' } }],
    [[{ name: 'dog' }, { name: 'cat' }, { name: 'sea gull' }]],
    [
      [
        { id: 1, name: 'dog' },
        { id: 2, name: 'cat' },
        { id: 3, name: 'sea gull' },
      ],
    ],
  ])('in JSON that fits the network: %j', (json) => {
    expect(namesInJson(json, three)).toEqual(pets);
    expect(namesInJson(json, (n) => n === 4)).toBeUndefined();
  });

  it('are no numbers of something else', () => {
    expect(namesInJson({ version: 1, build: 2, size: 3 }, three, false)).toBeUndefined();
  });

  it('stand in files of these names', () => {
    for (const name of [
      'labels.txt',
      'Labels.txt',
      'class_names.json',
      'classes.txt',
      'class_indices.json',
      'metadata.json',
    ])
      expect(labelRank(name, 'net'), name).not.toBeNull();
    for (const name of ['net.labels.txt', 'net_class_names.json'])
      expect(labelRank(name, 'net')!, name).toBeLessThan(labelRank('metadata.json', 'net')!);
    for (const name of ['other.labels.txt', 'model.json', 'notes.txt', 'labels.xml'])
      expect(labelRank(name, 'net'), name).toBeNull();
  });
});

describe('a model brings its class names', () => {
  it('from a table with a name a class, in its order; one of pictures is said not to be used', async () => {
    const file = path.join(await fresh(), 'net.h5');
    await saveModel(net, net.graph, net.weights, file);
    const table = path.join(path.dirname(file), 'labels.csv');
    await writeFile(table, ['index,label', ...pets.map((name, i) => `${i},${name}`)].join('\r\n'));
    expect((await loadModel(file)).labels).toEqual(pets);
    await writeFile(table, ['id,breed', ...Array.from({ length: 40 }, (_, i) => `a${i},dog`)].join('\n'));
    const { labels, warnings } = await loadModel(file);
    expect(labels).toBeUndefined();
    expect(warnings.join()).toContain('labels.csv was not used for class names');
  });
  it.each(['net.h5', 'net.keras', 'model.json'])('from beside %s', async (name) => {
    const where = await fresh();
    const file = path.join(where, name);
    await saveModel(net, net.graph, net.weights, file);
    expect((await loadModel(file)).labels).toBeUndefined();
    await writeFile(path.join(where, 'labels.txt'), listed);
    const model = await loadModel(file);
    expect([model.labels, model.labelsFrom]).toEqual([pets, 'labels.txt']);
    expect(model.companions!.map((one) => one.name)).toEqual(['labels.txt']);
    // its own before others', and what doesn't fit the outputs not at all
    await writeFile(path.join(where, 'metadata.json'), JSON.stringify({ labels: ['a', 'b'] }));
    await writeFile(
      path.join(where, `${path.parse(name).name}_labels.json`),
      JSON.stringify([...pets].reverse()),
    );
    const own = await loadModel(file);
    expect(own.labels).toEqual([...pets].reverse());
    expect(own.warnings.join()).toMatch(/_labels\.json and labels\.txt name the classes otherwise: took/);
    expect(own.companions!.map((one) => one.own)).toEqual(['labels.json', null]);
  });

  it.each([
    '["dog", "cat", "sea gull"]',
    '\uFEFF{"cat": 1, "dog": 0, "sea gull": 2}\n',
    '[dog]\ncat\nsea gull',
  ])('from a .txt that was printed as %j', async (text) => {
    const file = path.join(await fresh(), 'net.keras');
    await saveModel(net, net.graph, net.weights, file);
    await writeFile(path.join(path.dirname(file), 'class_names.txt'), text);
    const [first, ...rest] = pets;
    expect((await loadModel(file)).labels).toEqual([text.startsWith('[dog]') ? '[dog]' : first, ...rest]);
  });

  it.each([
    ['metadata.json', '{"labels": ["dog", "cat",', /is not valid JSON \(/],
    ['metadata.json', '', /is empty/],
    ['metadata.json', '{"labels": [1, 2, 3]}', /its "labels" is neither a list of names nor/],
    ['class_indices.json', '{"dog": 0, "cat": 2, "sea gull": 7}', /holds no names that Espalier understands/],
    ['labels.json', '['.repeat(100_000), /nested too deep/],
    ['label_map.pbtxt', 'item { id: 1 name: "dog" } item { id: 3 name: "cat" }', /no items with an id/],
    ['label_map.pbtxt', '\u0001\u0002', /no items with an id/],
    ['labels.json', '["dog", "cat", // and', /is not valid JSON \(/],
    ['labels.txt', ' \r\n\n', /is empty/],
    ['labels.txt', '# to do\n', /holds comments alone/],
    ['labels.txt', Buffer.from('caf\u00e9\nth\u00e9', 'latin1'), /is no text in UTF-8/],
    ['labels.txt', Buffer.alloc(9 * 2 ** 20, 'x'), /is larger than 8 MB/],
    ['net.labels.txt', 'dog\0cat', /is no text/],
  ])('and says why it has none from %s (%#)', async (name, content, why) => {
    const file = path.join(await fresh(), 'net.keras');
    await saveModel(net, net.graph, net.weights, file);
    await writeFile(path.join(path.dirname(file), name), content);
    const model = await loadModel(file);
    expect([model.labels, model.companions]).toEqual([undefined, undefined]);
    expect(model.warnings).toEqual([expect.stringMatching(why)]);
    expect(model.warnings[0]).toMatch(`${name} was not used for class names: it`);
    // one that can be read goes first, and the other is still told
    await writeFile(path.join(path.dirname(file), 'net_class_names.txt'), listed);
    const good = await loadModel(file);
    expect(good.labels).toEqual(pets);
    expect(good.warnings.join()).toMatch(why);
  });

  it.each([
    [
      'label_map.pbtxt',
      'item {\n  id: 1\n  name: "dog"\n}\nitem {\n  id: 3 name: "sea gull"\n}\nitem { id: 2, name: \'cat\' }',
    ],
    [
      'labels.pbtxt',
      '# pets\nitem: { name: "/m/1" id: 0 display_name: "dog" }\nitem { name: "/m/2" # id: 9 }\n id: 1 display_name: "cat" }item { name: "}" id: 2 display_name: "sea gull" }',
    ],
    ['labels.json', '// pets\n["dog", "cat", /* or */ "sea gull", // the last\n]'],
    ['class_indices.json', '{"dog": 0, // "cat": 7\n "cat": 1, "sea gull": 2, /* done */ }'],
    ['net.labels.json', '{"labels": ["dog", "cat", "sea gull"],\n// "names": []\n}'],
  ])('from %s as people write it: %j', async (name, content) => {
    const file = path.join(await fresh(), 'net.keras');
    await saveModel(net, net.graph, net.weights, file);
    await writeFile(path.join(path.dirname(file), name), content);
    const model = await loadModel(file);
    expect([model.labels, model.labelsFrom, model.warnings]).toEqual([pets, name, []]);
    expect(model.companions?.map((one) => one.name)).toEqual([name]);
  });

  it('with slashes in names that are no comments', async () => {
    const file = path.join(await fresh(), 'net.keras');
    await saveModel(net, net.graph, net.weights, file);
    await writeFile(path.join(path.dirname(file), 'labels.json'), '["a // b", "c, ]", "/* d */" /* e */,]');
    expect((await loadModel(file)).labels).toEqual(['a // b', 'c, ]', '/* d */']);
  });

  it('and says where one is no file', async () => {
    const file = path.join(await fresh(), 'net.keras');
    await saveModel(net, net.graph, net.weights, file);
    await mkdir(path.join(path.dirname(file), 'labels.txt'));
    expect((await loadModel(file)).warnings).toEqual([
      'labels.txt was not used for class names: it is a folder',
    ]);
  });

  it('and passes over files that are for other things', async () => {
    const where = await fresh();
    const file = path.join(where, 'net.keras');
    await saveModel(net, net.graph, net.weights, file);
    await writeFile(path.join(where, 'metadata.json'), '{"author": "me", "created": 7}');
    await writeFile(path.join(where, 'config.json'), '{ not JSON');
    expect((await loadModel(file)).warnings).toEqual([]);
  });

  it('in UTF-16, as Windows writes it', async () => {
    const file = path.join(await fresh(), 'net.keras');
    await saveModel(net, net.graph, net.weights, file);
    const bytes = Buffer.from(`\uFEFF0 dog\r\n1 cat\r\n2 sea gull\r\n`, 'utf16le');
    for (const one of [bytes, Buffer.from(bytes).swap16()]) {
      await writeFile(path.join(path.dirname(file), 'labels.txt'), one);
      expect((await loadModel(file)).labels).toEqual(pets);
    }
  });

  it('from an entry that was put into a .keras file', async () => {
    const file = path.join(await fresh(), 'net.keras');
    await saveModel(net, net.graph, net.weights, file);
    const zip = await openZip(await readFile(file), file);
    const entries = new Map<string, Uint8Array>();
    for (const name of zip.names) entries.set(name, await zip.read(name));
    entries.set('assets/labels.txt', Buffer.from(listed));
    await writeFile(file, await makeZip(entries));
    const model = await loadModel(file);
    expect([model.labels, model.labelsFrom]).toEqual([pets, 'assets/labels.txt']);
    await saveModel(model, model.graph, model.weights, path.join(folder, 'again.keras'));
    expect((await loadModel(path.join(folder, 'again.keras'))).labels).toEqual(pets);
  });
});

describe('a model in a zip of its files', () => {
  const metadata = Buffer.from(
    JSON.stringify({ labels: pets, imageSize: 8, packageName: '@teachablemachine/image' }),
  );

  /** A zip of a network's files as other programs make it, with what else they put there. */
  async function zipped(name: string, prefix: string, more: Record<string, Buffer> = {}): Promise<string> {
    const where = await fresh();
    await saveModel(net, net.graph, net.weights, path.join(where, name));
    const entries = new Map<string, Uint8Array>();
    for (const one of name === 'model.json' ? ['group1-shard1of1.bin', 'model.json'] : [name])
      entries.set(prefix + one, await readFile(path.join(where, one)));
    for (const [one, bytes] of Object.entries(more)) entries.set(one, bytes);
    const file = path.join(where, 'export.zip');
    await writeFile(file, await makeZip(entries));
    return file;
  }

  it.each(['', 'my model/'])(
    'is pruned to a zip that TensorFlow.js loads, all else as it was (%j)',
    async (prefix) => {
      const file = await zipped('model.json', prefix, {
        [`${prefix}metadata.json`]: metadata,
        'readme.txt': Buffer.from('mine'),
        '__MACOSX/._model.json': Buffer.from('junk'),
      });
      const model = await loadModel(file);
      expect(model).toMatchObject({
        format: 'tfjs-layers',
        path: file,
        labels: pets,
        labelsFrom: 'metadata.json',
      });
      const dependencies = findGroups(model.graph);
      const kept = dependencies.groups.map(({ size, frozen }) =>
        Array.from({ length: frozen ? size : Math.ceil(size / 2) }, (_, i) => i),
      );
      const narrow = prune(model.graph, model.weights, dependencies, kept);
      const out = path.join(path.dirname(file), 'export.pruned.zip');
      await saveModel(model, narrow.graph, narrow.weights, out);
      const first = await readFile(out);
      const zip = await openZip(first, out);
      expect([...zip.names].sort()).toEqual(
        [
          `${prefix}group1-shard1of1.bin`,
          `${prefix}metadata.json`,
          `${prefix}model.json`,
          'readme.txt',
        ].sort(),
      );
      expect(Buffer.from(await zip.read(`${prefix}metadata.json`))).toEqual(metadata);
      const again = await loadModel(out);
      expect(again.labels).toEqual(pets);
      expect(Object.values(again.graph.params).map(({ shape }) => shape)).toEqual(
        Object.values(narrow.graph.params).map(({ shape }) => shape),
      );
      // TensorFlow.js' own answer of the zip's files, and of the same network saved plainly
      const unpacked = await fresh();
      for (const name of ['group1-shard1of1.bin', 'model.json'])
        await writeFile(path.join(unpacked, name), await zip.read(prefix + name));
      const plain = path.join(await fresh(), 'model.json');
      await saveModel(net, narrow.graph, narrow.weights, plain);
      const random = new Random(3);
      const x = Float32Array.from({ length: 192 }, () => random.uniform());
      const [ours, theirs] = [
        await runTfjs(path.join(unpacked, 'model.json'), [8, 8, 3], x),
        await runTfjs(plain, [8, 8, 3], x),
      ];
      expect(Array.from(ours[0])).toEqual(Array.from(theirs[0]));
      await saveModel(model, narrow.graph, narrow.weights, out);
      expect(Buffer.compare(await readFile(out), first)).toBe(0);
    },
  );

  it('may be one of Keras, with its labels beside it', async () => {
    for (const name of ['keras_model.h5', 'net.keras']) {
      const file = await zipped(name, '', { 'labels.txt': Buffer.from('0 dog\n1 cat\n2 sea gull\n') });
      const model = await loadModel(file);
      expect([model.labels, model.path]).toEqual([pets, file]);
      // what a run plans its files' names by
      expect((await describeFormat(file)).format).toBe(model.format);
      const out = path.join(path.dirname(file), 'out.zip');
      await saveModel(model, model.graph, model.weights, out);
      expect((await openZip(await readFile(out), out)).names).toEqual([name, 'labels.txt']);
      expect((await loadModel(out)).labels).toEqual(pets);
    }
  });

  it('is one, and its faults are told by the names in the zip', async () => {
    const h5 = await readFile(await zipped('net.h5', ''));
    const two = await zipped('net.h5', 'a/', { 'b/net.h5': h5 });
    await expect(loadModel(two)).rejects.toThrow(/holds several models \(a\/net\.h5, b\/net\.h5\)/);
    const none = path.join(await fresh(), 'none.zip');
    await writeFile(none, await makeZip(new Map([['a.txt', Buffer.from('x')]])));
    await expect(loadModel(none)).rejects.toThrow(
      /none\.zip" is a zip archive with no model in it that Espalier reads: a TensorFlow\.js model\.json/,
    );
    // yazl makes no such zip
    const slip = path.join(await fresh(), 'slip.zip');
    const plain = await makeZip(new Map([['xx/model.json', Buffer.from('{}')]]));
    await writeFile(
      slip,
      Buffer.from(Buffer.from(plain).toString('latin1').replaceAll('xx/', '../'), 'latin1'),
    );
    await expect(loadModel(slip)).rejects.toThrow(
      /slip\.zip" has an entry whose name leads out of the archive \("\.\.\/model\.json"\): make it again/,
    );
    const cut = path.join(await fresh(), 'cut.zip');
    await writeFile(cut, plain.subarray(0, plain.length - 10));
    await expect(loadModel(cut)).rejects.toThrow(/cut\.zip" is not a readable zip archive, or is cut short/);
    const lite = path.join(await fresh(), 'lite.zip');
    await writeFile(lite, await makeZip(new Map([['model_unquant.tflite', Buffer.from('TFL3')]])));
    await expect(loadModel(lite)).rejects.toThrow(
      /lite\.zip" holds a TensorFlow Lite model \(model_unquant\.tflite\), .* export it as a TensorFlow\.js/,
    );
    const broken = path.join(await fresh(), 'broken.zip');
    await writeFile(broken, await makeZip(new Map([['tm/model.json', Buffer.from('{"modelTopology":{}}')]])));
    await expect(loadModel(broken)).rejects.toThrow(
      /broken\.zip\/tm\/model\.json" has a topology but no "weightsManifest"/,
    );
    await expect(saveModel(net, net.graph, net.weights, path.join(folder, 'x.zip'))).rejects.toThrow(
      /only a model that came in a \.zip/,
    );
  });
});
