import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createWriteStream } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { deflateRawSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { pack } from 'tar-stream';
import { afterAll } from 'vitest';
import { ZipFile } from 'yazl';

/** A folder that goes when the tests of the file end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-data-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes an empty folder each time it is called; all are removed after the tests. */
export function freshFolders(): () => string {
  const parent = temporaryFolder();
  let n = 0;
  return () => {
    const folder = path.join(parent, `t${n++}`);
    mkdirSync(folder);
    return folder;
  };
}

export type Files = Record<string, Buffer>;
type Format = 'png' | 'jpg' | 'webp' | 'bmp';

/** A picture of one colour, [r, g, b]. */
export async function picture(
  format: Format,
  rgb: readonly number[],
  height = 8,
  width = 8,
): Promise<Buffer> {
  const data = Buffer.alloc(height * width * 3);
  for (let i = 0; i < data.length; i++) data[i] = rgb[i % 3];
  if (format === 'bmp') {
    return bitmap(height, width, data);
  }
  const image = sharp(data, { raw: { height, width, channels: 3 } });
  if (format === 'png') return image.png().toBuffer();
  if (format === 'jpg') return image.jpeg({ quality: 95 }).toBuffer();
  return image.webp({ lossless: true }).toBuffer();
}

/** RGB as a bitmap of 24 bits a pixel: blue first, the last row first, each row filled up to four bytes. */
function bitmap(height: number, width: number, rgb: Buffer): Buffer {
  const row = Math.ceil((width * 3) / 4) * 4;
  const file = Buffer.alloc(54 + row * height);
  file.write('BM', 'latin1');
  for (const [at, value] of [
    [2, file.length],
    [10, 54],
    [14, 40],
    [18, width],
    [22, height],
  ])
    file.writeUInt32LE(value, at);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++)
        file[54 + (height - 1 - y) * row + 3 * x + 2 - c] = rgb[(y * width + x) * 3 + c];
  return file;
}

/** `count` pictures a class, no two alike, under `prefix/<class>/`. */
export async function classFolders(
  prefix: string,
  classes: readonly string[],
  count: number,
  format: Format = 'png',
  salt = 0,
): Promise<Files> {
  const files: Files = {};
  for (let c = 0; c < classes.length; c++)
    for (let i = 0; i < count; i++)
      files[`${prefix}${classes[c]}/${String(i).padStart(3, '0')}.${format}`] = await picture(format, [
        (40 * c) % 256,
        (i * 5 + salt) % 256,
        (i * 3 + 7 * c) % 256,
      ]);
  return files;
}

export function writeFolder(root: string, files: Files): string {
  for (const [name, bytes] of Object.entries(files)) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  return root;
}

export async function writeZip(file: string, files: Files): Promise<string> {
  mkdirSync(path.dirname(file), { recursive: true });
  const zip = new ZipFile();
  for (const [name, bytes] of Object.entries(files)) zip.addBuffer(bytes, name);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
  return file;
}

export async function tarBytes(files: Files): Promise<Buffer> {
  const tar = pack();
  for (const [name, bytes] of Object.entries(files)) tar.entry({ name }, bytes);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export async function writeTar(file: string, files: Files): Promise<string> {
  mkdirSync(path.dirname(file), { recursive: true });
  const bytes = await tarBytes(files);
  writeFileSync(file, /gz$/.test(file) ? gzipSync(bytes) : bytes);
  return file;
}

export function idx(dims: readonly number[], data: Uint8Array, type = 8): Buffer {
  const header = Buffer.alloc(4 + 4 * dims.length);
  header[2] = type;
  header[3] = dims.length;
  dims.forEach((d, i) => header.writeUInt32BE(d, 4 + 4 * i));
  return Buffer.concat([header, data]);
}

export function npy(descr: string, shape: readonly number[], data: ArrayBufferView, fortran = false): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  let text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${tuple}, }`;
  text = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n';
  const head = Buffer.from('\x93NUMPY\x01\x00', 'latin1');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length);
  return Buffer.concat([
    head,
    length,
    Buffer.from(text, 'latin1'),
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

/** A zip written by hand, so that its directory can lie: name, data (deflated), and the size that it claims. */
export function lyingZip(entries: readonly (readonly [string, Buffer, number])[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, data, claims] of entries) {
    const packed = deflateRawSync(data);
    // crc, packed size, size, length of the name: the same in both headers
    const common = Buffer.alloc(14);
    common.writeUInt32LE(crcOf(data), 0);
    common.writeUInt32LE(packed.length, 4);
    common.writeUInt32LE(claims, 8);
    common.writeUInt16LE(name.length, 12);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(8, 8);
    common.copy(local, 14);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(20, 4);
    central.writeUInt16LE(20, 6);
    central.writeUInt16LE(8, 10);
    common.copy(central, 16);
    central.writeUInt32LE(offset, 42);
    bodies.push(local, Buffer.from(name), packed);
    directory.push(central, Buffer.from(name));
    offset += 30 + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, ...directory, end]);
}

function crcOf(data: Buffer): number {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}
