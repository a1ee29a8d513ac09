import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openImages } from '../../src/data/open.ts';
import type { Expected } from '../../src/data/sources/find-splits.ts';
import { classFolders, freshFolders, npy, picture, writeFolder, writeTar, writeZip } from './fixtures.ts';
import type { Files } from './fixtures.ts';

const fresh = freshFolders();
const may: Expected = { classes: 3, unlabelled: 'may' };
const asked: Expected = { classes: 3, unlabelled: 'asked' };
const open = (where: string, expected?: Expected) => openImages(where, { expected, height: 8, width: 8 });

/** So many pictures below `prefix`, no two alike. */
async function flat(prefix: string, count: number): Promise<Files> {
  const files: Files = {};
  for (let i = 0; i < count; i++)
    files[`${prefix}${String(i).padStart(3, '0')}.png`] = await picture('png', [i, 2 * i, 255 - i]);
  return files;
}

/** What a set came to, after it was closed. */
async function taken(where: string, expected?: Expected) {
  const set = await open(where, expected);
  await set.close();
  const sizes = [set.train.size, set.validation.size, set.test?.size ?? 0];
  return {
    sizes,
    unlabelled: set.unlabelled,
    classes: set.classes,
    labels: new Set(set.train.labels),
    digest: set.digest,
  };
}
const none = { unlabelled: true, classes: [], labels: new Set([0]) };

describe('pictures without classes', () => {
  it('a flat folder is drawn into splits by the seed, the same each time', async () => {
    const where = writeFolder(fresh(), await flat('', 40));
    const first = await taken(where, may);
    expect(first).toMatchObject({ ...none, sizes: [32, 4, 4] });
    expect(await taken(where, asked)).toEqual(first);
  });

  it('flat folders named as splits are these', async () => {
    const files = { ...(await flat('train/', 12)), ...(await flat('val/', 3)), ...(await flat('test/', 5)) };
    const where = writeFolder(fresh(), files);
    expect(await taken(where, may)).toMatchObject({ ...none, sizes: [12, 3, 5] });
    // without being allowed to, they are class folders as ever
    expect(await taken(where)).toMatchObject({ classes: ['test', 'train', 'val'], unlabelled: undefined });
  });

  it('nested folders, and class folders with splits above, where labels are asked to count for nothing', async () => {
    const nested = writeFolder(fresh(), { ...(await flat('a/b/', 10)), ...(await flat('c/', 10)) });
    expect(await taken(nested, asked)).toMatchObject({ ...none, sizes: [16, 2, 2] });
    const classes = {
      ...(await classFolders('train/', ['x', 'y'], 6)),
      ...(await classFolders('test/', ['x', 'y'], 2, 'png', 9)),
    };
    const where = writeFolder(fresh(), classes);
    expect(await taken(where, asked)).toMatchObject({ ...none, sizes: [11, 1, 4] });
    // class folders are classes where nobody says otherwise
    expect(await taken(where, { ...may, classes: 2 })).toMatchObject({
      classes: ['x', 'y'],
      unlabelled: undefined,
    });
  });

  it('zip and tar of a flat folder, with the wrapper that the archive is called by', async () => {
    const folder = fresh();
    for (const file of [
      await writeZip(path.join(folder, 'photos.zip'), await flat('photos/', 20)),
      await writeTar(path.join(folder, 'photos.tar.gz'), await flat('', 20)),
    ])
      expect(await taken(file, may)).toMatchObject({ ...none, sizes: [16, 2, 2] });
  });

  it('an npz of x alone, and one with labels that are asked to count for nothing', async () => {
    const folder = fresh();
    const x = (n: number) =>
      npy(
        '|u1',
        [n, 8, 8, 3],
        Uint8Array.from({ length: n * 192 }, (_, i) => i % 251),
      );
    const y = (n: number) =>
      npy(
        '<i4',
        [n],
        Int32Array.from({ length: n }, (_, i) => i % 3),
      );
    const alone = await writeZip(path.join(folder, 'x.npz'), { 'x.npy': x(20) });
    expect(await taken(alone, may)).toMatchObject({ ...none, sizes: [16, 2, 2] });
    const splits = { 'x_train.npy': x(10), 'x_test.npy': x(4) };
    expect(await taken(await writeZip(path.join(folder, 's.npz'), splits), may)).toMatchObject({
      ...none,
      sizes: [9, 1, 4],
    });
    const labelled = { ...splits, 'y_train.npy': y(10), 'y_test.npy': y(4) };
    const both = await writeZip(path.join(folder, 'y.npz'), labelled);
    expect(await taken(both, asked)).toMatchObject({ ...none, sizes: [9, 1, 4] });
    expect((await taken(both, may)).classes).toEqual(['0', '1', '2']);
    const half = await writeZip(path.join(folder, 'h.npz'), { ...splits, 'y_train.npy': y(10) });
    await expect(open(half, may)).rejects.toThrow('lacks the array y_test');
    const odd = await writeZip(path.join(folder, 'o.npz'), { 'a.npy': x(4), 'b.npy': x(4) });
    await expect(open(odd, may)).rejects.toThrow('has no array x or x_train of images: it holds a, b');
  });
});

describe('refused in one sentence, with the way out', () => {
  it('one class folder, too many of them, and sets of one picture or none', async () => {
    const one = writeFolder(fresh(), await flat('cats/', 6));
    await expect(open(one, may)).rejects.toThrow(/one class only \("cats"\).*; --no-labels takes the images/);
    await expect(open(one)).rejects.toThrow(/tell apart\.$/);
    const many = writeFolder(fresh(), await classFolders('', ['a', 'b', 'c', 'd'], 3));
    await expect(open(many, may)).rejects.toThrow(
      /tells 3 classes apart, but .* has 4: it is the set of another network; --no-labels takes the images without their classes/,
    );
    const single = writeFolder(fresh(), await flat('', 1));
    await expect(open(single, may)).rejects.toThrow('has one picture only; at least two are needed');
    await expect(open(writeFolder(fresh(), {}), may)).rejects.toThrow('holds no images');
  });

  it('a flat folder where labels are needed', async () => {
    await expect(open(writeFolder(fresh(), await flat('', 4)))).rejects.toThrow('has no class folders');
  });

  it('broken pictures: a few are left out by name, many refuse the set', async () => {
    const files = await flat('', 120);
    const where = writeFolder(fresh(), { ...files, '050.png': Buffer.from('no picture') });
    const set = await open(where, may);
    await set.close();
    expect(set.broken.map(({ file }) => file)).toEqual(['all/050.png']);
    expect(set.train.size + set.validation.size + set.test!.size).toBe(119);
    const ruined = Object.fromEntries(Object.keys(files).map((name) => [name, Buffer.from('no picture')]));
    await expect(open(writeFolder(fresh(), ruined), may)).rejects.toThrow(
      /none of 120 images can be decoded \(all\/000\.png/,
    );
  });
});
