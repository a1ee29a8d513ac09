import type * as tfc from '@tensorflow/tfjs-core';
import { InputError } from '../../graph/errors.ts';
import type { OpContext, OpOf } from './context.ts';

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export function flatten(c: OpContext): tfc.Tensor {
  const x = c.inputs[0];
  return c.tf.reshape(x, [x.shape[0], product(x.shape.slice(1))]);
}

/** Where the value is narrower than when the graph was read, the target's last axis (the channels) follows it. */
export function reshape(c: OpContext, op: OpOf<'reshape'>): tfc.Tensor {
  const x = c.inputs[0];
  const size = product(x.shape.slice(1));
  const target = [...op.target];
  if (product(target) !== size) {
    const rest = product(target.slice(0, -1));
    if (size % rest !== 0)
      throw new InputError(
        `layer ${c.node.layer}: ${size} values can't be reshaped to [${op.target.join(', ')}]`,
      );
    target[target.length - 1] = size / rest;
  }
  return c.tf.reshape(x, [x.shape[0], ...target]);
}

export function permute(c: OpContext, op: OpOf<'permute'>): tfc.Tensor {
  return c.tf.transpose(c.inputs[0], [0, ...op.perm.map((a) => a + 1)]);
}

export function zeroPad(c: OpContext, op: OpOf<'zeroPad'>): tfc.Tensor {
  const [top, bottom, left, right] = op.padding;
  const borders: [number, number][] = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  return c.tf.pad(c.inputs[0], borders, op.value ?? 0);
}

export function crop(c: OpContext, op: OpOf<'crop'>): tfc.Tensor {
  const [top, bottom, left, right] = op.cropping;
  const [n, h, w, channels] = c.inputs[0].shape;
  return c.tf.slice(c.inputs[0], [0, top, left, 0], [n, h - top - bottom, w - left - right, channels]);
}

/** Both forms without tfjs' resize kernels, whose gradients ignore half-pixel centres and are missing on wasm. */
export function upsample(c: OpContext, op: OpOf<'upsample'>): tfc.Tensor {
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

export function dropout(c: OpContext): tfc.Tensor {
  const mask = c.mode.training ? c.mode.dropoutMasks?.get(c.node.id) : undefined;
  return mask ? c.tf.mul(c.inputs[0], mask) : c.tf.clone(c.inputs[0]);
}
