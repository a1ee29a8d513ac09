import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prunedFile, sourceFile } from '../../src/config/paths.ts';
import { InputError } from '../../src/graph/errors.ts';

let root: string;
let repository: string;
let folder: string;
beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(os.tmpdir(), 'espalier-paths-')));
  repository = path.join(root, 'repository');
  folder = path.join(repository, 'configs');
  await mkdir(path.join(repository, '.git'), { recursive: true });
  await mkdir(folder);
  for (const file of ['outside.h5', 'repository/net.h5', 'repository/configs/net.h5'])
    await writeFile(path.join(root, file), 'model');
  await symlink(root, path.join(folder, 'link'));
  await symlink(path.join(root, 'nowhere.h5'), path.join(folder, 'dangling.h5'));
  await symlink(path.join(root, 'outside.h5'), path.join(folder, 'linked.h5'));
  if (process.platform !== 'win32') execFileSync('mkfifo', [path.join(folder, 'pipe.h5')]);
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** What no config may name, whatever the system. */
const odd = [
  '/etc/passwd.h5',
  '//host/share/net.h5',
  '\\\\host\\share\\net.h5',
  'C:\\net.h5',
  'c:net.h5',
  'C:/net.h5',
  'a\0.h5',
  'sub\\..\\..\\net.h5',
  'nul',
  'COM1.h5',
  'con .h5',
  'sub/aux/net.h5',
  '../../outside.h5',
  'sub/../../../outside.h5',
  'link/outside.h5',
  'linked.h5',
  'dangling.h5',
  ...(process.platform === 'win32' ? [] : ['pipe.h5']),
];

describe('the pruned model of a config', () => {
  test.each([
    ...odd,
    '../net.h5',
    '.vscode/tasks.json',
    'tasks.json',
    'package.json',
    '.git/hooks/post-checkout',
    'sub/.hidden.h5',
    'run.sh',
    'model.json/../x.txt',
    'net.h5.',
    'net.h5 ',
    '.h5',
    'link/new/net.h5',
    '.',
  ])('%j is refused in one sentence', async (given) => {
    const refused = prunedFile(folder, given, 'net.espalier.json');
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(/^net\.espalier\.json: its pruned\.path [^\n]+$/);
  });

  test.each(['net.pruned.h5', 'a/b/net.keras', 'net.pruned/model.json', './net.hdf5', 'ü [x].h5'])(
    '%j is taken',
    async (given) => {
      expect(await prunedFile(folder, given, 'c')).toBe(path.resolve(folder, given));
    },
  );
});

describe('the source of a config', () => {
  test.each(odd)('%j is refused in one sentence', async (given) => {
    const refused = sourceFile(folder, given, 'net.espalier.json');
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(/^net\.espalier\.json: its source\.path [^\n]+ --source FILE$/);
  });

  test("may lie below the config's folder, its repository, or a folder that is open", async () => {
    for (const given of ['net.h5', '../net.h5', 'missing.h5'])
      expect(await sourceFile(folder, given, 'c')).toBe(path.resolve(folder, given));
    const roots = [root];
    expect(await sourceFile(folder, '../../outside.h5', 'c', { roots })).toBe(path.join(root, 'outside.h5'));
    expect(await sourceFile(folder, 'linked.h5', 'c', { roots })).toBe(path.join(folder, 'linked.h5'));
    // as a run with --out elsewhere leaves it, in a folder without git
    const plain = path.join(root, 'plain', 'out');
    await mkdir(plain, { recursive: true });
    await expect(sourceFile(plain, '../net.h5', 'c')).rejects.toThrow(InputError);
    await expect(sourceFile(plain, '../net.h5', 'c', { roots: [path.dirname(plain)] })).resolves.toBeTruthy();
  });

  test('named by the user, it is what they say', async () => {
    const source = path.join(root, 'outside.h5');
    expect(await sourceFile(folder, '../../../etc/passwd', 'c', { source })).toBe(source);
  });
});
