import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { entryPath } from '../../src/data/sources/archive.ts';
import { openImages } from '../../src/data/open.ts';
import { tar } from '../../bench/hostile/bytes.mjs';
import { classFolders, lyingZip, tarBytes, temporaryFolder, writeFolder, type Files } from './fixtures.ts';

const temporary = temporaryFolder();
let n = 0;
const put = (name: string, bytes: Uint8Array): string => {
  const folder = path.join(temporary, `t${n++}`);
  mkdirSync(folder);
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return file;
};
const zip = (files: Files) =>
  lyingZip(Object.entries(files).map(([name, bytes]) => [name, bytes, bytes.length]));
const renamed = (files: Files, to: (name: string) => string): Files =>
  Object.fromEntries(Object.entries(files).map(([name, bytes]) => [to(name), bytes]));

describe('archives hold the same set however their names are written', () => {
  const junk: Files = {
    '.DS_Store': Buffer.from('x'),
    'a/._000.png': Buffer.from('x'),
    'b/Thumbs.db': Buffer.from('x'),
  };
  const ways: [string, (name: string) => string][] = [
    ['plain', (name) => `d/${name}`],
    ['./', (name) => `./d/${name}`],
    ['./ alone', (name) => `./${name}`],
    ['absolute', (name) => `/home/me/d/${name}`],
    ['from above', (name) => `../../d/${name}`],
    ['doubled', (name) => `.//d//${name}`],
    ['Windows', (name) => `d\\${name.replaceAll('/', '\\')}`],
    ['with a drive', (name) => `C:\\d\\${name.replaceAll('/', '\\')}`],
    ['long', (name) => `${'very long name '.repeat(12)}/${'x'.repeat(150)}/${name}`],
  ];
  it.each(ways)('%s', async (_, to) => {
    const files = await classFolders('', ['a', 'b'], 6);
    const root = writeFolder(path.join(temporary, `f${n++}`), files);
    const { digest } = await openImages(root, { carveTest: false });
    const all = { ...renamed({ ...files, ...junk }, to), './__MACOSX/d/a/._000.png': Buffer.from('x') };
    const archives = [
      put('a.zip', zip(all)),
      put('a.tar', await tarBytes(all)),
      put('a.tgz', gzipSync(await tarBytes(all))),
    ];
    for (const where of archives) {
      const set = await openImages(where, { carveTest: false });
      expect(set.classes, where).toEqual(['a', 'b']);
      expect(set.digest, where).toBe(digest);
      expect(set.warnings, where).toEqual([]);
      await set.close();
    }
  });
});

describe('tar archives', () => {
  it('with GNU’s long names, and folders without images', async () => {
    const files = Object.entries(await classFolders(`${'d'.repeat(90)}/${'e'.repeat(90)}/`, ['a', 'b'], 6));
    const long = files.flatMap(([name, bytes]): [string, Uint8Array, string][] => [
      ['././@LongLink', Buffer.from(`${name}\0`), 'L'],
      [name.slice(0, 100), bytes, '0'],
    ]);
    const empty = `${'d'.repeat(90)}/${'e'.repeat(90)}/none/`;
    const folder: [string, Uint8Array, string][] = [
      ['././@LongLink', Buffer.from(`${empty}\0`), 'L'],
      [empty.slice(0, 100), Buffer.alloc(0), '5'],
    ];
    const where = put('a.tar', Buffer.concat([tar([...folder, ...long]), Buffer.alloc(1024)]));
    const set = await openImages(where, { carveTest: false });
    expect(set.classes).toEqual(['a', 'b', 'none']);
    expect(set.train.size + set.validation.size).toBe(12);
    await set.close();
  });

  it('hold a file that is packed once under all its names, and the last of two that have one', async () => {
    const files = await classFolders('', ['a', 'b'], 6);
    const archive = pack();
    for (const [name, bytes] of Object.entries(files)) archive.entry({ name }, bytes);
    archive.entry({ name: 'c/linked.png', type: 'link', linkname: 'a/000.png' });
    archive.entry({ name: 'c/lost.png', type: 'link', linkname: 'nowhere.png' });
    archive.entry({ name: './a/001.png' }, files['b/001.png']);
    archive.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of archive) chunks.push(chunk as Buffer);
    const set = await openImages(put('a.tar', Buffer.concat(chunks)), {
      carveTest: false,
      validationImages: 1,
    });
    expect(set.classes).toEqual(['a', 'b', 'c']);
    expect(set.train.size + set.validation.size).toBe(13);
    expect(set.broken).toEqual([]);
    await set.close();
  });
});

it('an entry’s name is a path below the archive', () => {
  expect(['./a/./b', '/a//b', 'C:\\a\\b', '../a/b', 'a/../b', '../..', './'].map(entryPath)).toEqual([
    'a/b',
    'a/b',
    'a/b',
    'a/b',
    'b',
    '',
    '',
  ]);
});
