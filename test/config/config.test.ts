import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PrunedConfig } from '../../src/config/schema.ts';
import { parseConfig, readConfig } from '../../src/config/files.ts';
import { formatConfig } from '../../src/config/format.ts';
import { configJsonSchema } from '../../src/config/schema.ts';
import { engineVersion } from '../../src/config/version.ts';
import { InputError } from '../../src/graph/errors.ts';

const sample: PrunedConfig = {
  espalier: 1,
  engine: '0.1.0',
  source: { path: 'net.h5', sha256: 'a'.repeat(64), format: 'keras-h5' },
  method: { name: 'l1', seed: 7, effort: 'quick', roundTo: 1, freeze: [] },
  settings: {},
  targets: [{ metric: 'macs', limit: 500, original: 1000 }],
  groups: [
    { id: 'conv', channels: 8, kept: '0-3,7', layers: ['conv'] },
    { id: 'dense', channels: 2, kept: '0-1', layers: ['dense'], frozen: 'network output' },
  ],
  cost: {
    before: { macs: 1000, params: 100, bytes: 400, peakActivationBytes: 64 },
    after: { macs: 480, params: 60, bytes: 240, peakActivationBytes: 48 },
  },
  accuracy: { cut: { split: 'validation', accuracy: 41.25, loss: 1.5, images: 400 } },
};

const golden = `{
  "espalier": 1,
  "engine": "0.1.0",
  "source": {
    "path": "net.h5",
    "sha256": "${'a'.repeat(64)}",
    "format": "keras-h5"
  },
  "method": {
    "name": "l1",
    "seed": 7,
    "effort": "quick",
    "roundTo": 1,
    "freeze": []
  },
  "settings": {},
  "targets": [
    { "metric": "macs", "limit": 500, "original": 1000 }
  ],
  "groups": [
    { "id": "conv", "channels": 8, "kept": "0-3,7", "layers": ["conv"] },
    { "id": "dense", "channels": 2, "kept": "0-1", "layers": ["dense"], "frozen": "network output" }
  ],
  "cost": {
    "before": { "macs": 1000, "params": 100, "bytes": 400, "peakActivationBytes": 64 },
    "after": { "macs": 480, "params": 60, "bytes": 240, "peakActivationBytes": 48 }
  },
  "accuracy": {
    "cut": { "split": "validation", "accuracy": 41.25, "loss": 1.5, "images": 400 }
  }
}
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('the bytes of a config are these', () => expect(formatConfig(sample)).toBe(golden));

test('keys come in one order, whatever order they were given in', () => {
  const shuffled = Object.fromEntries(Object.entries(sample).reverse()) as PrunedConfig;
  expect(formatConfig(shuffled)).toBe(golden);
});

test('a file comes back as it was', async () => {
  const file = path.join(folder, 'net.espalier.json');
  await writeFile(file, formatConfig(sample));
  expect(await readConfig(file)).toEqual(sample);
});

describe('refuses', () => {
  const broken: [string, string][] = [
    ['not JSON', 'hello'],
    ['another JSON', '{"name": "x"}'],
    ['null', 'null'],
    ['a truncated file', golden.slice(0, 300)],
    ['a newer format', golden.replace('"espalier": 1', '"espalier": 2')],
    ['an unknown key', golden.replace('"settings"', '"setings"')],
    ['a channel past the end', golden.replace('0-3,7', '0-3,8')],
    ['a group that keeps nothing', golden.replace('0-3,7', '')],
    ['a bad hash', golden.replace('aaaa', 'xxxx')],
  ];
  test.each(broken)('%s', (_, text) => {
    expect(() => parseConfig(text, 'net.espalier.json')).toThrow(InputError);
    expect(() => parseConfig(text, 'net.espalier.json')).toThrow(/^net\.espalier\.json: [^\n]+$/);
  });
  test('a file that is not there', async () => {
    await writeFile(path.join(folder, 'x'), '');
    await expect(readConfig(path.join(folder, 'none.json'))).rejects.toThrow(InputError);
    await expect(readConfig(folder)).rejects.toThrow(InputError);
  });
});

describe('how it was trained', () => {
  const tuned = {
    ...{
      epochs: 2,
      batchSize: 64,
      optimizer: 'adam',
      schedule: { kind: 'cosine', rate: 0.003, warmupSteps: 0 },
    },
    ...{ momentum: 0.9, nesterov: false, weightDecay: 1e-4, labelSmoothing: 0 },
    ...{ augmentation: { flip: true, shift: 1 }, patience: 0 },
  };
  const read = (fineTuning: object, engine = '0.1.0') =>
    parseConfig(JSON.stringify({ ...sample, engine, fineTuning }), 'net.espalier.json');
  const newer = { frozen: 'trained', keepBest: true, distillation: 0.7, recalibrated: true };
  test.each([
    ['as of old', tuned],
    ['as of now', { ...tuned, ...newer }],
    ['long', { ...tuned, epochs: 100_000 }],
  ])('%s is read, and comes back in its order', (_, given) =>
    expect(Object.keys(read(given).fineTuning!)).toEqual(Object.keys(given)),
  );
  const without = Object.fromEntries(Object.entries(tuned).filter(([key]) => key !== 'optimizer'));
  test.each([
    ['fineTuning.epochs: ', { ...tuned, epochs: 1_000_000_000 }],
    ['fineTuning.epochs: ', { ...tuned, epochs: 'many' }],
    ['fineTuning.batchSize: ', { ...tuned, batchSize: 0 }],
    ['fineTuning.batchSize: ', { ...tuned, batchSize: 1e9 }],
    ['fineTuning.patience: ', { ...tuned, patience: 1e9 }],
    ['fineTuning.schedule.warmupSteps: ', { ...tuned, schedule: { ...tuned.schedule, warmupSteps: 1e12 } }],
    [
      'fineTuning.schedule.milestones: ',
      { ...tuned, schedule: { ...tuned.schedule, milestones: Array(2000).fill(0.5) } },
    ],
    ['fineTuning.augmentation.shift: ', { ...tuned, augmentation: { flip: true, shift: 1e9 } }],
    ['fineTuning.optimizer: ', { ...tuned, optimizer: 'x' }],
    ['fineTuning.optimizer: ', without],
    ['fineTuning.distillation: ', { ...tuned, distillation: 5 }],
    ['fineTuning: Unrecognized key: "swirl"', { ...tuned, swirl: 1 }],
  ])('%s what no training has is refused when it is read (%#)', (where, given) =>
    expect(() => read(given)).toThrow(`net.espalier.json: is not a pruned config: ${where}`),
  );
  test.each(['0.1.1', '0.10.0', '2.0.0'])('of version %s, it says to update', (engine) =>
    expect(() => read({ ...tuned, swirl: 1 }, engine)).toThrow(
      `net.espalier.json: was written by Espalier ${engine}, and this one, ${engineVersion}, can't read it (fineTuning: Unrecognized key: "swirl"); update Espalier`,
    ),
  );
  test('a number of images beyond all sets is refused', () => {
    const preprocess = { name: 'unit', scale: [1], offset: [0], bgr: false };
    const data = { path: 'x', digest: 'd', form: 'zip', train: 1, validation: 1, test: 1, preprocess };
    const of = (more: object) =>
      parseConfig(JSON.stringify({ ...sample, data: { ...data, ...more } }), 'net.espalier.json');
    expect(of({ limit: 5 }).data!.limit).toBe(5);
    for (const key of ['train', 'validation', 'test', 'limit', 'validationImages'])
      expect(() => of({ [key]: 1e10 })).toThrow(`net.espalier.json: is not a pruned config: data.${key}: `);
  });
});

test('more channels than a network has are refused before their ranges are laid out', () => {
  const wide = Array.from({ length: 2000 }, (_, i) => ({
    ...sample.groups[0],
    id: `g${i}`,
    channels: 1_000_000,
    kept: '0-999999',
  }));
  const started = performance.now();
  expect(() => parseConfig(formatConfig({ ...sample, groups: wide }), 'net.espalier.json')).toThrow(
    'net.espalier.json: its groups have 2,000,000,000 channels together, more than the 2,000,000 that',
  );
  expect(performance.now() - started).toBeLessThan(5000);
  expect(parseConfig(formatConfig({ ...sample, groups: wide.slice(0, 2) }), 'x').groups).toHaveLength(2);
});

test('the JSON schema that ships is the current one (node scripts/schema.mjs writes it)', async () => {
  const shipped: unknown = JSON.parse(await readFile('media/espalier.schema.json', 'utf8'));
  expect(shipped).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
});

describe('what stands twice is refused by name', () => {
  const text = formatConfig(sample);
  test.each([
    [
      'a group',
      text.replace(
        /( {4}\{ "id": "dense".*\n)/,
        '    { "id": "conv", "channels": 8, "kept": "0-1", "layers": ["conv"] },\n$1',
      ),
      /group "conv" twice/,
    ],
    ['a key', text.replace('"settings": {}', '"settings": {}, "engine": "0.0.1"'), /key "engine" twice/],
    [
      'a key within, written otherwise',
      text.replace('"effort": "quick"', '"effort": "quick", "\\u0073eed": 8'),
      /key "seed" twice/,
    ],
    [
      'a control',
      text.replace(
        /\n\}\n$/,
        ',\n"controls": [{"name":"l1","macs":1,"params":1},{"name":"l1","macs":2,"params":1}]\n}\n',
      ),
      /control "l1" twice/,
    ],
  ])('%s', (_, changed, message) => {
    expect(changed).not.toBe(text);
    expect(() => parseConfig(changed, 'net.espalier.json')).toThrow(InputError);
    expect(() => parseConfig(changed, 'net.espalier.json')).toThrow(message);
  });

  test('one name in two places is no fault, braces and quotes in texts neither', () => {
    const odd = { ...sample, settings: { a: '{"x": 1, "x": 2}', b: { a: 1 }, c: [{ a: 1 }, { a: '\\"' }] } };
    expect(parseConfig(formatConfig(odd), 'c')).toEqual(odd);
  });
});

test('a list of more entries than any run writes is refused by name', () => {
  const one = { metric: 'macs', limit: 1, original: 2 };
  const config = JSON.parse(formatConfig(sample)) as { targets: object[] };
  config.targets = new Array<object>(10_001).fill(one);
  expect(() => parseConfig(JSON.stringify(config), 'x')).toThrow(
    'x: its list of targets has 10,001 entries, more than the 10,000 that a config may have',
  );
});
