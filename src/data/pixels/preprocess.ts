import { InputError } from '../../graph/errors.ts';
import type { Split } from '../types.ts';
import type { Preprocess } from '../../terms/images.ts';

const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];

/** From pixel values of mean and std, both in units of 0 .. 255. */
function normalise(name: string, mean: readonly number[], std: readonly number[], bgr = false): Preprocess {
  return { name, scale: std.map((s) => 1 / s), offset: mean.map((m, c) => -m / std[c]), bgr };
}

/** The named ones that need no data. One value where all channels are alike. */
export const PREPROCESSES: Readonly<Record<string, Preprocess>> = {
  /** x / 255 */
  unit: { name: 'unit', scale: [1 / 255], offset: [0], bgr: false },
  /** x / 127.5 - 1 (Keras: MobileNet, Inception, Xception) */
  signed: { name: 'signed', scale: [1 / 127.5], offset: [-1], bgr: false },
  /** 0 .. 255 as it is (Keras: EfficientNet, and networks with a Rescaling layer) */
  raw: { name: 'raw', scale: [1], offset: [0], bgr: false },
  /** x / 255, less ImageNet's mean, by its std (PyTorch; Keras: DenseNet) */
  imagenet: normalise(
    'imagenet',
    MEAN.map((m) => m * 255),
    STD.map((s) => s * 255),
  ),
  /** BGR less ImageNet's mean (Keras: VGG, ResNet) */
  caffe: normalise('caffe', [103.939, 116.779, 123.68], [1, 1, 1], true),
};

const NAMES = [...Object.keys(PREPROCESSES), 'standardise', 'auto'];
const SYNTAX = `${NAMES.join(', ')}, or numbers in units of 0 to 255: mean=125.3,123,113.9,std=63,62.1,66.7 or scale=0.0078,offset=-1 (add ",bgr" for BGR)`;

/**
 * Reads the option. `standardise` needs the training split (`standardise`) and `auto` a network (`findPreprocess`).
 * Custom: `mean=` and `std=`, y = (x - mean) / std, or `scale=` and `offset=`, y = x * scale + offset; one number, or
 * one a channel (in BGR order with `bgr`). A mean and std that are all at most 1 are in units of 0 .. 1, as PyTorch
 * writes them.
 * @throws InputError
 */
export function parsePreprocess(text: string): Preprocess | 'standardise' | 'auto' {
  const word = text.trim().toLowerCase();
  if (Object.hasOwn(PREPROCESSES, word)) return PREPROCESSES[word];
  if (word === 'standardise' || word === 'standardize') return 'standardise';
  if (word === 'auto') return 'auto';
  if (!word.includes('='))
    throw new InputError(`No preprocessing is called "${text}": it is one of ${SYNTAX}.`);
  const fields = new Map<string, number[]>();
  let bgr = false;
  let last: number[] | undefined;
  for (const part of word.split(/[,\s]+/)) {
    const match = /^(?:(mean|std|scale|offset)=)?([-+\d.e]+)$/.exec(part);
    const value = match && match[2] !== '' ? Number(match[2]) : NaN;
    if (part === 'bgr') {
      bgr = true;
      continue;
    }
    if (match?.[1]) {
      if (fields.has(match[1])) throw new InputError(`Preprocessing "${text}" gives ${match[1]} twice.`);
      fields.set(match[1], (last = []));
    }
    if (!Number.isFinite(value) || !last)
      throw new InputError(`Preprocessing "${text}": "${part}" is not understood; it is one of ${SYNTAX}.`);
    last.push(value);
  }
  const standard = fields.has('mean') || fields.has('std');
  if (standard === (fields.has('scale') || fields.has('offset')))
    throw new InputError(`Preprocessing "${text}" mixes mean and std with scale and offset: give one pair.`);
  const [a, b] = standard
    ? [fields.get('mean') ?? [0], fields.get('std') ?? [1]]
    : [fields.get('offset') ?? [0], fields.get('scale') ?? [1]];
  const n = Math.max(a.length, b.length);
  if ([a, b].some((list) => list.length !== 1 && list.length !== n) || (n !== 1 && n !== 3))
    throw new InputError(
      `Preprocessing "${text}" has ${a.length} and ${b.length} numbers: give 1 or 3 of each.`,
    );
  const at = (list: number[]): number[] =>
    Array.from({ length: n }, (_, c) => list[list.length === 1 ? 0 : c]);
  let [first, second] = [at(a), at(b)];
  if (second.some((s) => s === 0))
    throw new InputError(`Preprocessing "${text}": ${standard ? 'std' : 'scale'} must not be 0.`);
  if (!standard) return { name: 'custom', scale: second, offset: first, bgr };
  if (fields.has('std') && [...first, ...second].every((v) => Math.abs(v) <= 1)) {
    first = first.map((v) => v * 255);
    second = second.map((v) => v * 255);
  }
  return normalise('custom', first, second, bgr);
}

/**
 * 256 floats a channel: what pixel value v of output channel c becomes, at [c * 256 + v].
 * @throws InputError where the preprocessing is for another number of channels
 */
export function lookup({ name, scale, offset, bgr }: Preprocess, channels: number): Float32Array {
  for (const list of [scale, offset])
    if (list.length !== 1 && list.length !== channels)
      throw new InputError(
        `The preprocessing ${name} is for ${list.length} channels, and the images have ${channels}.`,
      );
  if (bgr && channels !== 3)
    throw new InputError(
      `The preprocessing ${name} swaps red and blue, and the images have ${channels} channel.`,
    );
  const table = new Float32Array(channels * 256);
  for (let c = 0; c < channels; c++) {
    const s = scale[scale.length === 1 ? 0 : c];
    const o = offset[offset.length === 1 ? 0 : c];
    for (let v = 0; v < 256; v++) table[c * 256 + v] = v * s + o;
  }
  return table;
}

/** Whether the preprocessing can be used on images of so many channels. */
export function suits({ scale, offset, bgr }: Preprocess, channels: number): boolean {
  const fits = (list: readonly number[]): boolean => list.length === 1 || list.length === channels;
  return fits(scale) && fits(offset) && (!bgr || channels === 3);
}

/**
 * Mean and standard deviation of every channel over a split, in units of 0 .. 255. Exact: sums of whole numbers.
 * @param most images at most, from the front (training comes in random order)
 */
export async function measure(
  split: Split,
  most = 20_000,
): Promise<{ mean: number[]; std: number[]; images: number }> {
  const { channels } = split;
  const images = Math.min(split.size, most);
  const size = split.height * split.width * channels;
  const chunk = Math.max(1, Math.min(256, Math.floor((16 << 20) / size)));
  const counts = new Float64Array(channels * 256);
  const bytes = new Uint8Array(chunk * size);
  for (let start = 0; start < images; start += chunk) {
    const n = Math.min(chunk, images - start);
    await split.read(
      Int32Array.from({ length: n }, (_, k) => start + k),
      bytes,
    );
    for (let i = 0; i < n * size; i += channels)
      for (let c = 0; c < channels; c++) counts[c * 256 + bytes[i + c]]++;
  }
  const mean: number[] = [];
  const std: number[] = [];
  for (let c = 0; c < channels; c++) {
    let n = 0;
    let sum = 0;
    let squares = 0;
    for (let v = 0; v < 256; v++) {
      const count = counts[c * 256 + v];
      n += count;
      sum += count * v;
      squares += count * v * v;
    }
    mean.push(sum / n);
    std.push(Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2)));
  }
  return { mean, std, images };
}

/** y = (x - mean) / std with this training set's own mean and std a channel. */
export async function standardise(train: Split): Promise<Preprocess> {
  const { mean, std } = await measure(train);
  // a channel that never changes carries nothing; it only must not become infinite
  return normalise(
    'standardise',
    mean,
    std.map((s) => (s > 0 ? s : 1)),
  );
}
