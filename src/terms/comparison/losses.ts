import type { Score } from '../scores.ts';
import { bytesOf, text } from './base64.ts';

/** The loss of each image, in the order of the split, as Score.losses holds them: 32-bit floats, base64. */
export function packedLosses(losses: readonly number[]): string {
  return text(new Uint8Array(Float32Array.from(losses).buffer));
}

/** How two networks' mean losses differ on the same images. */
export interface LossDifference {
  /** by how much the first's is higher */
  readonly mean: number;
  /** its standard error: the spread of the images' differences over the square root of their number */
  readonly error: number;
}

/** @returns null where single losses are not recorded, are of other images, or of one image alone */
export function lossDifference(one: Score, other: Score): LossDifference | null {
  const [first, second] = [lossesOf(one), lossesOf(other)];
  const n = first?.length ?? 0;
  if (!first || !second || n < 2 || second.length !== n) return null;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += (first[i] - second[i]) / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (first[i] - second[i] - mean) ** 2;
  return { mean, error: Math.sqrt(squares / (n - 1) / n) };
}

function lossesOf({ losses, images }: Score): Float32Array | null {
  if (losses === undefined) return null;
  const bytes = bytesOf(losses);
  return bytes.length === 4 * images ? new Float32Array(bytes.buffer) : null;
}
