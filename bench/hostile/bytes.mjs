// Bytes that lie: zip, tar, gzip and IDX files whose headers can claim whatever is wanted.
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';

export const MB = 1 << 20;
export const GB = 1 << 30;

/** A zip archive. An entry: name, data (stored) or packed (deflated), and what the directory claims of it. */
export function zip(entries, { overlap = false } = {}) {
  const parts = [];
  const directory = [];
  let at = 0;
  let first;
  for (const { name, data, packed, size, crc, mode } of entries) {
    const body = packed ?? data ?? Buffer.alloc(0);
    const text = Buffer.from(name);
    const claimed = size ?? (packed ? 0 : body.length);
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(20, 4);
    head.writeUInt16LE(packed ? 8 : 0, 8);
    head.writeUInt32LE(crc ?? crc32(body), 14);
    head.writeUInt32LE(body.length, 18);
    head.writeUInt32LE(claimed, 22);
    head.writeUInt16LE(text.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(0x0314, 4);
    head.copy(entry, 6, 4, 30);
    entry.writeUInt32LE(((mode ?? 0o100644) << 16) >>> 0, 38);
    const shared = overlap && first !== undefined;
    entry.writeUInt32LE(shared ? first : at, 42);
    directory.push(entry, text);
    if (shared) continue;
    first ??= at;
    parts.push(head, text, body);
    at += head.length + text.length + body.length;
  }
  const all = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  const many = entries.length > 0xfffe;
  end.writeUInt16LE(many ? 0xffff : entries.length, 8);
  end.writeUInt16LE(many ? 0xffff : entries.length, 10);
  end.writeUInt32LE(all.length, 12);
  end.writeUInt32LE(at, 16);
  if (!many) return Buffer.concat([...parts, all, end]);
  const wide = Buffer.alloc(56 + 20);
  wide.writeUInt32LE(0x06064b50, 0);
  wide.writeBigUInt64LE(44n, 4);
  wide.writeBigUInt64LE(BigInt(entries.length), 24);
  wide.writeBigUInt64LE(BigInt(entries.length), 32);
  wide.writeBigUInt64LE(BigInt(all.length), 40);
  wide.writeBigUInt64LE(BigInt(at), 48);
  wide.writeUInt32LE(0x07064b50, 56);
  wide.writeBigUInt64LE(BigInt(at + all.length), 64);
  wide.writeUInt32LE(1, 72);
  return Buffer.concat([...parts, all, wide, end]);
}

const zeros = new Map();

/** So many zeros, deflated, as a zip entry's fields. */
export function packedZeros(bytes) {
  if (!zeros.has(bytes)) {
    const plain = Buffer.alloc(bytes);
    zeros.set(bytes, { packed: deflateRawSync(plain, { level: 9 }), size: bytes, crc: crc32(plain) });
  }
  return zeros.get(bytes);
}

/** A header block of a tar archive; type "0" is a file, "1" and "2" are links, "x" a pax header. */
export function tarHeader(name, size, type = '0', link = '') {
  const block = Buffer.alloc(512);
  block.write(name.slice(0, 100), 0);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  if (size < 8 ** 11) block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  else {
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(size), 128);
  }
  block.write('00000000000\0', 136);
  block.write('        ', 148);
  block.write(type, 156);
  block.write(link, 157);
  block.write('ustar\u000000', 257);
  const sum = block.reduce((a, b) => a + b, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** Files as tar blocks, without the end mark. */
export function tar(files) {
  return Buffer.concat(
    files.flatMap(([name, bytes, type, link]) => [
      tarHeader(name, bytes.length, type, link),
      bytes,
      Buffer.alloc((512 - (bytes.length % 512)) % 512),
    ]),
  );
}

/** gzip of `before`, so many zeros, and `after`: members one behind the other, so that it is made quickly. */
export function gzipAround(before, zeroBytes, after = Buffer.alloc(0)) {
  const step = 64 * MB;
  const full = zeroBytes >= step ? gzipSync(Buffer.alloc(step)) : undefined;
  const parts = [gzipSync(before)];
  for (let left = zeroBytes; left > 0; left -= step)
    parts.push(left >= step ? full : gzipSync(Buffer.alloc(left)));
  parts.push(gzipSync(after));
  return Buffer.concat(parts);
}

/** The header of an IDX file of bytes. */
export function idxHeader(dims) {
  const header = Buffer.alloc(4 + 4 * dims.length);
  header[2] = 8;
  header[3] = dims.length;
  dims.forEach((d, i) => header.writeUInt32BE(d, 4 + 4 * i));
  return header;
}

/** The header of a .npy array; the shape is put in as it is. */
export function npyHeader(descr, shape, claimedLength) {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117) + '\n';
  const head = Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1');
  if (claimedLength !== undefined) {
    const wide = Buffer.from('\x93NUMPY\x02\x00\0\0\0\0', 'latin1');
    wide.writeUInt32LE(claimedLength, 8);
    return Buffer.concat([wide, Buffer.from(text)]);
  }
  return Buffer.concat([head, Buffer.from(text)]);
}

/** A file of this length of which only the start is stored. */
export function sparse(file, bytes, start = Buffer.alloc(0)) {
  const handle = openSync(file, 'w');
  writeSync(handle, start);
  ftruncateSync(handle, bytes);
  closeSync(handle);
  return file;
}

export function fifo(file) {
  execFileSync('mkfifo', [file]);
  return file;
}

export function write(file, bytes) {
  writeFileSync(file, bytes);
  return file;
}
