import type * as tfc from '@tensorflow/tfjs-core';
import type { Tf } from '../types.ts';
import type { Pads } from './geometry.ts';

type T4 = tfc.Tensor4D;

/**
 * Average pooling with explicit padding, which no backend has: the mean over the window's pixels that are in the
 * picture, as with 'same'.
 */
export function averageOfReal(
  tf: Tf,
  x: T4,
  [top, bottom, left, right]: Pads,
  average: (padded: T4) => T4,
): T4 {
  const pad = (image: T4): T4 => tf.pad(image, [[0, 0], [top, bottom], [left, right], [0, 0]]); // prettier-ignore
  const share = tf.tidy(() => average(pad(tf.ones<tfc.Rank.R4>([1, x.shape[1], x.shape[2], 1]))));
  return tf.div(average(pad(x)), share);
}
