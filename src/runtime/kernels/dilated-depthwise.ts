import type * as tfc from '@tensorflow/tfjs-core';
import type { Pair } from '../../graph/types.ts';
import type { Tf } from '../types.ts';
import type { Convolve } from './compose.ts';
import type { Pads } from './geometry.ts';

/** Whether the backend has dilated depthwise convolutions: tried once, and only by networks that need it. */
export function dilatesDepthwise(tf: Tf, depthwise: Convolve): () => boolean {
  let known: boolean | undefined;
  return () =>
    (known ??= tf.tidy(() => {
      try {
        const y = depthwise(tf.ones([1, 5, 5, 1]), tf.ones([3, 3, 1, 1]), [1, 1], [0, 0, 0, 0], [2, 2]);
        return y.dataSync()[0] === 9;
      } catch {
        return false;
      }
    }));
}

/**
 * A dilated depthwise convolution out of plain ones: rows and columns that lie `dilation` apart become pictures of
 * their own (space to batch), each is convolved, and they are put together again. With a stride, what it leaves out is
 * computed too.
 */
export function dilatedByPhases(
  tf: Tf,
  depthwise: Convolve,
  x: tfc.Tensor4D,
  kernel: tfc.Tensor4D,
  strides: Pair,
  [top, bottom, left, right]: Pads,
  dilation: Pair,
): tfc.Tensor4D {
  const [dh, dw] = dilation;
  // all phases of one size
  const more = (size: number, d: number): number => Math.ceil(size / d) * d - size;
  const below = more(x.shape[1] + top + bottom, dh);
  const beside = more(x.shape[2] + left + right, dw);
  const phases = tf.spaceToBatchND(
    x,
    [dh, dw],
    [
      [top, bottom + below],
      [left, right + beside],
    ],
  );
  const convolved = depthwise(phases, kernel, [1, 1], [0, 0, 0, 0], [1, 1]);
  const whole: tfc.Tensor4D = tf.batchToSpaceND(
    convolved,
    [dh, dw],
    [
      [0, below],
      [0, beside],
    ],
  );
  if (strides[0] === 1 && strides[1] === 1) return whole;
  return tf.stridedSlice(whole, [0, 0, 0, 0], whole.shape, [1, ...strides, 1]) as tfc.Tensor4D;
}
