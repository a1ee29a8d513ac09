import * as z from 'zod';
import { InputError, Interrupted } from '../graph/errors.ts';
import type { ArraySource } from './sources/arrays.ts';
import { toRecord, type Recorded } from './classes.ts';
import { probe, type Resizing, type Shape } from './pixels/decode.ts';
import { digestFiles } from './digest.ts';
import type { Expected } from './sources/find-splits.ts';
import { openSource } from './sources/forms.ts';
import { mostWays, type FoundResize } from './find-resize.ts';
import { lostClasses, numbered } from './sources/numbered.ts';
import { PixelCache } from './pixels/pixel-cache.ts';
import { BrokenImages, Decoded, inParallel } from './pixels/pixels.ts';
import { splitOf, type Reader } from './splits/ready-split.ts';
import { COMMONEST } from './pixels/resize.ts';
import { otherSizes, sampleOf, type Sizes } from './sample-sizes.ts';
import { byCodePoint, mebibytes, reasonOf, type Item, type Source } from './source.ts';
import { partition, type Partition } from './splits/split.ts';
import type { ImageSet, Split } from './types.ts';
import type { SplitName } from '../terms/scores.ts';

const Numbers = z.object({
  height: z.int().min(1).max(8192).optional(),
  width: z.int().min(1).max(8192).optional(),
  channels: z.union([z.literal(1), z.literal(3)]).optional(),
  validationShare: z.number().gt(0).lt(1).default(0.1),
  validationImages: z.int().min(1).optional(),
  seed: z.int().default(0),
  carveTest: z.boolean().default(true),
  memoryLimitMB: z.number().positive().default(1024),
  maxBroken: z.number().min(0).max(1).default(0.01),
  limit: z.int().min(1).optional(),
});

export interface OpenOptions extends z.input<typeof Numbers> {
  /** a folder outside any repository, where decoded images may be kept for the next time (under images/) */
  cache?: string;
  /** of the network that they are for: its classes number the set's */
  expected?: Expected;
  /** the order of the classes, from an earlier time */
  recorded?: Recorded;
  /**
   * how images of another size are resized (default: the commonest way), or who decides it, asked only where a sample
   * of them has other sizes
   */
  resize?: Resizing | ((sizes: Sizes) => Promise<FoundResize>);
  /** called with how many images were found so far, where a folder has many */
  onListed?: (images: number) => void;
  onProgress?: (done: number, total: number) => void;
  /** told how many images were read to find out how they are resized, of how many at most */
  onTried?: (done: number, most: number) => void;
  signal?: AbortSignal;
}

/**
 * Opens an image set: a folder of class folders, with or without train, val and test above; a .zip or
 * .tar(.gz) of one, or one archive a split; a folder of IDX files; an .npz; images without classes of any of these forms,
 * where `expected` lets them be taken.
 *
 * Options: `height`, `width`, `channels`: what the network takes (default: the most common size, and grey only if all
 * of a sample are). `validationShare` (0.1) of training, or `validationImages`, where the set has no validation split,
 * by `seed`. `carveTest` (true): carve a test split where there is none (see `partition`). `memoryLimitMB` (1024): what
 * decoded images may take; more are decoded each time they are read. `maxBroken` (0.01): the share of images that may
 * be broken. `limit`: images a split, class-balanced. `resize`: how images of another size are resized.
 *
 * Where the images fit the memory, all are decoded here, and broken ones are left out of their split. Otherwise they
 * come to light in `read`, and the next image of the class stands in.
 * @throws InputError, Interrupted
 */
export async function openImages(where: string, options: OpenOptions = {}): Promise<ImageSet> {
  const { cache, resize, onListed, onProgress, onTried, signal, expected, recorded, ...rest } = options;
  const parsed = Numbers.safeParse(rest);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new InputError(`The image option ${issue.path.join('.')} is wrong: ${issue.message}.`);
  }
  const numbers = parsed.data;
  const limitBytes = numbers.memoryLimitMB * 1024 * 1024;
  const source = await openSource(where, limitBytes, signal, expected, onListed);
  try {
    const more = { cache, resize, onProgress, onTried, signal, expected, recorded };
    return await openFrom(source, where, numbers, limitBytes, more);
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function openFrom(
  found: Source | ArraySource,
  where: string,
  numbers: z.output<typeof Numbers>,
  limitBytes: number,
  {
    cache,
    resize,
    onProgress,
    onTried,
    signal,
    expected,
    recorded,
  }: Omit<OpenOptions, keyof z.input<typeof Numbers> | 'onListed'>,
): Promise<ImageSet> {
  const { maxBroken } = numbers;
  const { source, numbering } = await numbered(found, where, { expected, recorded, maxBroken, signal });
  if (numbering.problem) throw new InputError(numbering.problem);
  const arrays = 'pixels' in source ? source : undefined;
  const all = arrays
    ? { digest: arrays.digest, stamp: arrays.digest, contents: true, held: source.items }
    : await digestFiles(source.items, Math.min(limitBytes / 4, limitBytes - source.heldBytes));
  signalled(signal);
  // by the folders' own numbers, so that a split doesn't depend on the network
  const labels = Int32Array.from(source.items, (item) => item.label);
  const parts = partition(
    source.items.map((item) => item.split),
    labels,
    numbers,
  );
  const { items, splits, used } = compact(all.held, parts);
  const shape = await chooseShape(items, numbers, arrays?.shape, where);
  const broken = new BrokenImages(where, items.length, maxBroken);
  const imageBytes = shape.height * shape.width * shape.channels;
  const direct = arrays && sameShape(arrays.shape, shape);

  const tell = throttled(onTried);
  let read: Reader;
  let resized: ImageSet['resized'];
  const bad = new Set<number>();
  if (direct) {
    read = async (indices, out) =>
      indices.forEach((index, k) => out.set(arrays.pixels(used[index]), k * imageBytes));
  } else {
    const room = Math.max(0, limitBytes - source.heldBytes);
    const fits = items.length * imageBytes <= room;
    // what was held for the digest is let go with this list, unless the source holds it anyway
    const readers = fits ? items : compact(source.items, parts).items;
    const other = fits && typeof resize !== 'function' ? undefined : await otherSizes(items, shape);
    const chosen = await decideResize(resize, other, (sizes) => ({
      ...sizes,
      ...shape,
      classes: numbering.classes,
      sample: sampleOf(
        {
          ...{ where, items: readers, splits, shape, maxBroken, bytes: room / 4, ways: mostWays(sizes) },
          watch: (done, most) => {
            signalled(signal);
            tell(done, most);
          },
        },
        (name, indices, from) =>
          splitOf(name, indices, items, numbering, shape, (i, out, among) => from.read(i, out, among)),
      ),
    }));
    const decoded = new Decoded(readers, shape, broken, room, where, chosen.by);
    if (fits) {
      const kept =
        all.contents && !arrays ? PixelCache.of(cache, all.digest, items, shape, chosen.by) : undefined;
      for (const index of await decodeAll(decoded, items, broken, kept, onProgress, signal)) bad.add(index);
    } else if (room < imageBytes)
      throw new InputError(
        `One image needs ${mebibytes(imageBytes)} and the memory limit leaves ${mebibytes(room)}: raise the limit.`,
      );
    read = (indices, out, among) => decoded.read(indices, out, among);
    if (decoded.resized || (!fits && other)) resized = chosen;
  }

  const lost: string[] = [];
  const make = (name: SplitName, indices: Int32Array): Split => {
    const good = bad.size ? indices.filter((i) => !bad.has(i)) : indices;
    lost.push(...lostClasses(name, source, items, indices, good));
    if (good.length === 0) throw new InputError(`${where}: the ${name} split has no images left.`);
    return splitOf(name, good, items, numbering, shape, read);
  };
  return {
    path: where,
    form: source.form,
    classes: numbering.classes,
    classesFrom: numbering.from,
    recordedClasses: toRecord(source, numbering),
    ...(source.unlabelled ? { unlabelled: true as const } : {}),
    ...shape,
    digest: all.digest,
    stamp: all.stamp,
    train: make('train', splits.train),
    validation: make('validation', splits.validation),
    ...(splits.test ? { test: make('test', splits.test) } : {}),
    ...(resized ? { resized } : {}),
    broken: broken.list,
    warnings: [...source.warnings, ...numbering.warnings, ...lost],
    close: () => source.close(),
  };
}

/** As asked, or as is found where a sample has other sizes. */
async function decideResize(
  asked: OpenOptions['resize'],
  other: Pick<Sizes, 'shrinks' | 'stretched'> | undefined,
  sizes: (other: Pick<Sizes, 'shrinks' | 'stretched'>) => Sizes,
): Promise<NonNullable<ImageSet['resized']>> {
  if (typeof asked !== 'function') return { by: asked ?? COMMONEST, why: 'as asked' };
  return other ? await asked(sizes(other)) : { by: COMMONEST, why: 'the commonest way' };
}

/** Only the images that some split uses, renumbered; `used` are their numbers from before. */
function compact(
  items: readonly Item[],
  parts: Partition,
): { items: Item[]; splits: Partition; used: Int32Array } {
  const lists = [parts.train, parts.validation, parts.test ?? new Int32Array(0)];
  const used = new Int32Array(lists.reduce((sum, list) => sum + list.length, 0));
  lists.reduce((at, list) => (used.set(list, at), at + list.length), 0);
  used.sort();
  const position = new Map<number, number>();
  used.forEach((index, k) => position.set(index, k));
  const renumber = (list: Int32Array): Int32Array => list.map((index) => position.get(index)!);
  return {
    used,
    items: Array.from(used, (index) => items[index]),
    splits: {
      train: renumber(parts.train),
      validation: renumber(parts.validation),
      ...(parts.test ? { test: renumber(parts.test) } : {}),
    },
  };
}

function sameShape(a: Shape, b: Shape): boolean {
  return a.height === b.height && a.width === b.width && a.channels === b.channels;
}

/** What was asked for, and for the rest the most common size of an even sample (ties: the larger). */
async function chooseShape(
  items: readonly Item[],
  asked: { height?: number; width?: number; channels?: 1 | 3 },
  known: Shape | undefined,
  where: string,
): Promise<Shape> {
  const { height, width, channels } = asked;
  if (height && width && channels) return { height, width, channels };
  if (known)
    return {
      height: height ?? known.height,
      width: width ?? known.width,
      channels: channels ?? (known.channels === 1 ? 1 : 3),
    };
  const SAMPLE = 256;
  const step = Math.max(1, Math.floor(items.length / SAMPLE));
  const sample = items.filter((_, i) => i % step === 0);
  const sizes = new Map<string, { height: number; width: number; count: number }>();
  let grey = true;
  // several are read at once, in whatever order they end
  let first = { index: Infinity, reason: '' };
  await inParallel(sample.length, async (i) => {
    try {
      const shape = await probe(await sample[i].read());
      const key = `${shape.height} ${shape.width}`;
      const entry = sizes.get(key) ?? { height: shape.height, width: shape.width, count: 0 };
      entry.count++;
      sizes.set(key, entry);
      if (shape.channels !== 1) grey = false;
    } catch (error) {
      if (i < first.index) first = { index: i, reason: `${sample[i].name}: ${reasonOf(error)}` };
    }
  });
  const best = [...sizes.values()].sort(
    (a, b) => b.count - a.count || b.height * b.width - a.height * a.width || b.height - a.height,
  )[0];
  if (!best)
    throw new InputError(`${where}: none of ${sample.length} images can be decoded (${first.reason}).`);
  return { height: height ?? best.height, width: width ?? best.width, channels: channels ?? (grey ? 1 : 3) };
}

/** Time between two words on how far it is, ms, where 512 images take longer. */
const TELL_EVERY = 100;

/** As seldom as people read, and always at the end. */
function throttled(tell?: (done: number, total: number) => void): (done: number, total: number) => void {
  let told = -Infinity;
  return (done, total) => {
    const now = performance.now();
    if (done < total && done % 512 !== 0 && now - told < TELL_EVERY) return;
    told = now;
    tell?.(done, total);
  };
}

/** @returns the broken ones */
async function decodeAll(
  decoded: Decoded,
  items: readonly Item[],
  broken: BrokenImages,
  kept: PixelCache | undefined,
  onProgress?: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<number[]> {
  const known = await kept?.load(decoded.memory);
  if (known) {
    for (const { index, reason } of known.broken) broken.add(items[index].name, reason);
    decoded.resized = known.resized;
    onProgress?.(items.length, items.length);
    return known.broken.map((b) => b.index);
  }
  const bad: number[] = [];
  const tell = throttled(onProgress);
  let done = 0;
  await inParallel(items.length, async (i) => {
    signalled(signal);
    if (!(await decoded.fetch(i))) bad.push(i);
    tell(++done, items.length);
  });
  bad.sort((a, b) => a - b);
  // several are decoded at once, so they come to light in any order
  broken.list.sort((a, b) => byCodePoint(a.file, b.file));
  const reasons = new Map(broken.list.map((b) => [b.file, b.reason]));
  await kept?.save(decoded.memory, {
    broken: bad.map((index) => ({ index, reason: reasons.get(items[index].name) ?? 'broken' })),
    resized: decoded.resized,
  });
  return bad;
}

function signalled(signal?: AbortSignal): void {
  if (signal?.aborted) throw new Interrupted();
}
