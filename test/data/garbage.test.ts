import { mkdirSync, writeFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { InputError, Interrupted } from '../../src/graph/errors.ts';
import { Random } from '../../src/graph/random.ts';
import { openImages, type OpenOptions } from '../../src/data/open.ts';
import {
  classFolders,
  idx,
  lyingZip,
  npy,
  picture,
  tarBytes,
  temporaryFolder,
  writeFolder,
  writeTar,
  writeZip,
  type Files,
} from './fixtures.ts';

const temporary = temporaryFolder();
let n = 0;
const fresh = (): string => path.join(temporary, `t${n++}`);
const file = (name: string, bytes: Uint8Array): string => {
  const where = `${fresh()}${name}`;
  writeFileSync(where, bytes);
  return where;
};
const noise = (size: number): Buffer => {
  const random = new Random(7);
  return Buffer.from(Array.from({ length: size }, () => random.uint32() & 255));
};

/** Refused in one sentence, within 200 MB. */
async function refused(where: string, message: RegExp, options?: OpenOptions): Promise<void> {
  const before = process.memoryUsage();
  const error = await openImages(where, options).then(
    () => new Error('it was opened'),
    (e: Error) => e,
  );
  const after = process.memoryUsage();
  expect(error, String(error.stack)).toBeInstanceOf(InputError);
  expect(error.message).toMatch(message);
  expect(error.message).not.toMatch(/\n/);
  expect(error.message.length).toBeLessThan(500);
  expect(after.arrayBuffers + after.external - before.arrayBuffers - before.external).toBeLessThan(200e6);
}

describe('paths and folders', () => {
  it('refuses what is not there, empty folders, other files, one class, no images', async () => {
    await refused(path.join(temporary, 'nothing'), /There is nothing at .*nothing: give a folder/);
    const empty = fresh();
    mkdirSync(empty);
    await refused(empty, /holds no images/);
    await refused(file('.txt', Buffer.from('hello')), /is no set of images/);
    await refused(writeFolder(fresh(), await classFolders('', ['only'], 5)), /one class only \("only"\)/);
    await refused(writeFolder(fresh(), { 'a.png': await picture('png', [1, 2, 3]) }), /has no class folders/);
    await refused(writeFolder(fresh(), { 'a/x.svg': Buffer.from('<svg/>') }), /holds no images/);
    const hint = writeFolder(fresh(), { 'set.npz': Buffer.from('x') });
    await refused(hint, /but set\.npz, which can be given itself/);
  });

  it('refuses a set where nothing or too little can be decoded, naming the first', async () => {
    const files: Files = {};
    for (let i = 0; i < 30; i++) files[`${'ab'[i % 2]}/${i}.png`] = noise(300);
    await refused(writeFolder(fresh(), files), /none of 30 images can be decoded \(all\/a\/0\.png/);
    const some = await classFolders('', ['a', 'b'], 20);
    some['a/003.png'] = noise(100);
    some['a/004.png'] = Buffer.alloc(0);
    await refused(writeFolder(fresh(), some), /2 are broken so far, which is more than the 1 let pass/);
    some['a/004.png'] = some['a/005.png'];
    await refused(writeFolder(fresh(), some), /a\/003\.png/, { maxBroken: 0 });
    const set = await openImages(writeFolder(fresh(), some));
    expect(set.broken).toHaveLength(1);
    expect(set.broken[0].file).toBe('all/a/003.png');
    expect(set.broken[0].reason).not.toBe('');
    expect(set.train.size + set.validation.size + set.test!.size).toBe(39);
  });

  it('lets the next of the class stand in for a broken one where images are decoded on demand', async () => {
    const files = await classFolders('', ['a', 'b'], 40);
    for (let i = 0; i < 4; i++) files[`a/00${i}.png`] = noise(50);
    const options = { memoryLimitMB: 0.1, height: 64, width: 64, carveTest: false };
    const where = writeFolder(fresh(), files);
    const set = await openImages(where, { ...options, maxBroken: 0.2 });
    expect(set.train.size + set.validation.size).toBe(80);
    const pixels = new Uint8Array(set.train.size * 64 * 64 * 3);
    await set.train.read(
      Array.from({ length: set.train.size }, (_, i) => i),
      pixels,
    );
    // class a is drawn with red 0, class b with red 40
    for (let i = 0; i < set.train.size; i++) expect(pixels[i * 64 * 64 * 3]).toBe(set.train.labels[i] * 40);
    expect(set.broken.length).toBeGreaterThan(0);
    const strict = await openImages(where, { ...options, maxBroken: 0.01 });
    const everything = Array.from({ length: strict.train.size }, (_, i) => i);
    await expect(strict.train.read(everything, pixels)).rejects.toThrow(InputError);
  });

  it('counts files cut short and bombs as broken, of every format', async () => {
    const files = await classFolders('', ['a', 'b'], 300, 'bmp');
    const bomb = Buffer.from(await picture('bmp', [1, 2, 3]));
    bomb.writeUInt32LE(60_000, 18);
    bomb.writeUInt32LE(60_000, 22);
    const long = Buffer.from(await picture('bmp', [1, 2, 3]));
    long.writeUInt32LE(4_000, 18);
    const png = await picture('png', [1, 2, 3], 64, 64);
    const huge = Buffer.from(png);
    huge.writeUInt32BE(100_000, 16);
    huge.writeUInt32BE(100_000, 20);
    const random = new Random(1);
    const rough = Buffer.from(Array.from({ length: 64 * 64 * 3 }, () => random.uint32() & 255));
    const { default: sharp } = await import('sharp');
    const textured = sharp(rough, { raw: { width: 64, height: 64, channels: 3 } });
    const jpg = await textured.clone().jpeg().toBuffer();
    const webp = await textured.clone().webp().toBuffer();
    const bad: Files = {
      'a/z0.bmp': bomb,
      'a/z1.bmp': long,
      'a/z2.bmp': bomb.subarray(0, 20),
      'a/z3.png': huge,
      'b/z4.png': png.subarray(0, png.length >> 1),
      'b/z5.jpg': jpg.subarray(0, jpg.length >> 1),
      'b/z6.webp': webp.subarray(0, webp.length >> 1),
      'b/z7.jpg': Buffer.from('<html>404</html>'),
    };
    const set = await openImages(writeFolder(fresh(), { ...files, ...bad }), { maxBroken: 0.02 });
    expect(set.broken.map((b) => b.file)).toEqual(Object.keys(bad).map((name) => `all/${name}`));
    for (const { reason } of set.broken) expect(reason).toMatch(/^\S.{3,}/);
  });

  it('refuses options out of range, and stops when asked', async () => {
    const where = writeFolder(fresh(), await classFolders('', ['a', 'b'], 5));
    await refused(where, /validationShare/, { validationShare: 1 });
    await refused(where, /memoryLimitMB/, { memoryLimitMB: -1 });
    await refused(where, /height/, { height: 0.5 });
    await expect(openImages(where, { signal: AbortSignal.abort() })).rejects.toThrow(Interrupted);
  });
});

describe('archives', () => {
  it('refuses empty, random and cut-off ones', async () => {
    const files = await classFolders('', ['a', 'b'], 10);
    const tar = await tarBytes(files);
    const zip = readFileSync(await writeZip(`${fresh()}.zip`, files));
    await refused(file('.zip', Buffer.alloc(0)), /not a whole zip/);
    await refused(file('.zip', noise(5000)), /not a whole zip/);
    await refused(file('.zip', zip.subarray(0, zip.length - 300)), /not a whole zip/);
    await refused(file('.tar', Buffer.alloc(0)), /is cut off|not a whole tar|no images/);
    await refused(file('.tar', noise(5000)), /not a whole tar/);
    await refused(file('.tar.gz', noise(5000)), /not a whole tar/);
    await refused(file('.tar', tar.subarray(0, 3000)), /not a whole tar|cut off/);
    // at a file's border too
    const border = tar.length - 1024;
    expect(border % 512).toBe(0);
    await refused(file('.tar', tar.subarray(0, border)), /cut off/);
    const packed = gzipSync(tar);
    await refused(file('.tgz', packed.subarray(0, packed.length >> 1)), /ends too early|cut off/);
    await refused(await writeZip(`${fresh()}.zip`, { 'readme.txt': Buffer.from('x') }), /holds no images/);
    await refused(await writeTar(`${fresh()}.tar.gz`, { 'readme.txt': Buffer.from('x') }), /holds no images/);
    await refused(await writeZip(`${fresh()}.zip`, { 'a/0.png': noise(50) }), /one class only/);
    const both = fresh();
    await writeTar(path.join(both, 'train.tar'), files);
    await writeTar(path.join(both, 'train.tgz'), files);
    await refused(both, /both train\.tar and train\.tgz/);
  });

  it('does not unpack bombs', async () => {
    // a tar of zeros under an image's name: 600 MB from 600 kB
    const header = (await tarBytes({ 'a/0.png': Buffer.alloc(1) })).subarray(0, 512);
    header.write((600 * 1024 * 1024).toString(8).padStart(11, '0'), 124);
    header.fill(' ', 148, 156);
    const sum = header.reduce((a, b) => a + b, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const body = gzipSync(Buffer.concat([header, Buffer.alloc(20 * 1024 * 1024)]));
    await refused(file('.tar.gz', body), /says that it has 600 MB/);
    // images that together pass the limit
    const many: Files = {};
    for (let i = 0; i < 40; i++) many[`${'ab'[i % 2]}/${i}.png`] = Buffer.alloc(100_000);
    await refused(await writeTar(`${fresh()}.tgz`, many), /more than 2 MB of images, the memory limit/, {
      memoryLimitMB: 2,
    });
    // an entry whose directory lies about its size
    const lying = lyingZip([
      ['x_train.npy', npy('|u1', [4, 2, 2], new Uint8Array(16)), 0xfffffff0],
      ['y_train.npy', npy('|u1', [4], new Uint8Array(4)), 132],
    ]);
    await refused(file('.npz', lying), /claims 4294967280 bytes/);
    const claims = Object.entries(await classFolders('', ['a', 'b'], 3)).map(
      ([name, bytes]) => [name, bytes, 0xfffffff0] as const,
    );
    await refused(file('.zip', lyingZip(claims)), /larger than 256 MB/);
    const cheats = claims.map(([name, bytes]) => [name, bytes, bytes.length + 5] as const);
    await refused(file('.zip', lyingZip(cheats)), /can be decoded/);
  });
});

describe('IDX', () => {
  const pixels = new Uint8Array(20 * 4);
  const labels = Uint8Array.from({ length: 20 }, (_, i) => i % 2);
  const good: Files = {
    'train-images-idx3-ubyte': idx([20, 2, 2], pixels),
    'train-labels-idx1-ubyte': idx([20], labels),
  };
  const withImages = (bytes: Buffer, name = 'train-images-idx3-ubyte'): string => {
    const files: Files = { ...good, [name]: bytes };
    if (name !== 'train-images-idx3-ubyte') delete files['train-images-idx3-ubyte'];
    return writeFolder(fresh(), files);
  };

  it('refuses wrong magic, types, ranks and lengths', async () => {
    await refused(withImages(Buffer.alloc(0)), /not an IDX file/);
    await refused(withImages(noise(500)), /not an IDX file/);
    await refused(withImages(idx([20, 2, 2], pixels, 0x0d)), /type 0xd/);
    await refused(withImages(idx([80], pixels)), /1 dimensions.*swapped/);
    await refused(withImages(idx([20, 2, 2], pixels.subarray(1))), /cut off/);
    await refused(
      withImages(Buffer.concat([idx([20, 2, 2], pixels), Buffer.alloc(9)])),
      /longer than its header/,
    );
    await refused(withImages(idx([20, 2, 2], pixels).subarray(0, 11)), /cut off/);
    await refused(withImages(idx([0, 2, 2], new Uint8Array(0))), /empty/);
    await refused(withImages(idx([19, 2, 2], pixels.subarray(4))), /19 images but 20 labels/);
    const packed = gzipSync(idx([20, 2, 2], noise(80)));
    const name = 'train-images-idx3-ubyte.gz';
    await refused(withImages(packed.subarray(0, packed.length - 20), name), /unpacked|cut off/);
    await refused(withImages(Buffer.concat([Buffer.from([0x1f, 0x8b]), noise(80)]), name), /unpacked/);
  });

  it('does not believe huge headers', async () => {
    const huge = idx([2 ** 31, 2 ** 31, 2 ** 31], pixels);
    await refused(withImages(huge), /cut off: its header claims 2147483648/);
    await refused(
      withImages(gzipSync(huge), 'train-images-idx3-ubyte.gz'),
      /holds 2,147,483,648 images, more than/,
    );
    const zeros = gzipSync(idx([60_000, 30, 30], new Uint8Array(54_000_000)));
    await refused(withImages(zeros, 'train-images-idx3-ubyte.gz'), /more than the memory limit/, {
      memoryLimitMB: 20,
    });
  });

  it('refuses missing and doubled files, and a single class', async () => {
    await refused(
      writeFolder(fresh(), { 'train-images-idx3-ubyte': good['train-images-idx3-ubyte'] }),
      /lacks the IDX file of the train labels/,
    );
    await refused(
      writeFolder(fresh(), { ...good, 't10k-labels-idx1-ubyte': idx([20], labels) }),
      /lacks the IDX file of the test images/,
    );
    await refused(
      writeFolder(fresh(), { ...good, 'emnist-train-images-idx3-ubyte': idx([20, 2, 2], pixels) }),
      /several sets of IDX files/,
    );
    await refused(
      writeFolder(fresh(), { ...good, 'train-labels-idx1-ubyte': idx([20], new Uint8Array(20)) }),
      /every label is 0/,
    );
    const where = writeFolder(fresh(), good);
    await refused(path.join(where, 'train-images-idx3-ubyte'), /one IDX file of several/);
  });
});

describe('npz', () => {
  const x = npy('|u1', [20, 2, 2], new Uint8Array(80));
  const y = npy(
    '|u1',
    [20],
    Uint8Array.from({ length: 20 }, (_, i) => i % 2),
  );
  const npz = (files: Files): Promise<string> => writeZip(`${fresh()}.npz`, files);
  const withX = (bytes: Buffer): Promise<string> => npz({ 'x_train.npy': bytes, 'y_train.npy': y });
  const withY = (bytes: Buffer): Promise<string> => npz({ 'x_train.npy': x, 'y_train.npy': bytes });

  it('refuses what is cut off, random, of other types or shapes, or lies', async () => {
    await refused(file('.npz', noise(1000)), /not a whole zip/);
    await refused(file('.npz', Buffer.alloc(0)), /not a whole zip/);
    await refused(await npz({ 'x_train.npy': x }), /lacks the array y_train/);
    await refused(await npz({ 'arr_0.npy': x }), /lacks the array x_train|needs x_train/);
    await refused(await withX(Buffer.alloc(0)), /cut off in its header/);
    await refused(await withX(noise(400)), /is not a \.npy array/);
    await refused(await withX(x.subarray(0, x.length - 3)), /shorter|cut off/);
    await refused(await withX(Buffer.concat([x, Buffer.alloc(3)])), /longer/);
    await refused(await withX(npy('|O', [20], new Uint8Array(80))), /type \|O, which is not read/);
    await refused(await withX(npy('<f4', [20, 2, 2], new Float32Array(80).fill(NaN))), /NaN/);
    await refused(
      await withX(
        npy(
          '<f4',
          [20, 2, 2],
          Float32Array.from({ length: 80 }, (_, i) => i / 9 - 3),
        ),
      ),
      /normalised already/,
    );
    await refused(await withX(npy('|u1', [20, 4], new Uint8Array(80))), /shape \(20, 4\); images are/);
    await refused(await withX(npy('|u1', [20, 2, 2], new Uint8Array(80), true)), /Fortran/);
    await refused(
      await withX(npy('|u1', [2 ** 31, 2 ** 10, 2 ** 10], new Uint8Array(80))),
      /claims the shape/,
    );
    await refused(await withX(npy('|u1', [9e15, 9e15, 9e15], new Uint8Array(80))), /claims the shape/);
    const wide = Buffer.from(x);
    wide[6] = 2;
    wide.writeUInt32LE(0x7fffffff, 8);
    await refused(await withX(wide), /claims a header of/);
    await refused(
      await withX(npy('|u1', [60_000, 30, 30], new Uint8Array(54_000_000))),
      /more than the limit leaves/,
      {
        memoryLimitMB: 20,
      },
    );
  });

  it('refuses labels that are out of range, not whole, not one-hot or too few', async () => {
    await refused(
      await withY(npy('<i4', [20], new Int32Array(20).fill(-1))),
      /label -1 of image 0 is out of range/,
    );
    await refused(await withY(npy('<f4', [20], new Float32Array(20).fill(0.5))), /label 0.5/);
    await refused(await withY(npy('<i8', [20], new BigInt64Array(20).fill(1n << 40n))), /out of range/);
    await refused(await withY(npy('|u1', [19], new Uint8Array(19))), /a label for each of the 20/);
    await refused(await withY(npy('|u1', [20, 3], new Uint8Array(60))), /row 0 is not one-hot/);
    await refused(await withY(npy('|u1', [20, 3], new Uint8Array(60).fill(1))), /row 0 is not one-hot/);
    await refused(await withY(npy('|u1', [20], new Uint8Array(20))), /every label is 0/);
  });
});
