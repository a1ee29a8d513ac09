import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashModel, modelParts } from '../../src/formats/identity.ts';

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-identity-'));
  model = path.join(folder, 'model.json');
  await writeFile(path.join(folder, 's.bin'), 'weights');
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

async function naming(paths: readonly string[]): Promise<void> {
  await writeFile(model, JSON.stringify({ modelTopology: {}, weightsManifest: [{ paths, weights: [] }] }));
}

test('a weights file that is named again is refused, not hashed again', async () => {
  await naming(['s.bin']);
  expect(await hashModel(model)).toMatch(/^[0-9a-f]{64}$/);
  await naming(['s.bin', './s.bin']);
  await expect(hashModel(model)).rejects.toThrow('names the weights file "./s.bin" twice');
  await expect(modelParts(model)).rejects.toThrow('twice');
});

test('more weights files than a model has are refused before one is looked for', async () => {
  await naming(Array.from({ length: 10_001 }, (_, i) => `${i}.bin`));
  await expect(hashModel(model)).rejects.toThrow(
    'names 10001 weights files; Espalier reads models of at most 10000',
  );
});

// a file without blocks is had on every disk but Windows' own
test.skipIf(process.platform === 'win32')(
  'files of more bytes than any model are refused, whatever their number',
  async () => {
    const large = path.join(folder, 'large.bin');
    await writeFile(large, '');
    await truncate(large, 17 * 2 ** 30);
    await naming(['s.bin', 'large.bin']);
    await expect(hashModel(model)).rejects.toThrow('more than the 16,384 MB that Espalier compares');
    await rm(large);
  },
);
