import { InputError } from '../../graph/errors.ts';
import { Random } from '../../graph/random.ts';

/** Positions by class, each in ascending order. */
function byClass(indices: ArrayLike<number>, labels: ArrayLike<number>): Map<number, number[]> {
  const result = new Map<number, number[]>();
  for (let k = 0; k < indices.length; k++) {
    const label = labels[indices[k]];
    const list = result.get(label);
    if (list) list.push(indices[k]);
    else result.set(label, [indices[k]]);
  }
  return new Map([...result].sort(([a], [b]) => a - b));
}

/**
 * Takes `total` of `indices`, the same share of every class (largest remainders first, ties to the lower class), at
 * random within the class. Both parts come back in the order of `indices`.
 */
export function carve(
  indices: ArrayLike<number>,
  labels: ArrayLike<number>,
  total: number,
  random: Random,
): { taken: number[]; rest: number[] } {
  const classes = byClass(indices, labels);
  const quotas = shares(
    [...classes.values()].map((list) => list.length),
    total,
  );
  const taken = new Set<number>();
  let c = 0;
  for (const list of classes.values()) {
    for (const index of random.shuffle([...list]).slice(0, quotas[c])) taken.add(index);
    c++;
  }
  const all = Array.from(indices);
  return { taken: all.filter((i) => taken.has(i)), rest: all.filter((i) => !taken.has(i)) };
}

/** Whole numbers in proportion to `sizes` that sum to `total` (largest remainder, Hamilton's method). */
export function shares(sizes: readonly number[], total: number): number[] {
  const sum = sizes.reduce((a, b) => a + b, 0);
  const want = Math.min(total, sum);
  const exact = sizes.map((size) => (size / sum) * want);
  const result = exact.map(Math.floor);
  const order = sizes.map((_, i) => i).sort((a, b) => exact[b] - result[b] - (exact[a] - result[a]) || a - b);
  let left = want - result.reduce((a, b) => a + b, 0);
  for (const i of order) if (left-- > 0) result[i]++;
  return result;
}

export interface Partition {
  train: Int32Array;
  validation: Int32Array;
  test?: Int32Array;
}

export interface PartitionOptions {
  /** share of the training images, when the set has no validation split */
  validationShare: number;
  /** or their number */
  validationImages?: number;
  seed: number;
  /** carve a test split where the set has none */
  carveTest: boolean;
  /** most images a split */
  limit?: number;
}

/**
 * Which images are for what. A split that the set has is taken as it is. A missing validation split is carved from
 * training, class by class, by the seed. A missing test split is carved first (the validation share of all), and
 * always by the same seed: what one run kept for its end, another must not train on.
 * Training and validation come in a seeded random order, so that any first part is a fair sample; test in its own.
 */
export function partition(
  splits: ArrayLike<string>,
  labels: Int32Array,
  options: PartitionOptions,
): Partition {
  const given = (name: string): number[] => {
    const list: number[] = [];
    for (let i = 0; i < splits.length; i++) if (splits[i] === name) list.push(i);
    return list;
  };
  let train = [...given('train'), ...given('all')];
  let validation = given('validation');
  let test = given('test');
  if (test.length === 0 && options.carveTest) {
    const parts = carve(train, labels, Math.round(train.length * TEST_SHARE), new Random(0).fork('test'));
    test = parts.taken;
    train = parts.rest;
  }
  const random = new Random(options.seed);
  const forValidation = random.fork('validation');
  if (validation.length === 0) {
    const wanted = options.validationImages ?? Math.round(train.length * options.validationShare);
    if (wanted >= train.length)
      throw new InputError(
        `A validation split of ${wanted} images leaves none of the ${train.length} to train on: ask for fewer.`,
      );
    const parts = carve(train, labels, Math.max(1, wanted), forValidation);
    validation = parts.taken;
    train = parts.rest;
  }
  const pick = random.fork('limit');
  const limited = (list: number[]): number[] =>
    options.limit === undefined || list.length <= options.limit
      ? list
      : carve(list, labels, options.limit, pick).taken;
  train = random.fork('train').shuffle(limited(train));
  validation = random.fork('order').shuffle(limited(validation));
  test = limited(test);
  return {
    train: Int32Array.from(train),
    validation: Int32Array.from(validation),
    ...(test.length ? { test: Int32Array.from(test) } : {}),
  };
}

const TEST_SHARE = 0.1;
