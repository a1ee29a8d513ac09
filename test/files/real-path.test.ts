import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { isWithin, realOf } from '../../src/files/real-path.ts';

it.skipIf(process.platform === 'win32')('follows links as far as they are there', async () => {
  const root = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'espalier-real-')));
  mkdirSync(path.join(root, 'there'));
  writeFileSync(path.join(root, 'there', 'file'), '');
  symlinkSync('there', path.join(root, 'link'));
  symlinkSync('nowhere', path.join(root, 'lost'));
  expect(await realOf(path.join(root, 'link', 'file'))).toBe(path.join(root, 'there', 'file'));
  expect(await realOf(path.join(root, 'link', 'not', 'yet'))).toBe(path.join(root, 'there', 'not', 'yet'));
  // what is written there would come to be where the link leads
  expect(await realOf(path.join(root, 'lost', 'file'))).toBeNull();
});

it('knows what lies in a folder by its name', () => {
  const folder = path.resolve('a');
  expect(['.', 'b', '..b', 'b/../c'].map((name) => isWithin(folder, path.resolve(folder, name)))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(['..', '../b', '../ab'].map((name) => isWithin(folder, path.resolve(folder, name)))).toEqual([
    false,
    false,
    false,
  ]);
});
