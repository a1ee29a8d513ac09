import type { Entry } from 'yauzl';
import { InputError } from '../../graph/errors.ts';
import { checkCount, fromArrays, type ArraySource, type ArraySplit } from './arrays.ts';
import { expandsTooFar } from '../limits.ts';
import { readNpy, type NpyHeader, type Values } from './npy.ts';
import { mebibytes, reasonOf } from '../source.ts';
import { openZip, type Zip } from './zip.ts';
import type { SplitName } from '../../terms/scores.ts';

const NAMES: Record<SplitName, readonly string[]> = {
  train: ['train'],
  validation: ['val', 'valid', 'validation'],
  test: ['test'],
};

/** Names that pictures without labels have in an .npz, where they have no splits. */
const PLAIN = ['x', 'images', 'arr_0'];

/**
 * An .npz with x_train, y_train and, if there, x_test, y_test, x_val, y_val.
 * x: [n, h, w], [n, h, w, c] or [n, c, h, w], of bytes, whole numbers of 0 .. 255, or fractions of 0 .. 1, -1 .. 1 or
 * 0 .. 255 (told apart by their range over all splits). y: [n] or [n, 1] whole numbers, or [n, k] one-hot.
 * Without any y, or where labels count for nothing: x_train and the others alone, or x.
 * @param unlabelled see Expected
 * @throws InputError
 */
export async function openNpz(
  file: string,
  limitBytes: number,
  unlabelled?: 'may' | 'asked',
): Promise<ArraySource> {
  const zip = await openZip(file);
  try {
    const entry = (name: string): Entry | undefined => zip.entries.find((e) => e.fileName === `${name}.npy`);
    const labelled = zip.entries.some((e) => /^y(_\w+)?\.npy$/.test(e.fileName));
    const without = unlabelled === 'asked' || (unlabelled === 'may' && !labelled);
    const pairs = (Object.keys(NAMES) as SplitName[]).flatMap((split): Pair[] => {
      for (const name of NAMES[split]) {
        const x = entry(`x_${name}`);
        const y = entry(`y_${name}`);
        if (without && x) return [{ split, x }];
        if (without) continue;
        if (x && y) return [{ split, x, y }];
        if (x || y || split === 'train')
          throw new InputError(
            `${file} lacks the array ${x ? 'y' : 'x'}_${name}: it needs x_train and y_train, and may have x_test and y_test.`,
          );
      }
      return [];
    });
    if (without && pairs.length === 0) pairs.push({ split: 'all', x: onlyImages(file, zip) });
    if (without && !pairs.some(({ split }) => split === 'train' || split === 'all'))
      throw new InputError(`${file} lacks the array x_train: it has images of other splits alone.`);
    const range = { low: 0, high: 0, whole: true };
    for (const { x } of pairs) await measureRange(file, zip, x, range, limitBytes);
    const { scale, offset } = toBytes(file, range);
    let left = limitBytes;
    const splits: ArraySplit[] = [];
    for (const { split, x, y } of pairs) {
      const images = await readImages(file, zip, x, scale, offset, left);
      left -= images.images.length;
      splits.push({ split, ...images, labels: y && (await readLabels(file, zip, y, images.count)) });
    }
    return fromArrays('npz', file, splits);
  } finally {
    await zip.close();
  }
}

/** Images of one split, and their labels where they have any. */
interface Pair {
  readonly split: ArraySplit['split'];
  readonly x: Entry;
  readonly y?: Entry;
}

/** The one array of an .npz without splits. */
function onlyImages(file: string, zip: Zip): Entry {
  const arrays = zip.entries.filter(({ fileName }) => fileName.endsWith('.npy'));
  const named = PLAIN.map((name) => arrays.find(({ fileName }) => fileName === `${name}.npy`)).find(Boolean);
  const found = named ?? (arrays.length === 1 ? arrays[0] : undefined);
  if (found) return found;
  throw new InputError(
    `${file} has no array x or x_train of images: it holds ${arrays.length ? arrays.map((e) => e.fileName.slice(0, -4)).join(', ') : 'no arrays'}.`,
  );
}

async function read(
  file: string,
  zip: Zip,
  entry: Entry,
  start: (header: NpyHeader) => void | false,
  values: (run: Values) => void,
): Promise<void> {
  const name = `${file}: ${entry.fileName}`;
  try {
    if (expandsTooFar(entry.uncompressedSize, entry.compressedSize))
      throw new Error(`claims ${entry.uncompressedSize} bytes from ${entry.compressedSize}`);
    const begin = (header: NpyHeader, bytes: number): void | false => {
      // before anything is allocated: the shape must be what the archive holds
      if (bytes > entry.uncompressedSize)
        throw new Error(`claims the shape (${header.shape.join(', ')}) and is shorter`);
      return start(header);
    };
    await readNpy((await zip.stream(entry)) as AsyncIterable<unknown>, begin, values);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${name} ${refused(reasonOf(error))}.`);
  }
}

function refused(reason: string): string {
  return /^(is|has|claims|not) /.test(reason)
    ? reason.replace(/^not /, 'is not ')
    : `can't be read (${reason})`;
}

interface Range {
  low: number;
  high: number;
  whole: boolean;
}

async function measureRange(
  file: string,
  zip: Zip,
  entry: Entry,
  range: Range,
  limitBytes: number,
): Promise<void> {
  const start = (header: NpyHeader): void | false => {
    imageShape(file, entry, header, limitBytes);
    if (header.type !== 'u1') return;
    // bytes are what they are; no need to look at them
    range.high = Math.max(range.high, 255);
    return false;
  };
  await read(file, zip, entry, start, (run) => {
    for (let i = 0; i < run.length; i++) {
      const v = Number(run[i]);
      if (v < range.low) range.low = v;
      if (v > range.high) range.high = v;
      if (v !== Math.round(v)) range.whole = false;
      if (Number.isNaN(v)) throw new Error('has values that are not numbers (NaN)');
    }
  });
}

function toBytes(file: string, { low, high, whole }: Range): { scale: number; offset: number } {
  if (low >= 0 && high <= 255 && (high > 1 || whole)) return { scale: 1, offset: 0 };
  if (low >= 0 && high <= 1) return { scale: 255, offset: 0 };
  if (low >= -1 && high <= 1) return { scale: 127.5, offset: 127.5 };
  throw new InputError(
    `${file}: its images have values from ${low} to ${high}, so they were normalised already; save the raw pixels (0 to 255) instead.`,
  );
}

function imageShape(
  file: string,
  entry: Entry,
  header: NpyHeader,
  limitBytes: number,
): { count: number; height: number; width: number; channels: number; first: boolean } {
  const shape = header.shape;
  const isColour = (n: number): boolean => n === 1 || n === 3 || n === 4;
  const first = shape.length === 4 && !isColour(shape[3]) && isColour(shape[1]);
  const [count, height, width, channels] = first
    ? [shape[0], shape[2], shape[3], shape[1]]
    : [shape[0], shape[1], shape[2], shape[3] ?? 1];
  if (shape.length < 3 || shape.length > 4 || !isColour(channels) || height === 0 || width === 0)
    throw new InputError(
      `${file}: ${entry.fileName} has the shape (${shape.join(', ')}); images are (n, height, width) or (n, height, width, 1 or 3).`,
    );
  checkCount(`${file}: ${entry.fileName}`, count);
  const bytes = count * height * width * channels;
  if (bytes > limitBytes)
    throw new InputError(
      `${file}: ${entry.fileName} needs ${mebibytes(bytes)} of memory, more than the limit leaves (${mebibytes(Math.max(0, limitBytes))}): raise the limit.`,
    );
  return { count, height, width, channels, first };
}

async function readImages(
  file: string,
  zip: Zip,
  entry: Entry,
  scale: number,
  offset: number,
  limitBytes: number,
): Promise<Omit<ArraySplit, 'split' | 'labels'>> {
  let shape: ReturnType<typeof imageShape> | undefined;
  let images = new Uint8Array(0);
  let at = 0;
  await read(
    file,
    zip,
    entry,
    (header) => {
      shape = imageShape(file, entry, header, limitBytes);
      images = new Uint8Array(shape.count * shape.height * shape.width * shape.channels);
    },
    (run) => {
      if (run instanceof Uint8Array && scale === 1) images.set(run, at);
      else for (let i = 0; i < run.length; i++) images[at + i] = Math.round(Number(run[i]) * scale + offset);
      at += run.length;
    },
  );
  const { count, height, width, channels, first } = shape!;
  if (first) images = channelsLast(images, count, channels, height * width);
  return { count, height, width, channels, images };
}

function channelsLast(
  images: Uint8Array<ArrayBuffer>,
  count: number,
  channels: number,
  area: number,
): Uint8Array<ArrayBuffer> {
  if (channels === 1) return images;
  const out = new Uint8Array(images.length);
  for (let n = 0; n < count; n++)
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < area; p++)
        out[(n * area + p) * channels + c] = images[(n * channels + c) * area + p];
  return out;
}

async function readLabels(file: string, zip: Zip, entry: Entry, count: number): Promise<Int32Array> {
  const name = `${file}: ${entry.fileName}`;
  let labels = new Int32Array(0);
  let width = 1;
  let at = 0;
  await read(
    file,
    zip,
    entry,
    ({ shape }) => {
      width = shape[1] ?? 1;
      if (shape.length < 1 || shape.length > 2 || width === 0 || shape[0] !== count)
        throw new InputError(
          `${name} has the shape (${shape.join(', ')}); it needs a label for each of the ${count} images: (${count}), (${count}, 1) or one-hot.`,
        );
      labels = new Int32Array(count).fill(width > 1 ? -1 : 0);
    },
    (run) => {
      for (let i = 0; i < run.length; i++, at++) {
        const v = Number(run[i]);
        if (width === 1) {
          if (!Number.isInteger(v) || v < 0 || v > 0xffff)
            throw new InputError(`${name}: label ${v} of image ${at} is out of range: labels count from 0.`);
          labels[at] = v;
        } else if (v > 0.5) {
          const row = Math.floor(at / width);
          if (labels[row] >= 0) throw new InputError(`${name}: row ${row} is not one-hot.`);
          labels[row] = at % width;
        }
      }
    },
  );
  const empty = labels.indexOf(-1);
  if (empty >= 0) throw new InputError(`${name}: row ${empty} is not one-hot.`);
  return labels;
}
