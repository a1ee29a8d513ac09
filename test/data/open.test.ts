import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openImages } from '../../src/data/open.ts';
import { needs } from '../support/needs.ts';
import type { ImageSet, Split } from '../../src/data/types.ts';
import {
  classFolders,
  idx,
  npy,
  picture,
  temporaryFolder,
  writeFolder,
  writeTar,
  writeZip,
  type Files,
} from './fixtures.ts';

const temporary = temporaryFolder();
let n = 0;
const fresh = (): string => path.join(temporary, `t${n++}`);

async function all(split: Split): Promise<{ pixels: Uint8Array; size: number }> {
  const size = split.height * split.width * split.channels;
  const pixels = new Uint8Array(split.size * size);
  await split.read(
    Array.from({ length: split.size }, (_, i) => i),
    pixels,
  );
  return { pixels, size };
}

/** Every image as text with its label, sorted: what a set holds, whatever the order. */
async function contents(...splits: (Split | undefined)[]): Promise<string[]> {
  const result: string[] = [];
  for (const split of splits) {
    if (!split) continue;
    const { pixels, size } = await all(split);
    for (let i = 0; i < split.size; i++)
      result.push(
        `${split.labels[i]} ${Buffer.from(pixels.subarray(i * size, (i + 1) * size)).toString('hex')}`,
      );
  }
  return result.sort();
}

function counts(split: Split, classes: number): number[] {
  const result = new Array<number>(classes).fill(0);
  for (const label of split.labels) result[label]++;
  return result;
}

async function trainAndTest(format: 'png' | 'jpg' | 'webp' | 'bmp' = 'png'): Promise<Files> {
  return {
    ...(await classFolders('train/', ['cat', 'dog', 'eel'], 20, format)),
    ...(await classFolders('test/', ['cat', 'dog', 'eel'], 4, format, 128)),
  };
}

function expectShape(set: ImageSet): void {
  expect(set.classes).toEqual(['cat', 'dog', 'eel']);
  expect([set.height, set.width, set.channels]).toEqual([8, 8, 3]);
  expect(counts(set.train, 3)).toEqual([18, 18, 18]);
  expect(counts(set.validation, 3)).toEqual([2, 2, 2]);
  expect(counts(set.test!, 3)).toEqual([4, 4, 4]);
  expect(set.broken).toEqual([]);
  expect(set.warnings).toEqual([]);
}

describe('one set in every form', () => {
  it('is the same as a folder, .zip, .tar, .tar.gz, .tgz and one archive a split', async () => {
    const files = await trainAndTest();
    const wrapped = Object.fromEntries(Object.entries(files).map(([name, b]) => [`pets/${name}`, b]));
    const part = (split: string, strip: boolean): Files =>
      Object.fromEntries(
        Object.entries(files)
          .filter(([name]) => name.startsWith(split))
          .map(([name, b]) => [strip ? name.slice(split.length + 1) : name, b]),
      );
    const tars = fresh();
    await writeTar(path.join(tars, 'train.tar.gz'), part('train', false));
    await writeTar(path.join(tars, 'test.tar.gz'), part('test', false));
    const zips = fresh();
    await writeZip(path.join(zips, 'train.zip'), part('train', true));
    await writeZip(path.join(zips, 'test.zip'), part('test', true));
    const forms: [string, string][] = [
      ['folder', writeFolder(fresh(), files)],
      ['folder', writeFolder(fresh(), wrapped)],
      ['zip', await writeZip(`${fresh()}.zip`, files)],
      ['zip', await writeZip(`${fresh()}.ZIP`, wrapped)],
      ['tar', await writeTar(`${fresh()}.tar`, files)],
      ['tar', await writeTar(`${fresh()}.tar.gz`, files)],
      ['tar', await writeTar(`${fresh()}.tgz`, wrapped)],
      ['tar', tars],
      ['zip', zips],
    ];
    let digest = '';
    let pixels: string[] = [];
    for (const [form, where] of forms) {
      const set = await openImages(where, { seed: 3 });
      expect(set.form, where).toBe(form);
      expectShape(set);
      const here = await contents(set.train, set.validation, set.test);
      digest ||= set.digest;
      if (!pixels.length) pixels = here;
      expect(set.digest, where).toBe(digest);
      expect(here, where).toEqual(pixels);
      await set.close();
    }
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(pixels).size).toBe(72);
  });

  it('reads png, jpg, webp and bmp, in any case, nested, next to other files', async () => {
    for (const format of ['png', 'webp', 'bmp', 'jpg'] as const) {
      const set = await openImages(writeFolder(fresh(), await trainAndTest(format)));
      expectShape(set);
      const { pixels, size } = await all(set.test!);
      // in the order of names: cat/000 .. 003, dog/000, ...: colours as drawn
      const third = pixels.subarray(6 * size, 6 * size + 3);
      const off = Math.max(...[40, 138, 13].map((v, c) => Math.abs(third[c] - v)));
      expect(off, format).toBeLessThanOrEqual(format === 'jpg' ? 3 : 0);
    }
    const root = writeFolder(fresh(), {
      ...(await classFolders('A/', ['x', 'y/z'], 6)),
      'B/one.JPEG': await picture('jpg', [1, 2, 3]),
      'B/two.BmP': await picture('bmp', [1, 2, 3]),
      'B/deep/er/three.WebP': await picture('webp', [1, 2, 3]),
      'B/._one.jpg': Buffer.from('resource fork'),
      'B/notes.txt': Buffer.from('hello'),
      '__MACOSX/A/x/000.png': Buffer.from('junk'),
      '.hidden/a.png': Buffer.from('junk'),
    });
    const set = await openImages(root, { carveTest: false });
    expect(set.classes).toEqual(['A', 'B']);
    expect(set.train.size + set.validation.size).toBe(15);
    expect(set.test).toBeUndefined();
    expect(set.broken).toEqual([]);
  });

  it('reads IDX, plain and packed, to the byte', async () => {
    const pixels = Uint8Array.from({ length: 40 * 12 }, (_, i) => (i * 7) % 256);
    const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 4);
    const files = (gz: boolean): Files => {
      const pack = (b: Buffer): Buffer => (gz ? gzipSync(b) : b);
      const end = gz ? '.gz' : '';
      return {
        [`train-images-idx3-ubyte${end}`]: pack(idx([40, 3, 4], pixels)),
        [`train-labels-idx1-ubyte${end}`]: pack(idx([40], labels)),
        [`t10k-images-idx3-ubyte${end}`]: pack(idx([8, 3, 4], pixels.subarray(0, 96))),
        [`t10k-labels-idx1-ubyte${end}`]: pack(idx([8], labels.subarray(0, 8))),
      };
    };
    const plain = await openImages(writeFolder(fresh(), files(false)));
    const packed = await openImages(writeFolder(fresh(), files(true)));
    expect(plain.form).toBe('idx');
    expect(plain.classes).toEqual(['0', '1', '2', '3']);
    expect([plain.height, plain.width, plain.channels]).toEqual([3, 4, 1]);
    expect(packed.digest).toBe(plain.digest);
    expect(Buffer.from((await all(packed.test!)).pixels).equals(Buffer.from(pixels.subarray(0, 96)))).toBe(
      true,
    );
    expect(counts(packed.train, 4)).toEqual([9, 9, 9, 9]);
    expect(await contents(packed.train, packed.validation)).toEqual(
      Array.from(
        { length: 40 },
        (_, i) => `${i % 4} ${Buffer.from(pixels.subarray(i * 12, i * 12 + 12)).toString('hex')}`,
      ).sort(),
    );
  });

  it('reads .npz: bytes, floats of several ranges, ints; one-hot, columns; NCHW; big-endian', async () => {
    const bytes = Uint8Array.from({ length: 20 * 4 * 5 * 3 }, (_, i) => (i * 11) % 256);
    const float = (f: (v: number) => number): Float32Array => Float32Array.from(bytes, f);
    const labels = Array.from({ length: 20 }, (_, i) => i % 2);
    const hot = Float32Array.from({ length: 40 }, (_, i) => (labels[i >> 1] === i % 2 ? 1 : 0));
    const planar = new Uint8Array(bytes.length);
    for (let i = 0; i < 20; i++)
      for (let p = 0; p < 20; p++)
        for (let c = 0; c < 3; c++) planar[(i * 3 + c) * 20 + p] = bytes[(i * 20 + p) * 3 + c];
    const swapped = Buffer.from(Uint16Array.from(bytes).buffer).swap16();
    const x: Record<string, Buffer> = {
      bytes: npy('|u1', [20, 4, 5, 3], bytes),
      unit: npy(
        '<f4',
        [20, 4, 5, 3],
        float((v) => v / 255),
      ),
      signed: npy(
        '<f8',
        [20, 4, 5, 3],
        Float64Array.from(bytes, (v) => v / 127.5 - 1),
      ),
      raw: npy(
        '<f4',
        [20, 4, 5, 3],
        float((v) => v),
      ),
      long: npy(
        '<i8',
        [20, 4, 5, 3],
        BigInt64Array.from(bytes, (v) => BigInt(v)),
      ),
      planar: npy('|u1', [20, 3, 4, 5], planar),
      big: npy('>u2', [20, 4, 5, 3], swapped),
    };
    const y: Record<string, Buffer> = {
      ints: npy('<i8', [20], BigInt64Array.from(labels, BigInt)),
      column: npy('|u1', [20, 1], Uint8Array.from(labels)),
      hot: npy('<f4', [20, 2], hot),
    };
    const digests = new Set<string>();
    for (const [xName, xBytes] of Object.entries(x))
      for (const [yName, yBytes] of Object.entries(y)) {
        if (xName !== 'bytes' && yName !== 'ints') continue;
        const where = await writeZip(`${fresh()}.npz`, {
          'x_train.npy': xBytes,
          'y_train.npy': yBytes,
          'x_test.npy': xBytes,
          'y_test.npy': yBytes,
        });
        const set = await openImages(where);
        expect(set.form).toBe('npz');
        expect(Array.from(set.test!.labels), yName).toEqual(labels);
        expect(Buffer.from((await all(set.test!)).pixels).equals(Buffer.from(bytes)), xName).toBe(true);
        digests.add(set.digest);
      }
    expect(digests.size).toBe(1);
  });
});

describe('what folders mean', () => {
  it('keeps a validation split as given, under any of its names', async () => {
    for (const name of ['val', 'valid', 'Validation']) {
      const set = await openImages(
        writeFolder(fresh(), {
          ...(await classFolders('train/', ['a', 'b'], 10)),
          ...(await classFolders(`${name}/`, ['a', 'b'], 3, 'png', 100)),
          ...(await classFolders('test/', ['a', 'b'], 2, 'png', 200)),
        }),
      );
      expect([set.train.size, set.validation.size, set.test!.size]).toEqual([20, 6, 4]);
    }
  });

  it('takes "train" and "test" for classes where they are', async () => {
    const set = await openImages(writeFolder(fresh(), await classFolders('', ['boat', 'test', 'train'], 10)));
    expect(set.classes).toEqual(['boat', 'test', 'train']);
  });

  it('numbers classes in code-point order, as Keras does', async () => {
    const set = await openImages(writeFolder(fresh(), await classFolders('', ['b', '10', '9', 'B', 'é'], 3)));
    expect(set.classes).toEqual(['10', '9', 'B', 'b', 'é']);
  });

  it('leaves out strays and unlabelled test images, saying so', async () => {
    const set = await openImages(
      writeFolder(fresh(), {
        ...(await classFolders('train/', ['a', 'b'], 10)),
        'train/stray.png': await picture('png', [1, 2, 3]),
        'test/0.png': await picture('png', [1, 2, 3]),
        'extras/x/0.png': await picture('png', [1, 2, 3]),
      }),
    );
    expect(set.warnings).toHaveLength(3);
    expect(set.warnings!.join(' ')).toMatch(/extras.*test images.*1 image of the train split/s);
    expect(set.test!.size).toBe(2); // carved
  });

  it('warns of a class without test images, refuses test classes that training lacks', async () => {
    const train = await classFolders('train/', ['a', 'b', 'c'], 10);
    const less = await openImages(
      writeFolder(fresh(), { ...train, ...(await classFolders('test/', ['a', 'c'], 2)) }),
    );
    expect(less.warnings).toEqual(['The test split has no images of "b".']);
    expect(Array.from(less.test!.labels)).toEqual([0, 0, 2, 2]);
    await expect(
      openImages(writeFolder(fresh(), { ...train, ...(await classFolders('test/', ['a', 'zebra'], 2)) })),
    ).rejects.toThrow(/test split has "zebra", which training has not/);
  });

  const links = needs(process.platform === 'win32' ? 'links need rights on Windows' : null);
  it.skipIf(links.skip)(links.name('follows links to folders, but not round and round'), async () => {
    const root = writeFolder(fresh(), await classFolders('data/', ['a', 'b'], 5));
    mkdirSync(path.join(root, 'links'));
    symlinkSync(path.join(root, 'data/a'), path.join(root, 'links/a'));
    renameSync(path.join(root, 'data/b'), path.join(root, 'links/b'));
    symlinkSync(path.join(root, 'links'), path.join(root, 'links/b/up'));
    const set = await openImages(path.join(root, 'links'), { carveTest: false });
    expect(set.train.size + set.validation.size).toBe(10);
  });
});

describe('splits', () => {
  it('are disjoint, whole, balanced, and follow the seed', async () => {
    const where = writeFolder(fresh(), await classFolders('', ['a', 'b', 'c'], 40));
    const open = (seed: number): Promise<ImageSet> => openImages(where, { seed, validationShare: 0.25 });
    const [one, again, two] = [await open(1), await open(1), await open(2)];
    const parts = [await contents(one.train), await contents(one.validation), await contents(one.test)];
    const everything = parts.flat();
    expect(everything).toHaveLength(120);
    expect(new Set(everything).size).toBe(120);
    expect(counts(one.test!, 3)).toEqual([4, 4, 4]);
    expect(counts(one.validation, 3)).toEqual([9, 9, 9]);
    expect(counts(one.train, 3)).toEqual([27, 27, 27]);
    // the order too
    expect((await all(again.train)).pixels).toEqual((await all(one.train)).pixels);
    expect(await contents(two.validation)).not.toEqual(parts[1]);
    // what one run kept for its end, no other may train on
    expect(await contents(two.test)).toEqual(parts[2]);
    expect(two.digest).toBe(one.digest);
  });

  it('give a number of validation images, spread over unequal classes', async () => {
    const where = writeFolder(fresh(), {
      ...(await classFolders('train/', ['a'], 60)),
      ...(await classFolders('train/', ['b'], 30)),
      ...(await classFolders('train/', ['c'], 10)),
      ...(await classFolders('test/', ['a', 'b', 'c'], 1, 'png', 99)),
    });
    const set = await openImages(where, { validationImages: 10 });
    expect(counts(set.validation, 3)).toEqual([6, 3, 1]);
    await expect(openImages(where, { validationImages: 100 })).rejects.toThrow(/leaves none of the 100/);
  });

  it('limit the images of each split, class-balanced', async () => {
    const set = await openImages(writeFolder(fresh(), await trainAndTest()), { limit: 6 });
    for (const split of [set.train, set.validation, set.test!]) expect(counts(split, 3)).toEqual([2, 2, 2]);
    // training comes in random order, so that any first part is a fair sample
    expect(Array.from(set.train.labels)).not.toEqual([0, 0, 1, 1, 2, 2]);
  });
});

describe('size and colour', () => {
  it('takes the most common size, or the one asked for', async () => {
    const where = writeFolder(fresh(), {
      ...(await classFolders('', ['a', 'b'], 6)),
      'a/large.png': await picture('png', [9, 8, 7], 30, 50),
      'b/wide.png': await picture('png', [9, 8, 7], 4, 9),
    });
    const set = await openImages(where);
    expect([set.height, set.width]).toEqual([8, 8]);
    const other = await openImages(where, { height: 5, width: 7 });
    expect([other.height, other.width]).toEqual([5, 7]);
    // one colour stays that colour at any size
    expect(
      (await contents(other.train, other.validation, other.test)).filter((t) => t.includes('090807')),
    ).toHaveLength(2);
  });

  it('repeats grey for three channels, and takes the luma of colour for one', async () => {
    const rgb = [200, 100, 50];
    const where = writeFolder(fresh(), {
      'a/0.png': await picture('png', rgb),
      'a/1.bmp': await picture('bmp', rgb),
      'b/0.png': await picture('png', rgb),
      'b/1.png': await picture('png', rgb),
    });
    const grey = await openImages(where, { channels: 1, carveTest: false });
    const luma = Math.round(0.299 * 200 + 0.587 * 100 + 0.114 * 50);
    expect(new Set((await all(grey.train)).pixels)).toEqual(new Set([luma]));
    const labels = Uint8Array.from({ length: 10 }, (_, i) => i % 2);
    const numbers = writeFolder(fresh(), {
      'train-images-idx3-ubyte': idx(
        [10, 2, 2],
        Uint8Array.from({ length: 40 }, (_, i) => i),
      ),
      'train-labels-idx1-ubyte': idx([10], labels),
    });
    const colour = await openImages(numbers, { channels: 3 });
    const { pixels } = await all(colour.train);
    for (let i = 0; i < pixels.length; i += 3)
      expect(pixels[i] === pixels[i + 1] && pixels[i] === pixels[i + 2]).toBe(true);
    const resized = await openImages(numbers, { height: 4, width: 4 });
    expect([resized.height, resized.channels, resized.train.size]).toEqual([4, 1, 8]);
  });

  it('drops transparency: the colours below are what networks were trained on', async () => {
    const { default: sharp } = await import('sharp');
    const half = await sharp({
      create: { width: 8, height: 8, channels: 4, background: { r: 200, g: 100, b: 50, alpha: 0.5 } },
    })
      .png()
      .toBuffer();
    const where = writeFolder(fresh(), {
      'a/0.png': half,
      'a/1.png': half,
      'b/0.png': half,
      'b/1.png': half,
    });
    const set = await openImages(where, { carveTest: false });
    const { pixels } = await all(set.train);
    expect([...pixels.subarray(0, 3)]).toEqual([200, 100, 50]);
  });
});

describe('memory', () => {
  it('gives the same pixels when they do not fit, and stays within the limit', async () => {
    const where = writeFolder(fresh(), {
      ...(await classFolders('train/', ['a', 'b'], 60)),
      ...(await classFolders('test/', ['a', 'b'], 5, 'png', 77)),
    });
    // 130 images of 64 x 64 x 3 take 1.6 MB
    const size = { height: 64, width: 64, seed: 5 };
    const roomy = await openImages(where, size);
    const tight = await openImages(where, { ...size, memoryLimitMB: 0.5 });
    for (const split of ['train', 'validation', 'test'] as const) {
      for (let pass = 0; pass < 2; pass++)
        expect(Buffer.compare((await all(tight[split]!)).pixels, (await all(roomy[split]!)).pixels)).toBe(0);
    }
  });

  it('keeps decoded images outside the repository for the next time, and notices damage', async () => {
    const cache = fresh();
    const where = writeFolder(fresh(), await classFolders('', ['a', 'b'], 1010, 'bmp'));
    const steps: string[] = [];
    const open = (step: string): Promise<ImageSet> =>
      openImages(where, { cache, onProgress: (done) => steps.push(`${step} ${done}`) });
    const first = await contents((await open('first')).train);
    expect(await contents((await open('second')).train)).toEqual(first);
    expect(steps.filter((s) => s.startsWith('first')).length).toBeGreaterThan(2);
    expect(steps.filter((s) => s.startsWith('second'))).toEqual(['second 2020']);
    const { readdirSync, readFileSync } = await import('node:fs');
    const names = readdirSync(path.join(cache, 'images'));
    expect(names).toHaveLength(1);
    const file = path.join(cache, 'images', names[0]);
    const bytes = readFileSync(file);
    bytes[bytes.length - 5] ^= 1;
    writeFileSync(file, bytes);
    expect(await contents((await open('third')).train)).toEqual(first);
    expect(steps.filter((s) => s.startsWith('third')).length).toBeGreaterThan(2);
  });
});
