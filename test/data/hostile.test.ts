import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/data/pixels/decode.ts';
import { listFolder } from '../../src/data/sources/folder.ts';
import { layOut } from '../../src/data/sources/layout.ts';
import { entryExpandsTooFar, expandsTooFar, mostPixels } from '../../src/data/limits.ts';
import { openImages } from '../../src/data/open.ts';
import { isImagePath } from '../../src/data/source.ts';
import { InputError, Interrupted } from '../../src/graph/errors.ts';
import {
  gzipAround,
  idxHeader,
  npyHeader,
  packedZeros,
  tar,
  tarHeader,
  zip,
} from '../../bench/hostile/bytes.mjs';
import { classFolders, idx, freshFolders, writeFolder, type Files } from './fixtures.ts';

const MB = 2 ** 20;
const fresh = freshFolders();
const small = (): Promise<Files> => classFolders('', ['a', 'b'], 12);
const put = (name: string, bytes: Uint8Array): string => {
  const file = path.join(fresh(), name);
  writeFileSync(file, bytes);
  return file;
};
const refused = async (where: string, message: RegExp): Promise<void> => {
  const error = await openImages(where).then(
    () => new Error('it was opened'),
    (e: Error) => e,
  );
  expect(error, String(error.stack)).toBeInstanceOf(InputError);
  expect(error.message).toMatch(message);
  expect(error.message).not.toMatch(/\n/);
};

describe.skipIf(process.platform === 'win32')('links in folders', () => {
  it('that form a lattice are followed a few times each, not once for every way', async () => {
    const root = fresh();
    // 3 to the power of 14 ways to the image at the end
    for (let i = 0; i < 15; i++) mkdirSync(path.join(root, `level${i}`));
    for (let i = 0; i < 14; i++)
      for (const name of ['p', 'q', 'r'])
        symlinkSync(path.join(root, `level${i + 1}`), path.join(root, `level${i}`, name));
    writeFileSync(path.join(root, 'level14', 'x.png'), 'x');
    const { files, warnings } = await listFolder(root);
    expect(files.length).toBeGreaterThan(0);
    expect(files.length).toBeLessThan(50);
    expect(warnings.join()).toMatch(/Left out \d+ links to folders that 3 other links lead to as well/);
    expect((await listFolder(root)).files.map((f) => f.path)).toEqual(files.map((f) => f.path));
  });

  it('that lead to the top of the disk, back up or nowhere change nothing', async () => {
    const root = writeFolder(fresh(), await small());
    const plain = await listFolder(root);
    symlinkSync('/', path.join(root, 'a', 'all'));
    symlinkSync('..', path.join(root, 'a', 'up'));
    for (const [i, system] of ['/proc', '/sys', '/dev', '/proc/self', '/proc/self/root', '/dev/fd'].entries())
      symlinkSync(system, path.join(root, 'b', `system${i}`));
    symlinkSync('self', path.join(root, 'a', 'self'));
    symlinkSync('nowhere', path.join(root, 'b', 'dangling'));
    symlinkSync(path.join(root, 'a'), path.join(root, 'a', 'own'));
    const linked = await listFolder(root);
    expect(linked.files.map((f) => f.path)).toEqual(plain.files.map((f) => f.path));
    expect(linked.warnings).toEqual([]);
  });

  it('to classes that are kept elsewhere, and to one folder from several splits, are followed', async () => {
    const elsewhere = writeFolder(fresh(), await small());
    const root = fresh();
    for (const name of ['train', 'val', 'test']) symlinkSync(elsewhere, path.join(root, name));
    expect((await listFolder(root)).files).toHaveLength(3 * 24);
    expect((await openImages(root)).classes).toEqual(['a', 'b']);
  });
});

describe('folders', () => {
  it('with very many images tell how many are found so far, and can be stopped meanwhile', async () => {
    const root = fresh();
    mkdirSync(path.join(root, 'a'));
    for (let i = 0; i < 1700; i++) writeFileSync(path.join(root, 'a', `${i}.png`), '');
    const told: number[] = [];
    await listFolder(root, undefined, (images) => told.push(images));
    expect(told).toEqual([500, 1000, 1500]);
    const stop = new AbortController();
    const listing = listFolder(root, stop.signal, () => stop.abort());
    await expect(listing).rejects.toThrow(Interrupted);
  });

  it('without images are counted', async () => {
    const root = writeFolder(fresh(), await small());
    for (let i = 0; i < 300; i++) mkdirSync(path.join(root, `c${i}`, 'deeper'), { recursive: true });
    const set = await openImages(root);
    expect(set.classes).toHaveLength(302);
    expect(set.warnings).toEqual([
      expect.stringMatching(/^"c0", "c1", "c10", "c100", "c101" and 295 more hold no image that can be read/),
    ]);
    const deep = writeFolder(fresh(), await small());
    for (let i = 0; i < 300; i++) mkdirSync(path.join(deep, 'a', `c${i}`, 'deeper'), { recursive: true });
    expect((await openImages(deep)).warnings).toEqual([
      expect.stringMatching(
        /^Left out 300 folders without images: "a\/c0", "a\/c1", "a\/c10" and 297 more\.$/,
      ),
    ]);
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'that are locked are left out with a word',
    async () => {
      const root = writeFolder(fresh(), await small());
      mkdirSync(path.join(root, 'a', 'locked'), { mode: 0 });
      expect((await openImages(root)).warnings?.join()).toMatch(/"a\/locked" \(permission is denied\)/);
      rmSync(path.join(root, 'a', 'locked'), { recursive: true });
    },
  );

  it.skipIf(process.platform === 'win32')('hold pipes and devices, which are no images', async () => {
    const root = writeFolder(fresh(), await small());
    execFileSync('mkfifo', [path.join(root, 'a', 'pipe.png')]);
    symlinkSync('/dev/zero', path.join(root, 'b', 'zero.png'));
    expect((await listFolder(root)).files).toHaveLength(24);
  });

  it('of 200,000 images are laid out: no call takes as many arguments', () => {
    const read = async () => new Uint8Array(0);
    const files = Array.from({ length: 200_000 }, (_, i) => ({
      path: `${i % 2 ? 'a' : 'b'}/${i}.png`,
      bytes: 1,
      read,
    }));
    expect(layOut({ files, folders: [], others: new Map() }, 'x').items).toHaveLength(200_000);
  });

  it('have names as file systems allow them', () => {
    expect(isImagePath(`${'a/'.repeat(60)}x.png`)).toBe(true);
    expect(isImagePath(`${'a/'.repeat(70)}x.png`)).toBe(false);
    expect(isImagePath(`${'a'.repeat(5000)}.png`)).toBe(false);
  });
});

describe('images', () => {
  it('that claim far more pixels than their bytes hold are broken', async () => {
    const black = (size: number) =>
      sharp({ create: { width: size, height: size, channels: 3, background: { r: 0, g: 0, b: 0 } } })
        .png({ compressionLevel: 9 })
        .toBuffer();
    const shape = { height: 8, width: 8, channels: 3 };
    expect((await decode({ kind: 'file', bytes: await black(2000) }, shape, 'keras')).pixels).toHaveLength(
      192,
    );
    await expect(decode({ kind: 'file', bytes: await black(5000) }, shape, 'keras')).rejects.toThrow(
      'claims far more pixels than a file of its size holds',
    );
    // 12 megapixels of a camera, and a page of text at 600 dpi
    expect(mostPixels(3e6)).toBeGreaterThan(12e6);
    expect(mostPixels(200e3)).toBeGreaterThan(35e6);
    expect(mostPixels(1e9)).toBe(2 ** 26);
  });

  it('that are cut off are refused in words', async () => {
    const whole = await sharp({
      create: {
        width: 64,
        height: 64,
        channels: 3,
        background: { r: 9, g: 99, b: 199 },
        noise: { type: 'gaussian', mean: 99, sigma: 40 },
      },
    })
      .jpeg()
      .toBuffer();
    const shape = { height: 8, width: 8, channels: 3 };
    for (const share of [0.1, 0.3, 0.6, 0.9]) {
      const bytes = whole.subarray(0, Math.floor(share * whole.length));
      await expect(decode({ kind: 'file', bytes }, shape, 'keras')).rejects.toThrow(
        /cut off|premature end|corrupt|damaged/i,
      );
      await expect(decode({ kind: 'file', bytes }, shape, 'keras')).rejects.not.toThrow(/unknown error/i);
    }
  });
});

describe('archives', () => {
  it('may unpack as far as drawings do, not as far as zeros', () => {
    expect(expandsTooFar(256 * MB, 1)).toBe(false);
    expect(expandsTooFar(3000 * MB, 26 * MB)).toBe(false); // dSprites
    expect(expandsTooFar(1000 * MB, MB)).toBe(true);
    expect(entryExpandsTooFar(250 * MB, 250_000)).toBe(true);
    expect(entryExpandsTooFar(250 * MB, 2 * MB)).toBe(false);
  });

  it('tar.gz of zeros end where that is plain', async () => {
    const junk = gzipAround(
      Buffer.concat([tar(Object.entries(await small())), tarHeader('a/junk.bin', 2 ** 33)]),
      2 ** 29,
    );
    await refused(
      put('s.tar.gz', junk),
      /unpacks to far more than images do \(\d+ MB from 1 MB, and goes on\)/,
    );
  });

  it('zip entries that share bytes, or expand without end, are refused', async () => {
    const names = ['a/0.png', 'a/1.png', 'b/0.png', 'b/1.png'];
    const shared = zip(
      names.map((name) => ({ name, ...packedZeros(MB) })),
      { overlap: true },
    );
    await refused(put('s.zip', shared), /is damaged: its entry .* lies over another one/);
    const large = zip(names.map((name) => ({ name, ...packedZeros(20 * MB) })));
    await refused(put('s.zip', large), /claims 20971520 bytes in \d+/);
    // nothing is opened for what is empty
    await refused(
      put('s.zip', zip(Array.from({ length: 20_000 }, (_, i) => ({ name: `${'ab'[i % 2]}/${i}.png` })))),
      /empty/i,
    );
  });

  it('IDX and npz of zeros, or of more images than memory has room for, are refused by their headers', async () => {
    const folder = (images: Buffer, labels: Buffer): string =>
      writeFolder(fresh(), { 'train-images-idx3-ubyte.gz': images, 'train-labels-idx1-ubyte.gz': labels });
    const labels = gzipSync(
      idx(
        [60],
        new Uint8Array(60).map((_, i) => i % 2),
      ),
    );
    const claim = gzipAround(idxHeader([2 ** 19, 32, 32]), 0);
    await refused(folder(claim, labels), /unpacks to 512 MB from 1 MB, far more than images do/);
    await refused(
      folder(gzipAround(idxHeader([3e8, 1, 1]), 0), labels),
      /holds 300,000,000 images, more than/,
    );
    const npz = (x: object): string =>
      put(
        's.npz',
        zip([
          { name: 'x_train.npy', ...x },
          { name: 'y_train.npy', data: npyHeader('|u1', '2,') },
        ]),
      );
    await refused(npz({ ...packedZeros(MB), size: 2 ** 29 }), /claims 536870912 bytes from/);
    const pixels = Buffer.concat([npyHeader('|u1', '3000000, 1, 1'), Buffer.alloc(3e6)]);
    await refused(npz({ data: pixels }), /holds 3,000,000 images, more than/);
  });
});
