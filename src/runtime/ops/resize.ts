import type * as tfc from '@tensorflow/tfjs-core';
import { samplingMatrix } from '../resampling.ts';
import type { OpContext, OpOf } from './context.ts';

/** Width, then height, each by one matrix product over all pixels, so that every engine gives the same and trains. */
export function resize(c: OpContext, op: OpOf<'resize'>): tfc.Tensor {
  const { tf } = c;
  const [n, h, w, channels] = c.inputs[0].shape;
  const [height, width] = op.size;
  const along = (x: tfc.Tensor, from: number, to: number): tfc.Tensor => {
    // [from, to]: the pixels to be mixed are the columns
    const matrix = tf.transpose(
      tf.tensor2d(samplingMatrix(from, to, op.interpolation, op.antialias), [to, from]),
    );
    return tf.reshape(tf.matMul(tf.reshape(x, [-1, from]), matrix), [...x.shape.slice(0, -1), to]);
  };
  const rows = along(tf.transpose(c.inputs[0], [0, 1, 3, 2]), w, width);
  const all = along(tf.transpose(rows, [0, 3, 2, 1]), h, height);
  return tf.reshape(tf.transpose(all, [0, 3, 1, 2]), [n, height, width, channels]);
}
