import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeFolder } from '../../src/files/make-folder.ts';
import { InputError } from '../../src/graph/errors.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'espalier-make-folder-test-'));
const at = (...names: string[]) => path.join(root, ...names);
writeFileSync(at('file'), '');
symlinkSync(at('back'), at('loop'));
symlinkSync(at('loop'), at('back'));
symlinkSync(at('gone', 'x'), at('dangling'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('makes a folder and those above it, and leaves one that is there', async () => {
  await makeFolder(at('a', 'b', 'c'), 0o700);
  await makeFolder(at('a', 'b', 'c'));
  expect(existsSync(at('a', 'b', 'c'))).toBe(true);
  if (process.platform !== 'win32') expect(statSync(at('a', 'b')).mode & 0o777).toBe(0o700);
});

const nowhere: [what: string, folder: string, on?: NodeJS.Platform][] = [
  ['a file system that takes no folders and says that the one above is missing', '/proc/x/y', 'linux'],
  ['one that refuses', '/sys/x/y', 'linux'],
  ['below a device', '/dev/null/x/y', 'linux'],
  ['below a file', at('file', 'x', 'y')],
  ['a file', at('file')],
  ['below a loop of links', at('loop', 'x', 'y')],
  ['below a link that leads nowhere', at('dangling', 'x')],
];

it.for(nowhere)('ends in one sentence: %s', async ([, folder, on], { skip }) => {
  if (on && on !== process.platform) skip();
  const error: unknown = await makeFolder(folder).catch((failed: unknown) => failed);
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toMatch(/^can't write in .*choose another folder$/);
  expect((error as Error).message).toContain(folder);
});
