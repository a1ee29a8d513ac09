import { batches } from '../data/batches.ts';
import { InputError } from '../graph/errors.ts';
import type { RandomState } from '../graph/random.ts';
import { Random } from '../graph/random.ts';
import type { Split } from '../data/types.ts';
import type { Batch } from '../runtime/types.ts';
import type { MethodContext, MethodImages } from './types.ts';
import type { Augmentation } from '../terms/choices.ts';
import type { Preprocess } from '../terms/images.ts';
import { subset } from '../data/splits/subset.ts';

/** float32 bytes of preprocessed images that are kept rather than read again. */
const CACHE_BYTES = 256 * 2 ** 20;

/** The images of a method that can't do without. @throws InputError where none were given */
export function imagesOf(context: MethodContext, method: string): MethodImages {
  if (!context.images)
    throw new InputError(`the method ${method} learns from images: give some with --data PATH`);
  if (context.images.set.train.size === 0) throw new InputError('there are no training images');
  return context.images;
}

/**
 * The training images of an epoch in an order of its own, each epoch the same whenever it is asked for; from
 * mini-batch `from` on; with the original's answers where labels don't say all.
 * @param root a seed, or a generator's state
 */
export function epochBatches(
  { set, preprocess, teacher }: Pick<MethodImages, 'set' | 'preprocess' | 'teacher'>,
  root: number | RandomState,
  settings: {
    readonly batchSize: number;
    readonly augmentation?: Augmentation;
    /** leave out a last batch that isn't full: fine-tuning does, the methods' own training sees every image */
    readonly dropLast?: boolean;
    /** of so many of the images alone, drawn at random and the same in every epoch */
    readonly most?: number;
  },
): (epoch: number, from: number) => AsyncIterable<Batch> {
  const { most = Infinity, ...how } = settings;
  const split = most < set.train.size ? drawn(set.train, new Random(root).fork('part'), most) : set.train;
  return (epoch, from) => {
    const order = new Random(root).fork(`epoch ${epoch}`);
    const { flip = false, shift = 0 } = how.augmentation ?? {};
    const asTheyAre = flip || shift > 0 ? undefined : split;
    return answered({ teacher }, batches(split, preprocess, { ...how, order, from }), asTheyAre);
  };
}

/** Mini-batches with the original's answers, where labels don't say all. @param split that they are of, not augmented */
export function answered(
  { teacher }: Pick<MethodImages, 'teacher'>,
  images: AsyncIterable<Batch>,
  split?: Split,
): AsyncIterable<Batch> {
  return teacher ? teacher.answer(images, split) : images;
}

/** At most so many images of a split, drawn at random. */
function drawn(split: Split, random: Random, count: number): Split {
  const order = random.shuffle(Int32Array.from({ length: split.size }, (_, i) => i));
  return subset(split, order.slice(0, count));
}

/** Mini-batches of always the same images, read once where they fit into a bounded memory, answers with them. */
export class FixedBatches {
  private kept: Batch[] | null = null;
  readonly images: number;

  constructor(
    private readonly split: Split,
    private readonly preprocess: Preprocess,
    private readonly batchSize: number,
    private readonly teacher?: MethodImages['teacher'],
  ) {
    this.images = split.size;
  }

  /** At most `count` images of a split, drawn at random. @param teacher gives the original's answers, where they count */
  static draw(
    split: Split,
    preprocess: Preprocess,
    random: Random,
    count: number,
    batchSize: number,
    teacher?: MethodImages['teacher'],
  ): FixedBatches {
    return new FixedBatches(drawn(split, random, count), preprocess, batchSize, teacher);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, void> {
    if (this.kept) {
      yield* this.kept;
      return;
    }
    const { split, preprocess, batchSize } = this;
    const keep: Batch[] | null =
      split.size * split.height * split.width * split.channels * 4 <= CACHE_BYTES ? [] : null;
    const { teacher } = this;
    const all = batches(split, preprocess, { batchSize, order: 'sequential' });
    for await (const batch of answered({ teacher }, all)) {
      keep?.push(batch);
      yield batch;
    }
    this.kept = keep;
  }
}
