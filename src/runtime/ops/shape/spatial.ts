import type * as tfc from '@tensorflow/tfjs-core';
import { specOf } from '../../../graph/ops/index.ts';
import { samplingMatrix } from '../../resampling.ts';
import type { ExportContext } from '../../onnx/layout.ts';
import type { OpContext, OpOf, OpRun } from '../context.ts';

export const zeroPad: OpRun<'zeroPad'> = { run: runZeroPad, onnx: writeZeroPad };

export const crop: OpRun<'crop'> = {
  run: runCrop,
  onnx: ({ writer, inputs: [x] }, op) => {
    const [top, bottom, left, right] = op.cropping;
    const [h, w] = x.shape;
    const [from, to] = [writer.ints([top, left]), writer.ints([h - bottom, w - right])];
    return writer.node('Slice', [x.name, from, to, writer.ints([2, 3])]);
  },
};

export const upsample: OpRun<'upsample'> = {
  run: runUpsample,
  onnx: ({ writer, inputs: [x] }, op) => {
    const nearest = op.interpolation === 'nearest';
    return writer.node('Resize', [x.name, '', writer.floats([1, 1, ...op.size], [4])], {
      mode: nearest ? 'nearest' : 'linear',
      coordinate_transformation_mode: nearest ? 'asymmetric' : 'half_pixel',
      ...(nearest ? { nearest_mode: 'floor' } : {}),
    });
  },
};

export const resize: OpRun<'resize'> = {
  run: runResize,
  onnx: ({ writer, inputs: [x] }, op) => {
    // rows [H', H] x [H, W] of every channel, then columns [H', W] x [W, W']
    const [[h, w], [height, width]] = [x.shape, op.size];
    const rows = samplingMatrix(h, height, op);
    const columns = transposed(samplingMatrix(w, width, op), width, w);
    const tall = writer.node('MatMul', [writer.floats(rows, [height, h]), x.name]);
    return writer.node('MatMul', [tall, writer.floats(columns, [w, width])]);
  },
};

function runZeroPad(c: OpContext, op: OpOf<'zeroPad'>): tfc.Tensor {
  const [top, bottom, left, right] = op.padding;
  const borders: [number, number][] = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  return c.tf.pad(c.inputs[0], borders, op.value ?? 0);
}

/** Lowest float32, which no value is below. */
const LOWEST = -3.4028234663852886e38;

/**
 * ONNX Runtime's optimiser moves a padding into whatever follows it. A convolution then pads with zeros, as it should;
 * but a max pool pads with what is below everything, and an average pool leaves out what it padded. So one that may meet
 * a pool is kept apart from it, by a maximum that changes nothing and that no optimiser takes away.
 */
function writeZeroPad(c: ExportContext, op: OpOf<'zeroPad'>): string {
  const { writer } = c;
  const [top, bottom, left, right] = op.padding;
  const borders = writer.ints([0, 0, top, left, 0, 0, bottom, right]);
  const value = op.value ? [writer.scalar(op.value)] : [];
  const padded = writer.node('Pad', [c.inputs[0].name, borders, ...value]);
  const convolved =
    !op.value &&
    c.readers.every(
      ({ op: reader }) =>
        specOf(reader).params.kernel?.window && specOf(reader).params.kernel?.applied === 'output',
    );
  return convolved ? padded : writer.node('Max', [padded, writer.scalar(LOWEST)]);
}

function runCrop(c: OpContext, op: OpOf<'crop'>): tfc.Tensor {
  const [top, bottom, left, right] = op.cropping;
  const [n, h, w, channels] = c.inputs[0].shape;
  return c.tf.slice(c.inputs[0], [0, top, left, 0], [n, h - top - bottom, w - left - right, channels]);
}

/** Both forms without tfjs' resize kernels, whose gradients ignore half-pixel centres and are missing on wasm. */
function runUpsample(c: OpContext, op: OpOf<'upsample'>): tfc.Tensor {
  const { tf } = c;
  const [n, h, w, channels] = c.inputs[0].shape;
  const [sy, sx] = op.size;
  if (op.interpolation === 'nearest') {
    const columns = tf.tile(tf.reshape(c.inputs[0], [n * h * w, 1, channels]), [1, sx, 1]);
    const rows = tf.tile(tf.reshape(columns, [n * h, 1, w * sx * channels]), [1, sy, 1]);
    return tf.reshape(rows, [n, h * sy, w * sx, channels]);
  }
  const tall = tf.matMul(spread(c, h, sy, n), tf.reshape(c.inputs[0], [n, h, w * channels]));
  const wide = tf.matMul(spread(c, w, sx, n * h * sy), tf.reshape(tall, [n * h * sy, w, channels]));
  return tf.reshape(wide, [n, h * sy, w * sx, channels]);
}

/** Matrix [batch, size * factor, size] of bilinear interpolation with half-pixel centres (TensorFlow 2's resize). */
function spread(c: OpContext, size: number, factor: number, batch: number): tfc.Tensor3D {
  const rows = size * factor;
  const m = new Float32Array(rows * size);
  for (let i = 0; i < rows; i++) {
    const at = (i + 0.5) / factor - 0.5;
    const low = Math.floor(at);
    const fraction = at - low;
    m[i * size + Math.max(low, 0)] += 1 - fraction;
    m[i * size + Math.min(low + 1, size - 1)] += fraction;
  }
  return c.tf.tile(c.tf.tensor3d(m, [1, rows, size]), [batch, 1, 1]);
}

/** Width, then height, each by one matrix product over all pixels, so that every backend gives the same and trains. */
function runResize(c: OpContext, op: OpOf<'resize'>): tfc.Tensor {
  const { tf } = c;
  const [n, h, w, channels] = c.inputs[0].shape;
  const [height, width] = op.size;
  const along = (x: tfc.Tensor, from: number, to: number): tfc.Tensor => {
    // [from, to]: the pixels to be mixed are the columns
    const matrix = tf.transpose(tf.tensor2d(samplingMatrix(from, to, op), [to, from]));
    return tf.reshape(tf.matMul(tf.reshape(x, [-1, from]), matrix), [...x.shape.slice(0, -1), to]);
  };
  const rows = along(tf.transpose(c.inputs[0], [0, 1, 3, 2]), w, width);
  const all = along(tf.transpose(rows, [0, 3, 2, 1]), h, height);
  return tf.reshape(tf.transpose(all, [0, 3, 1, 2]), [n, height, width, channels]);
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return matrix.map((_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]);
}
