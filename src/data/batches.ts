import { Random } from '../graph/random.ts';
import { lookup } from './pixels/preprocess.ts';
import type { Batch, Split } from './types.ts';
import type { Augmentation } from '../terms/choices.ts';
import type { Preprocess } from '../terms/images.ts';

export interface BatchOptions {
  readonly batchSize: number;
  /** the split's own order, or a fresh permutation drawn from this generator */
  readonly order: 'sequential' | Random;
  readonly augmentation?: Augmentation;
  /** for the augmentation; default: `order`, if that is a generator */
  readonly random?: Random;
  /** first batch to yield: a resumed epoch goes on here, with the batches it would have had */
  readonly from?: number;
  /** leave out a last batch that isn't full */
  readonly dropLast?: boolean;
}

/** How many batches an epoch has. */
export function batchCount(size: number, batchSize: number, dropLast = false): number {
  return dropLast ? Math.floor(size / batchSize) : Math.ceil(size / batchSize);
}

/**
 * One epoch of mini-batches; the next is read while the caller works on the current one.
 *
 * All draws from the caller's generators happen in this call, before the first batch: the permutation, then one number
 * as the epoch's seed. Batch k augments from a generator of its own, made of that seed and k; per image it draws flip
 * (if on), then the shift down, then right (if on). So the generators' state at the epoch's start and k are all that
 * is needed to go on at batch k.
 */
export function batches(
  split: Split,
  preprocess: Preprocess,
  options: BatchOptions,
): AsyncGenerator<Batch, void, undefined> {
  const { batchSize, order, augmentation, from = 0, dropLast = false } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) throw new RangeError(`A batch of ${batchSize} images?`);
  const indices = Int32Array.from({ length: split.size }, (_, i) => i);
  if (order instanceof Random) order.shuffle(indices);
  const augments = augmentation !== undefined && (augmentation.flip || augmentation.shift > 0);
  const random = options.random ?? (order instanceof Random ? order : undefined);
  if (augments && !random) throw new TypeError('Augmentation needs a generator of random numbers.');
  const seed = augments ? random!.uint32() : 0;
  const table = lookup(preprocess, split.channels);
  const count = batchCount(split.size, batchSize, dropLast);

  const prepare = async (k: number): Promise<Batch> => {
    const chosen = indices.subarray(k * batchSize, Math.min((k + 1) * batchSize, split.size));
    const n = chosen.length;
    const bytes = new Uint8Array(n * split.height * split.width * split.channels);
    await split.read(chosen, bytes);
    const x = new Float32Array(bytes.length);
    if (augments) augmented(bytes, x, split, table, preprocess.bgr, augmentation, batchRandom(seed, k));
    else plain(bytes, x, split.channels, table, preprocess.bgr);
    return { n, x, y: Int32Array.from(chosen, (i) => split.labels[i]), of: chosen };
  };
  return ahead(prepare, from, count);
}

async function* ahead(
  prepare: (k: number) => Promise<Batch>,
  from: number,
  count: number,
): AsyncGenerator<Batch, void, undefined> {
  let next = from < count ? start(prepare, from) : undefined;
  for (let k = from; k < count; k++) {
    const batch = await next!;
    next = k + 1 < count ? start(prepare, k + 1) : undefined;
    yield batch;
  }
}

/** A caller that stops early never awaits the batch ahead: its error must not end the process. */
function start(prepare: (k: number) => Promise<Batch>, k: number): Promise<Batch> {
  const promise = prepare(k);
  promise.catch(() => {});
  return promise;
}

/** The generator of batch k of an epoch. */
function batchRandom(seed: number, k: number): Random {
  return new Random((seed ^ Math.imul(k + 1, 0x9e3779b1)) >>> 0);
}

type Size = { readonly height: number; readonly width: number; readonly channels: number };

function plain(
  bytes: Uint8Array,
  x: Float32Array,
  channels: number,
  table: Float32Array,
  bgr: boolean,
): void {
  if (channels === 1) {
    for (let i = 0; i < bytes.length; i++) x[i] = table[bytes[i]];
    return;
  }
  const first = bgr ? 2 : 0;
  for (let i = 0; i < bytes.length; i += 3) {
    x[i] = table[bytes[i + first]];
    x[i + 1] = table[256 + bytes[i + 1]];
    x[i + 2] = table[512 + bytes[i + 2 - first]];
  }
}

/** Shifted and mirrored on the way from bytes to floats; what comes in from outside is pixel value 0. */
function augmented(
  bytes: Uint8Array,
  x: Float32Array,
  { height, width, channels }: Size,
  table: Float32Array,
  bgr: boolean,
  { flip, shift }: Augmentation,
  random: Random,
): void {
  const size = height * width * channels;
  const row = width * channels;
  for (let start = 0; start < bytes.length; start += size) {
    const mirror = flip && random.uint32() >= 0x80000000;
    const down = shift > 0 ? random.integer(-shift, shift) : 0;
    const right = shift > 0 ? random.integer(-shift, shift) : 0;
    for (let h = 0; h < height; h++) {
      const source = h - down;
      const inside = source >= 0 && source < height;
      // output column w shows source column w - right, of the mirrored image if it is mirrored
      const low = inside ? Math.min(width, Math.max(0, right)) : width;
      const high = inside ? Math.max(low, Math.min(width, width + right)) : width;
      const to = start + h * row;
      const fromRow = start + source * row;
      const step = mirror ? -1 : 1;
      const firstColumn = mirror ? width - 1 - (low - right) : low - right;
      for (let c = 0; c < channels; c++) {
        const t = c * 256;
        const zero = table[t];
        const plane = channels === 3 && bgr ? 2 - c : c;
        for (let w = 0; w < low; w++) x[to + w * channels + c] = zero;
        let from = fromRow + firstColumn * channels + plane;
        for (let w = low; w < high; w++, from += step * channels)
          x[to + w * channels + c] = table[t + bytes[from]];
        for (let w = high; w < width; w++) x[to + w * channels + c] = zero;
      }
    }
  }
}
