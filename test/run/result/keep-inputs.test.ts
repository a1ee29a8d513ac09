import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepInputs } from '../../../src/run/result/keep-inputs.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-keep-'));
const at = (name: string) => path.join(folder, name);
const inputs = {
  models: [at('net.h5'), at('web')],
  configs: [at('net.espalier.json')],
  images: at('images'),
};

beforeAll(() => {
  for (const one of ['web', 'images/cat', 'out']) mkdirSync(at(one), { recursive: true });
  const manifest = [{ paths: ['w.bin'] }];
  writeFileSync(at('web/model.json'), JSON.stringify({ weightsManifest: manifest }));
  for (const one of [
    'net.h5',
    'web/w.bin',
    'net.espalier.json',
    'net.labels.txt',
    'images/cat/1.png',
    'r.html',
  ])
    writeFileSync(at(one), '');
  symlinkSync(at('net.h5'), at('link.html'));
  symlinkSync(folder, at('out/back'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['net.h5', 'the model'],
  ['link.html', 'the model'],
  ['out/back/net.h5', 'the model'],
  ['web/model.json', 'the model'],
  ['web/w.bin', 'weights of the model model.json'],
  ['net.labels.txt', 'the class names of the model net.h5'],
  ['net.espalier.json', 'the config'],
  ['images/cat/1.png', 'of the images'],
])('%s is kept: it is %s', async (name, what) => {
  await expect(keepInputs([at('r.html'), at(name)], inputs)).rejects.toThrow(
    `${at(name)} is ${what} that this command reads, and is not overwritten, not even by force`,
  );
});

test('what nothing reads may be written, also in a folder of images', async () => {
  await keepInputs(['r.html', 'new/r.html', 'images/r.html', 'images/r.md', 'net.h5.md'].map(at), inputs);
});
