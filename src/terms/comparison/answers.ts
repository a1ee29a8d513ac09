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
  if (!one?.right || !other?.right || one.images !== other.images) return null;
  const [first, second] = [one.right, other.right].map(bytesOf);
  if (first.length !== second.length) return null;
  let [b, c] = [0, 0];
  for (let i = 0; i < first.length; i++) {
    const [x, y] = [first[i], second[i]];
    b += ones(x & ~y);
    c += ones(y & ~x);
  }
  const n = one.images;
  const variance = (b + c - (b - c) ** 2 / n) / n ** 2;
  return { points: (100 * (b - c)) / n, error: 100 * Z * Math.sqrt(variance), images: n };
}

function ones(byte: number): number {
  let count = 0;
  for (let rest = byte & 255; rest; rest &= rest - 1) count++;
  return count;
}
