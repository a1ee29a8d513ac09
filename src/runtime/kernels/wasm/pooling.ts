import type * as tfc from '@tensorflow/tfjs-core';
import type { Pair, Padding } from '../../../graph/types.ts';
import type { Tf } from '../../types.ts';
import { place } from '../geometry.ts';

/** Gradients of pooling in plain loops, since the backend's own are wrong. */

type T4 = tfc.Tensor4D;

/** One window: the pixels of the picture that it sees, and the index of its output's first channel. */
type Visit = (image: number, rows: Pair, columns: Pair, output: number) => void;

function forEachWindow(x: T4, size: Pair, strides: Pair, padding: Padding, visit: Visit): void {
  const [n, height, width, channels] = x.shape;
  const { out, pads } = place([height, width], size, strides, padding, [1, 1]);
  let output = 0;
  for (let image = 0; image < n; image++)
    for (let row = 0; row < out[0]; row++) {
      const top = row * strides[0] - pads[0];
      const rows: Pair = [Math.max(0, top), Math.min(height, top + size[0])];
      for (let column = 0; column < out[1]; column++, output += channels) {
        const left = column * strides[1] - pads[2];
        visit(image, rows, [Math.max(0, left), Math.min(width, left + size[1])], output);
      }
    }
}

/**
 * The first largest pixel of a window gets all of its gradient, as in TensorFlow. (The backend's own loses it where
 * the largest value is not above zero.)
 */
export function maxPoolGradient(tf: Tf, x: T4, dy: T4, size: Pair, strides: Pair, padding: Padding): T4 {
  const [, height, width, channels] = x.shape;
  const values = x.dataSync<'float32'>();
  const gradients = dy.dataSync<'float32'>();
  const result = new Float32Array(values.length);
  const largest = new Float32Array(channels);
  const where = new Int32Array(channels);
  forEachWindow(x, size, strides, padding, (image, rows, columns, output) => {
    largest.fill(-Infinity);
    where.fill(-1);
    for (let y = rows[0]; y < rows[1]; y++)
      for (let x = columns[0]; x < columns[1]; x++) {
        const pixel = ((image * height + y) * width + x) * channels;
        for (let c = 0; c < channels; c++)
          if (values[pixel + c] > largest[c]) {
            largest[c] = values[pixel + c];
            where[c] = pixel + c;
          }
      }
    for (let c = 0; c < channels; c++) if (where[c] >= 0) result[where[c]] += gradients[output + c];
  });
  return tf.tensor4d(result, x.shape);
}

/** Shared equally by the window's pixels that are in the picture. (The backend's own counts those outside too.) */
export function avgPoolGradient(tf: Tf, x: T4, dy: T4, size: Pair, strides: Pair, padding: Padding): T4 {
  const [, height, width, channels] = x.shape;
  const gradients = dy.dataSync<'float32'>();
  const result = new Float32Array(x.size);
  forEachWindow(x, size, strides, padding, (image, rows, columns, output) => {
    const share = 1 / ((rows[1] - rows[0]) * (columns[1] - columns[0]));
    for (let y = rows[0]; y < rows[1]; y++)
      for (let x = columns[0]; x < columns[1]; x++) {
        const pixel = ((image * height + y) * width + x) * channels;
        for (let c = 0; c < channels; c++) result[pixel + c] += gradients[output + c] * share;
      }
  });
  return tf.tensor4d(result, x.shape);
}
