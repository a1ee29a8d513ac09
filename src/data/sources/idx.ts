import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { streamRegular, whyUnreadable } from '../../files/regular.ts';
import { InputError } from '../../graph/errors.ts';
import { checkCount, fromArrays, type ArraySource, type ArraySplit } from './arrays.ts';
import { expandsTooFar } from '../limits.ts';
import { mebibytes, reasonOf } from '../source.ts';
import { isGzip } from './tar.ts';
import type { SplitName } from '../../terms/scores.ts';
import { setSplit } from '../../terms/scores.ts';

const NAME =
  /(?:^|[-_.])(train|t10k|test|val|valid|validation)[-_.](images|labels)[-_.]idx\d[-_.]ubyte(?:\.gz)?$/i;
const SPLITS: Record<string, SplitName> = { train: 'train', t10k: 'test', test: 'test' };

/** The IDX files among these names: split and kind by MNIST's naming, with or without a prefix and .gz. */
export function idxFiles(names: readonly string[]): { name: string; split: SplitName; kind: string }[] {
  return names.flatMap((name) => {
    const match = NAME.exec(name);
    if (!match) return [];
    return [{ name, split: SPLITS[match[1].toLowerCase()] ?? 'validation', kind: match[2].toLowerCase() }];
  });
}

/** @throws InputError for a pair that is missing, doubled, of the wrong kind, cut off, or larger than the limit */
export async function openIdx(
  folder: string,
  names: readonly string[],
  limitBytes: number,
): Promise<ArraySource> {
  const files = idxFiles(names);
  const find = (split: SplitName, kind: string): string | undefined => {
    const found = files.filter((f) => f.split === split && f.kind === kind).map((f) => f.name);
    // the same file, packed and unpacked, is one
    const plain = [...new Set(found.map((name) => name.replace(/\.gz$/i, '')))];
    if (plain.length > 1)
      throw new InputError(
        `${folder} has several sets of IDX files (${plain.slice(0, 3).join(', ')}): give each a folder of its own.`,
      );
    return found.find((name) => !/\.gz$/i.test(name)) ?? found[0];
  };
  const splits: ArraySplit[] = [];
  let left = limitBytes;
  for (const split of setSplit.options) {
    const images = find(split, 'images');
    const labels = find(split, 'labels');
    if (!images && !labels && split !== 'train') continue;
    if (!images || !labels)
      throw new InputError(
        `${folder} lacks the IDX file of the ${split} ${images ? 'labels' : 'images'}: put it beside the others.`,
      );
    const x = await readIdx(path.join(folder, images), [3, 4], left);
    const y = await readIdx(path.join(folder, labels), [1], left - x.data.length);
    left -= x.data.length;
    const [count, height, width, channels = 1] = x.dims;
    if (![1, 3].includes(channels) || height === 0 || width === 0)
      throw new InputError(
        `${path.join(folder, images)} holds images of ${x.dims.slice(1).join(' x ')}; 1 or 3 channels are read.`,
      );
    splits.push({ split, count, height, width, channels, images: x.data, labels: Int32Array.from(y.data) });
  }
  return fromArrays('idx', folder, splits);
}

/**
 * One IDX file of unsigned bytes (yann.lecun.com/exdb/mnist): two zero bytes, the type (8), the rank, the dimensions as
 * big-endian 32-bit numbers, the data. The claimed size is checked against the file before anything is allocated.
 */
async function readIdx(
  file: string,
  ranks: readonly number[],
  limitBytes: number,
): Promise<{ dims: number[]; data: Uint8Array }> {
  const packed = await isGzip(file);
  const { size } = await stat(file);
  let start = Buffer.alloc(0);
  let header: { dims: number[]; start: number; bytes: number } | undefined;
  let data = new Uint8Array(0);
  let have = 0;
  const begin = (bytes: Buffer): void => {
    header = parseHeader(file, bytes, ranks);
    checkHeader(file, header, size, packed, limitBytes);
    data = new Uint8Array(header.bytes);
    add(bytes.subarray(header.start));
  };
  const add = (chunk: Buffer): void => {
    if (have + chunk.length > data.length)
      throw new InputError(`${file} is longer than its header says (${header!.dims.join(' x ')}).`);
    data.set(chunk, have);
    have += chunk.length;
  };
  const take = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) {
      if (header) add(chunk);
      else {
        start = Buffer.concat([start, chunk]);
        if (start.length >= LONGEST_HEADER) begin(start);
      }
    }
    if (!header) begin(start);
  };
  // a pipeline may report the other streams' abort instead of what caused it
  let refusal: unknown;
  const check = async (source: AsyncIterable<Buffer>): Promise<void> => {
    try {
      await take(source);
    } catch (error) {
      if (error instanceof InputError) refusal = error;
      throw error;
    }
  };
  try {
    const input = await streamRegular(file, { highWaterMark: 1 << 20 });
    if (packed) await pipeline(input, createGunzip({ chunkSize: 1 << 18 }), check);
    else await pipeline(input, check);
  } catch (error) {
    if (refusal) throw refusal;
    throw new InputError(
      `${file} can't be unpacked (${whyUnreadable(error) ?? reasonOf(error)}): make or fetch it again.`,
    );
  }
  if (have < data.length) throw cutOff(file, header!.dims);
  return { dims: header!.dims, data };
}

/** Four dimensions at most are read. */
const LONGEST_HEADER = 4 + 4 * 4;

/** Holds what a header claims against the file and the memory, before anything is allocated for it. */
function checkHeader(
  file: string,
  header: { dims: number[]; start: number; bytes: number },
  size: number,
  packed: boolean,
  limitBytes: number,
): void {
  if (!packed && header.start + header.bytes > size) throw cutOff(file, header.dims);
  checkCount(file, header.dims[0]);
  if (header.bytes > limitBytes)
    throw new InputError(
      `${file} says that it holds ${header.dims.join(' x ')} bytes, ${mebibytes(header.bytes)}, more than the memory limit leaves (${mebibytes(Math.max(0, limitBytes))}): raise the limit.`,
    );
  if (packed && expandsTooFar(header.bytes, size))
    throw new InputError(
      `${file} says that it unpacks to ${mebibytes(header.bytes)} from ${mebibytes(size)}, far more than images do: unpack it yourself, if you trust it.`,
    );
}

function cutOff(file: string, dims: readonly number[]): InputError {
  return new InputError(
    `${file} is cut off: its header claims ${dims.join(' x ')} values, and it has fewer. Make or fetch it again.`,
  );
}

function parseHeader(
  file: string,
  bytes: Buffer,
  ranks: readonly number[],
): { dims: number[]; start: number; bytes: number } {
  const kind = ranks.includes(1) ? 'labels' : 'images';
  if (bytes.length < 8 || bytes[0] !== 0 || bytes[1] !== 0)
    throw new InputError(`${file} is not an IDX file of ${kind}: its first bytes are not IDX's.`);
  if (bytes[2] !== 8)
    throw new InputError(
      `${file} holds values of type 0x${bytes[2].toString(16)}; only bytes (0x8) are read.`,
    );
  const rank = bytes[3];
  if (!ranks.includes(rank))
    throw new InputError(
      `${file} has ${rank} dimensions; ${kind} have ${ranks.join(' or ')}. Are images and labels swapped?`,
    );
  if (bytes.length < 4 + 4 * rank) throw new InputError(`${file} is cut off in its header.`);
  const dims = Array.from({ length: rank }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  return { dims, start: 4 + 4 * rank, bytes: dims.reduce((a, b) => a * b, 1) };
}
