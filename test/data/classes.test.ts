import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { matched, numberClasses } from '../../src/data/classes.ts';
import type { Expected } from '../../src/data/sources/find-splits.ts';
import { openImages } from '../../src/data/open.ts';
import {
  classFolders,
  freshFolders,
  picture,
  writeFolder,
  writeTar,
  writeZip,
  type Files,
} from './fixtures.ts';

const fresh = freshFolders();
/** Labels of all images: [class 0's number, class 1's, ...] of `names`, as the set numbers them. */
const numbers = async (where: string, options: Parameters<typeof openImages>[1] = {}) => {
  const set = await openImages(where, { carveTest: false, ...options });
  const held = new Set([...set.train.labels, ...set.validation.labels]);
  await set.close();
  return {
    classes: set.classes,
    held: [...held].sort(),
    warnings: set.warnings!,
    recorded: set.recordedClasses,
  };
};
const three: Expected = { classes: 3 };
const two: Expected = { classes: 2 };

describe('a class folder without a readable image', () => {
  const files = (): Promise<Files> => classFolders('', ['b_dark', 'c_bright'], 6);

  it('counts, as in Keras, whatever it holds, and is named', async () => {
    for (const [put, said] of [
      [[], /^"a_none" holds no image that can be read: counted as a class all the same, as Keras does\.$/],
      [['1.heic', '2.heic', 'Thumbs.db'], /^"a_none" \(2 \.heic files\) holds no image/],
      [['deep/er/notes.txt'], /^"a_none" \(1 \.txt file\) holds no image/],
    ] as const) {
      const root = writeFolder(fresh(), await files());
      mkdirSync(path.join(root, 'a_none'));
      for (const name of put) {
        mkdirSync(path.dirname(path.join(root, 'a_none', name)), { recursive: true });
        writeFileSync(path.join(root, 'a_none', name), 'x');
      }
      for (const expected of [three, undefined]) {
        const found = await numbers(root, { expected });
        expect(found.classes).toEqual(['a_none', 'b_dark', 'c_bright']);
        expect(found.held).toEqual([1, 2]);
        expect(found.warnings).toEqual([expect.stringMatching(said)]);
      }
    }
  });

  it('is not counted where the network has as many outputs as there are folders with images', async () => {
    const root = writeFolder(fresh(), await files());
    mkdirSync(path.join(root, 'a_none'));
    const found = await numbers(root, { expected: two });
    expect(found).toMatchObject({ classes: ['b_dark', 'c_bright'], held: [0, 1], recorded: undefined });
    expect(found.warnings).toEqual([
      expect.stringMatching(/^"a_none" .*not counted, because the network tells 2/),
    ]);
  });

  it('counts in archives and splits too, and not where macOS or Windows left it', async () => {
    const inSplit = await classFolders('set/train/', ['b', 'c'], 6);
    inSplit['set/train/a/readme.md'] = Buffer.from('x');
    inSplit['set/__MACOSX/train/z/1.png'] = Buffer.from('x');
    inSplit['set/train/.ipynb_checkpoints/x.txt'] = Buffer.from('x');
    inSplit['set/.DS_Store'] = inSplit['set/train/b/Thumbs.db'] = Buffer.from('x');
    const test = await classFolders('set/test/', ['b', 'c'], 3, 'png', 9);
    const all = { ...inSplit, ...test };
    for (const where of [
      writeFolder(fresh(), all),
      await writeZip(path.join(fresh(), 'a.zip'), all),
      await writeTar(path.join(fresh(), 'a.tgz'), all),
    ]) {
      const set = await openImages(where, { expected: three });
      expect(set.classes, where).toEqual(['a', 'b', 'c']);
      expect([...new Set(set.test!.labels)], where).toEqual([1, 2]);
      expect(set.warnings).toEqual([expect.stringMatching(/^"a" \(1 \.md file\) holds no image/)]);
      await set.close();
    }
  });

  it('counts where the test split alone has it, unless the network was trained without', async () => {
    const files = {
      ...(await classFolders('train/', ['a', 'c', 'd'], 6)),
      ...(await classFolders('test/', ['a', 'c', 'd'], 2, 'png', 9)),
      'test/b/readme.md': Buffer.from('x'),
    };
    for (const where of [writeFolder(fresh(), files), await writeZip(path.join(fresh(), 'a.zip'), files)])
      for (const [expected, classes, held, said] of [
        [{ classes: 4 }, ['a', 'b', 'c', 'd'], [0, 2, 3], /^"b" \(1 \.md file\) holds no image/],
        [undefined, ['a', 'b', 'c', 'd'], [0, 2, 3], /^"b" \(1 \.md file\) holds no image/],
        [three, ['a', 'c', 'd'], [0, 1, 2], /^Left out 1 folder without images: "test\/b"/],
      ] as const) {
        const set = await openImages(where, { expected });
        expect(set.classes).toEqual(classes);
        for (const split of [set.train, set.test!]) expect([...new Set(split.labels)].sort()).toEqual(held);
        expect(set.warnings).toEqual([expect.stringMatching(said)]);
        await set.close();
      }
  });

  it('leaves one class: refused with both names', async () => {
    const root = writeFolder(fresh(), await classFolders('', ['only'], 6));
    mkdirSync(path.join(root, 'gone'));
    await expect(openImages(root)).rejects.toThrow(/one class only \("only"\).*"gone" holds none/);
  });
});

/** What can stand in a class folder in place of images, and how it is named. */
const unreadable: [string, (image: Buffer) => Files, RegExp][] = [
  ['zero bytes', () => ({ '1.jpg': Buffer.alloc(0), '2.png': Buffer.alloc(0) }), /2 images .* empty file/],
  ['text called .jpg', () => ({ '1.jpg': Buffer.from('version https://git-lfs…') }), /1 image that can't be/],
  ['images cut off', (image) => ({ '1.png': image.subarray(0, 60) }), /1 image that can't be decoded/],
  ['hidden files', (image) => ({ '.1.png': image, '.gitkeep': Buffer.alloc(0) }), /"b_none" holds/],
  ['text', () => ({ 'notes.txt': Buffer.from('x') }), /1 \.txt file/],
  ['images of other kinds', () => ({ 'a.heic': Buffer.from('x'), 'b.avif': Buffer.from('x') }), /1 \.avif/],
  ['folders with nothing', () => ({ 'deep/er/.keep': Buffer.alloc(0) }), /"b_none" holds/],
];

let plain: Promise<Files> | undefined;
describe.each(unreadable)('a class folder that holds %s', (_, content, said) => {
  const below = (prefix: string, files: Files): Files =>
    Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${prefix}${name}`, bytes]));
  const forms = async (files: Files) => [
    writeFolder(fresh(), files),
    await writeZip(path.join(fresh(), 'a.zip'), files),
    await writeTar(path.join(fresh(), 'a.tar.gz'), files),
  ];
  const rename = (files: Files, from: string, to: string): Files =>
    Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name.replace(from, to), bytes]));
  // of 42 images two may be broken
  const most = { maxBroken: 0.05 };
  const good = async (prefix = '') =>
    below(prefix, await (plain ??= classFolders('', ['a_dark', 'c_mid', 'd_bright'], 14)));
  const some = async (): Promise<Files> => content(await picture('png', [9, 9, 9]));

  it('is named and left out, or counted as Keras counts it, or refused by name', async () => {
    for (const where of await forms({ ...(await good()), ...below('b_none/', await some()) })) {
      const left = await numbers(where, { expected: three });
      expect(left).toMatchObject({ classes: ['a_dark', 'c_mid', 'd_bright'], held: [0, 1, 2] });
      expect(left.warnings, where).toEqual([expect.stringMatching(said)]);
      expect(left.warnings[0]).toMatch(/"b_none" .*not counted, because the network tells 3/);
      expect(left.recorded).toBeUndefined();
      // the rest is the same in every form
      if (!existsSync(path.join(where, 'a_dark'))) continue;
      const counted = await numbers(where, { expected: { classes: 4 }, ...most });
      expect(counted).toMatchObject({ classes: ['a_dark', 'b_none', 'c_mid', 'd_bright'], held: [0, 2, 3] });
      expect(counted.warnings[0]).toMatch(/"b_none" .*counted as a class all the same, as Keras does/);
      expect(counted.recorded).toEqual(counted.classes);
      await expect(openImages(where, { expected: two })).rejects.toThrow(
        /tells 2 classes apart, but .* has 4 \("b_none" without images that can be read/,
      );
      const named = { labels: ['d_bright', 'a_dark', 'c_mid'], labelsFrom: 'labels.txt' };
      const labelled = await numbers(where, { expected: { ...three, ...named } });
      expect(labelled).toMatchObject({ classes: named.labels, held: [0, 1, 2] });
      expect(labelled.warnings[0]).toMatch(/"b_none" .*not counted, because labels\.txt does not name it/);
      const again = await numbers(where, { expected: three, recorded: 'images' });
      expect(again).toMatchObject({ classes: left.classes, held: [0, 1, 2] });
      expect(again.warnings[0]).toMatch(/"b_none" .*not counted, as recorded/);
    }
  });

  it('in training alone: the other splits’ images of it are told', async () => {
    const files = {
      ...(await good('train/')),
      ...below('train/b_none/', await some()),
      ...(await classFolders('test/', ['a_dark', 'b_none', 'c_mid', 'd_bright'], 2, 'png', 99)),
    };
    for (const where of await forms(files)) {
      const set = await openImages(where, { expected: three });
      expect([...new Set(set.test!.labels)].sort(), where).toEqual([0, 1, 2]);
      expect(set.test!.size).toBe(6);
      expect(set.warnings!.join('\n')).toMatch(/"b_none".* no image that can be read: not counted/);
      expect(set.warnings!.join('\n')).toMatch(/no image of "b_none" .* other splits have 2 images/);
      await set.close();
      const counted = await openImages(where, { expected: { classes: 4 }, ...most });
      expect([...new Set(counted.test!.labels)].sort()).toEqual([0, 1, 2, 3]);
      await counted.close();
    }
  });

  it('in the test images alone', async () => {
    const classes = ['a_dark', 'b_none', 'c_mid'];
    const files = {
      ...below('train/', rename(await good(), 'd_bright', 'b_none')),
      ...below('test/', await classFolders('', ['a_dark', 'c_mid'], 2)),
      ...below('test/b_none/', await some()),
    };
    for (const where of await forms(files)) {
      const set = await openImages(where, { expected: three, ...most });
      expect([set.classes, [...new Set(set.test!.labels)].sort()]).toEqual([classes, [0, 2]]);
      expect(set.warnings!.join('\n')).toMatch(/test split has no image.* "b_none"/);
      await set.close();
    }
  });
});

it('refuses a class of the network’s whose images are all broken, by name, where they are many', async () => {
  const files = await classFolders('', ['a', 'c'], 20);
  for (let i = 0; i < 9; i++) files[`b/${i}.jpg`] = Buffer.from('<html>not found</html>');
  const root = writeFolder(fresh(), files);
  await expect(openImages(root, { expected: three })).rejects.toThrow(
    /none of the 9 images in "b" can be decoded, and 9 .* more than the 1 let pass; the first is all\/b\/0\.jpg/,
  );
  // of a network that doesn't know them they don't matter, however many
  expect((await numbers(root, { expected: two })).classes).toEqual(['a', 'c']);
  delete files['c/000.png'];
  const one = writeFolder(
    fresh(),
    Object.fromEntries(Object.entries(files).filter(([name]) => !name.startsWith('c/'))),
  );
  await expect(openImages(one, { expected: two })).rejects.toThrow(/one class only \("a"\).*"b" holds none/);
});

describe('a number of classes that is not the network’s', () => {
  it('is refused where it is higher, and said where it is lower', async () => {
    const root = writeFolder(fresh(), await classFolders('', ['a', 'b', 'c'], 6));
    await expect(openImages(root, { expected: two })).rejects.toThrow(
      /the network tells 2 classes apart, but .* has 3: it is the set of another network/,
    );
    const few = await numbers(root, { expected: { classes: 5 } });
    expect(few.warnings).toEqual([expect.stringMatching(/the network tells 5 classes apart and .* has 3/)]);
    const again = await numbers(root, { expected: { classes: 5 }, recorded: 'images' });
    expect(again.warnings).toEqual(few.warnings);
  });

  it('is refused with the reason where the network tells none apart', async () => {
    const root = writeFolder(fresh(), await classFolders('', ['a', 'b'], 6));
    await expect(
      openImages(root, { expected: { problem: 'it ends in one unit behind tanh' } }),
    ).rejects.toThrow(/behind tanh/);
  });
});

describe('names that travel with a model', () => {
  const folders = (...names: string[]) => ({ classes: names, empty: new Map(), form: 'folder' as const });
  const labels = (...names: string[]): Expected => ({
    classes: names.length,
    labels: names,
    labelsFrom: 'labels.txt',
  });

  it('number the folders, in whatever order', async () => {
    const root = writeFolder(fresh(), await classFolders('', ['cat', 'dog', 'Sea Gull'], 6));
    const expected = labels('sea_gull', 'dog', 'cat');
    const set = await openImages(root, { carveTest: false, expected });
    expect(set.classes).toEqual(['Sea Gull', 'dog', 'cat']);
    expect(set.recordedClasses).toEqual(['Sea Gull', 'dog', 'cat']);
    expect(set.warnings).toEqual([]);
    const bytes = new Uint8Array(set.train.size * 8 * 8 * 3);
    await set.train.read(
      Array.from({ length: set.train.size }, (_, i) => i),
      bytes,
    );
    // the red of each picture tells its folder: Sea Gull 0 (drawn third: 80), cat 0, dog 40
    const red = { 'Sea Gull': 80, cat: 0, dog: 40 } as Record<string, number>;
    set.train.labels.forEach((label, i) => expect(bytes[i * 192]).toBe(red[set.classes[label]]));
    // the split is the folders' own, whatever the order
    const plain = await openImages(root, { carveTest: false });
    const other = new Uint8Array(bytes.length);
    await plain.train.read(
      Array.from({ length: plain.train.size }, (_, i) => i),
      other,
    );
    expect(Buffer.compare(bytes, other)).toBe(0);
  });

  it('match but for case, spaces and underscores, where that is unambiguous', () => {
    expect(matched(['Cat', 'hot dog'], ['hot_dog', 'cat'])).toEqual([1, 0]);
    expect(matched(['cat', 'Cat'], ['CAT', 'cat'])).toEqual([1, 0]);
    // two folders, one name; one folder, two names
    expect(matched(['a b', 'a_b'], ['A-B', 'c'])).toEqual([-1, -1]);
    expect(matched(['ab', 'c'], ['AB', 'Ab', 'C'])).toEqual([-1, 2]);
  });

  it('leave what they do not name to what is left, and say so', () => {
    const partly = numberClasses(folders('cat', 'fish'), 'x', labels('dog', 'cat'));
    expect([...partly.outputs]).toEqual([1, 0]);
    expect(partly.warnings).toEqual(['labels.txt does not name "fish": took "fish" for "dog".']);
    const none = numberClasses(folders('cat', 'dog'), 'x', labels('Class 1', 'Class 2'));
    expect([...none.outputs]).toEqual([0, 1]);
    expect([partly.from, none.from]).toEqual([
      'by the names in labels.txt',
      "in the order of the folders' names",
    ]);
    expect(none.warnings[0]).toMatch(
      /^No folder of x is called as a class in labels\.txt \("Class 1", "Class 2"\)/,
    );
    const fewer = numberClasses(folders('b'), 'x', labels('a', 'b', 'c'));
    expect([...fewer.outputs]).toEqual([1]);
    expect(fewer.warnings).toEqual(['The network tells 3 classes apart, and x has images of 1.']);
    expect(numberClasses(folders('a', 'b', 'x'), 'y', labels('a', 'b')).problem).toMatch(
      /has "x", which labels\.txt/,
    );
  });

  it('are not used where they can not be those of the outputs', () => {
    const many = numberClasses(folders('a', 'b'), 'x', { ...labels('b', 'a', 'c'), classes: 2 });
    expect([...many.outputs]).toEqual([0, 1]);
    expect(many.warnings).toEqual([expect.stringMatching(/labels\.txt were not used for x: they are 3/)]);
    const twice = numberClasses(folders('a', 'b'), 'x', labels('a', 'a'));
    expect(twice.warnings).toEqual([expect.stringMatching(/one of them is there twice/)]);
  });

  it('are the lines of their file as they are where folders are called so', () => {
    const coins = { ...labels('euro', 'cent'), labelsAsWritten: ['2 cent', '1 euro'] };
    expect([...numberClasses(folders('1 euro', '2 cent'), 'x', coins).outputs]).toEqual([1, 0]);
    expect([...numberClasses(folders('cent', 'euro'), 'x', coins).outputs]).toEqual([1, 0]);
    expect([...numberClasses(folders('a', 'b'), 'x', coins).outputs]).toEqual([0, 1]);
  });

  it('do not count an empty folder that they do not name', () => {
    const set = { ...folders('a', 'b', 'tmp'), empty: new Map([['tmp', null]]) };
    const found = numberClasses(set, 'x', labels('b', 'a'));
    expect([...found.outputs]).toEqual([1, 0, -1]);
    expect(found.problem).toBeUndefined();
  });

  it('come again as they were recorded, whatever the model says by then', async () => {
    const root = writeFolder(fresh(), await classFolders('', ['cat', 'dog'], 6));
    const set = await numbers(root, { expected: labels('cat', 'dog'), recorded: ['dog', 'cat'] });
    expect(set.classes).toEqual(['dog', 'cat']);
    await expect(openImages(root, { recorded: ['dog', 'bird'] })).rejects.toThrow(
      /has "cat", which the recorded/,
    );
  });
});
