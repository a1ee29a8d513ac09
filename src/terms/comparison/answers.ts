import type { Score } from '../scores.ts';
import { bytesOf, text } from './base64.ts';

/** Which images a network got right, in the order of the split, as Score.right holds them: one bit each, base64. */
export function packed(right: readonly boolean[]): string {
  const bytes = new Uint8Array(Math.ceil(right.length / 8));
  right.forEach((is, i) => {
    if (is) bytes[i >> 3] |= 1 << (i & 7);
  });
  return text(bytes);
}

/** How two networks differ on the same images. */
export interface Difference {
  /** by how many points of accuracy the first is better */
  readonly points: number;
  /** half of the 95 % interval, in points */
  readonly error: number;
  /** images */
  readonly images: number;
}

/** Standard errors that hold 95 % of a normal distribution. */
const Z = 1.96;

/**
 * The difference of two accuracies on the same images and its error: only images that one gets right and the other
 * wrong say anything (McNemar 1947). For b of them against c of n the difference is (b - c) / n, its variance
 * (b + c - (b - c)^2 / n) / n^2 (Agresti, Categorical Data Analysis, section 11.1).
 * @returns null where it is not recorded which images they got right, or they saw others
 */
export function difference(one: Score | undefined, other: Score | undefined): Difference | null {
  return differenceFromMix(one, [other, other], 0);
}

/**
 * The same from a mix of two networks: of every image, the second's answer counts by this share and the first's by the
 * rest, as an accuracy on the line between theirs does.
 * @param share 0 to 1
 */
export function differenceFromMix(
  one: Score | undefined,
  [first, second]: readonly [Score | undefined, Score | undefined],
  share: number,
): Difference | null {
  const scores = [one, first, second];
  const images = one?.images ?? 0;
  const answers = scores.flatMap((score) =>
    score?.right && score.images === images ? [bytesOf(score.right)] : [],
  );
  const [own, low, high] = answers;
  if (answers.length < scores.length || low.length !== own.length || high.length !== own.length) return null;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < images; i++) {
    const apart = bit(own, i) - (1 - share) * bit(low, i) - share * bit(high, i);
    sum += apart;
    squares += apart * apart;
  }
  const variance = (squares - sum ** 2 / images) / images ** 2;
  return { points: (100 * sum) / images, error: 100 * Z * Math.sqrt(Math.max(0, variance)), images };
}

const bit = (bytes: Uint8Array, i: number): number => (bytes[i >> 3] >> (i & 7)) & 1;
