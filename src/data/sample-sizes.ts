import type { Shape } from './pixels/decode.ts';
import { probe } from './pixels/decode.ts';
import { BrokenImages, Decoded, inParallel } from './pixels/pixels.ts';
import type { Item } from './source.ts';
import type { Split } from './types.ts';
import type { Resize } from '../terms/images.ts';
import type { SplitName } from '../terms/scores.ts';

/** What a way of resizing is chosen by: a part of the images, resized in one way or another. */
export interface Sizes {
  readonly classes: readonly string[];
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** some are larger than the network's input in a direction */
  readonly shrinks: boolean;
  /** some are of other proportions */
  readonly stretched: boolean;
  /** a part of training and of validation, resized so */
  sample(resize: Resize): { readonly train: Split; readonly validation: Split };
}

/** Images whose sizes are looked at. */
const LOOKED_AT = 256;
/** Images that are scored, at most; of training, for its mean and standard deviation. */
const SCORED = 1000;
const MEASURED = 2000;

/** Whether and how the sizes of a sample differ from the network's; undefined where none does. */
export async function otherSizes(
  items: readonly Item[],
  { height, width }: Shape,
): Promise<Pick<Sizes, 'shrinks' | 'stretched'> | undefined> {
  const step = Math.max(1, Math.floor(items.length / LOOKED_AT));
  const looked = items.filter((_, i) => i % step === 0);
  let other = false;
  let shrinks = false;
  let stretched = false;
  await inParallel(looked.length, async (i) => {
    // what can't be read is counted when it is decoded
    const size = await looked[i]
      .read()
      .then(probe, () => undefined)
      .catch(() => undefined);
    if (!size || (size.height === height && size.width === width)) return;
    other = true;
    shrinks ||= size.height > height || size.width > width;
    // a pixel more or less is no other proportion
    stretched ||= Math.abs(size.height * width - size.width * height) > Math.max(size.height, size.width);
  });
  return other ? { shrinks, stretched } : undefined;
}

/** The sample of a set, decoded as it is asked for. */
export function sampleOf(
  set: {
    readonly where: string;
    readonly items: readonly Item[];
    readonly splits: { readonly train: Int32Array; readonly validation: Int32Array };
    readonly shape: Shape;
    readonly maxBroken: number;
    readonly bytes: number;
    /** ways of resizing that validation is asked for in, at most */
    readonly ways: number;
    /** called before each image that is decoded: how many were, of how many at most; what it throws ends it */
    readonly watch: (done: number, most: number) => void;
  },
  split: (name: Exclude<SplitName, 'test'>, indices: Int32Array, decoded: Decoded) => Split,
): Sizes['sample'] {
  const { where, items, splits, shape, maxBroken, bytes } = set;
  const train = spread(splits.train, MEASURED);
  const validation = spread(splits.validation, SCORED);
  const most = train.length + set.ways * validation.length;
  let done = 0;
  // the first way is asked for twice in a row
  let last: { readonly resize: Resize; readonly decoded: Decoded } | undefined;
  return (resize) => {
    if (last?.resize !== resize) {
      const broken = new BrokenImages(where, items.length, maxBroken);
      const decoded = new Decoded(items, shape, broken, bytes, where, resize, () => set.watch(done++, most));
      last = { resize, decoded };
    }
    const { decoded } = last;
    return {
      train: split('train', train, decoded),
      validation: split('validation', validation, decoded),
    };
  };
}

/** At most so many, spread evenly. */
function spread(indices: Int32Array, most: number): Int32Array {
  if (indices.length <= most) return indices;
  return Int32Array.from({ length: most }, (_, k) => indices[Math.floor((k * indices.length) / most)]);
}
