import { createHash } from 'node:crypto';
import { InputError } from '../../graph/errors.ts';
import type { Shape } from '../pixels/decode.ts';
import { MAX_ARRAY_IMAGES } from '../limits.ts';
import type { Found, Item, Source } from '../source.ts';
import type { ImageSet } from '../types.ts';
import { enough } from './pictures.ts';

/** Images and labels of one split as whole arrays: IDX and npz. All splits of a set have labels, or none has. */
export interface ArraySplit extends Shape {
  readonly split: Item['split'];
  readonly count: number;
  /** [count, height, width, channels] */
  readonly images: Uint8Array;
  readonly labels?: Int32Array;
}

/** A source whose pixels are in memory already, all of one shape. */
export interface ArraySource extends Source {
  readonly shape: Shape;
  /** over shapes, pixels and labels: the same for .gz and plain files, for deflated and stored ones */
  readonly digest: string;
  pixels(index: number): Uint8Array;
}

const MAX_CLASSES = 65_536;

/** @throws InputError for more images than a set of arrays may have, before anything is made for each */
export function checkCount(where: string, count: number): void {
  if (!(count <= MAX_ARRAY_IMAGES))
    throw new InputError(
      `${where} says that it holds ${count.toLocaleString('en-US')} images, more than the ${MAX_ARRAY_IMAGES.toLocaleString('en-US')} that Espalier takes as arrays: make it smaller, or give a folder.`,
    );
}

/** @throws InputError where shapes, counts or labels don't fit together */
export function fromArrays(
  form: ImageSet['form'],
  where: string,
  splits: readonly ArraySplit[],
): ArraySource {
  const first = splits[0];
  const items: Item[] = [];
  /** per split the number of its first image */
  const starts: number[] = [];
  const hash = createHash('sha256');
  let highest = 0;
  for (const s of splits) {
    if (s.count === 0) throw new InputError(`${where}: the ${s.split} split is empty.`);
    if (s.labels && s.labels.length !== s.count)
      throw new InputError(
        `${where}: the ${s.split} split has ${s.count} images but ${s.labels.length} labels; they belong together one by one.`,
      );
    if (s.height !== first.height || s.width !== first.width || s.channels !== first.channels)
      throw new InputError(
        `${where}: the ${s.split} images are ${text(s)}, the ${first.split} images ${text(first)}; all must be alike.`,
      );
    const size = s.height * s.width * s.channels;
    starts.push(items.length);
    for (let i = 0; i < s.count; i++) {
      const label = s.labels?.[i] ?? 0;
      if (label < 0 || label >= MAX_CLASSES)
        throw new InputError(
          `${where}: label ${label} of ${s.split} image ${i} is out of range: labels count from 0.`,
        );
      highest = Math.max(highest, label);
      items.push({ name: `${s.split}/${i}`, split: s.split, label, bytes: size, read: () => found(s, i) });
    }
    hash.update(`${s.split} ${s.count} ${text(s)}\n`);
    hash.update(s.images);
    if (s.labels) hash.update(Int32Array.from(s.labels));
  }
  const unlabelled = splits.every((s) => s.labels === undefined);
  if (unlabelled) enough(where, items);
  const classes = unlabelled ? [] : Array.from({ length: highest + 1 }, (_, i) => String(i));
  if (!unlabelled && classes.length < 2)
    throw new InputError(`${where}: every label is 0; a network needs at least two classes to tell apart.`);
  return {
    form,
    classes,
    empty: new Map(),
    items,
    warnings: missingClasses(splits, classes.length),
    ...(unlabelled ? { unlabelled } : {}),
    heldBytes: splits.reduce((sum, s) => sum + s.images.length, 0),
    shape: { height: first.height, width: first.width, channels: first.channels },
    digest: hash.digest('hex'),
    pixels: (index) => {
      const at = starts.findLastIndex((start) => start <= index);
      return imageOf(splits[at], index - starts[at]);
    },
    close: async () => {},
  };
}

function imageOf(s: ArraySplit, i: number): Uint8Array {
  const size = s.height * s.width * s.channels;
  return s.images.subarray(i * size, (i + 1) * size);
}

async function found(s: ArraySplit, i: number): Promise<Found> {
  const { height, width, channels } = s;
  return { kind: 'pixels', data: imageOf(s, i), height, width, channels };
}

function missingClasses(splits: readonly ArraySplit[], classes: number): string[] {
  const warnings: string[] = [];
  for (const s of splits) {
    const here = new Set(s.labels);
    const missing = Array.from({ length: classes }, (_, i) => i).filter((c) => !here.has(c));
    if (missing.length)
      warnings.push(
        `The ${s.split} split has no images of class ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? `, and of ${missing.length - 5} more` : ''}.`,
      );
  }
  return warnings;
}

function text(shape: Shape): string {
  return `${shape.height} x ${shape.width} x ${shape.channels}`;
}
