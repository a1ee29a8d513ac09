import type * as tfc from '@tensorflow/tfjs-core';
import type { Pair } from '../../graph/types.ts';
import { InputError } from '../../graph/errors.ts';
import { transposedSize } from '../geometry.ts';
import type { OpContext, OpOf } from './context.ts';

function withBias(c: OpContext, y: tfc.Tensor): tfc.Tensor {
  const bias = c.param('bias');
  return bias ? c.backend.kernels.biasAdd(y, bias as tfc.Tensor1D) : y;
}

function kernelOf(c: OpContext): tfc.Tensor4D {
  const kernel = c.param('kernel');
  if (!kernel) throw new InputError(`layer ${c.node.layer}: a ${c.node.op.kind} without a kernel`);
  return kernel as tfc.Tensor4D;
}

export function conv2d(c: OpContext, op: OpOf<'conv2d'>): tfc.Tensor {
  const x = c.inputs[0] as tfc.Tensor4D;
  const kernel = kernelOf(c);
  // by the tensors, not by op.groups: a narrow grouped convolution has fewer groups
  const groups = x.shape[3] / kernel.shape[2];
  return withBias(c, c.backend.kernels.conv2d(x, kernel, op.strides, op.padding, op.dilation, groups));
}

export function depthwiseConv2d(c: OpContext, op: OpOf<'depthwiseConv2d'>): tfc.Tensor {
  const x = c.inputs[0] as tfc.Tensor4D;
  return withBias(c, c.backend.kernels.depthwiseConv2d(x, kernelOf(c), op.strides, op.padding, op.dilation));
}

export function conv2dTranspose(c: OpContext, op: OpOf<'conv2dTranspose'>): tfc.Tensor {
  const x = c.inputs[0] as tfc.Tensor4D;
  const kernel = kernelOf(c);
  const hw: Pair = [x.shape[1], x.shape[2]];
  const out = transposedSize(hw, [kernel.shape[0], kernel.shape[1]], op);
  const dilated = dilate(c, kernel, op.dilation);
  return withBias(c, c.backend.kernels.conv2dTranspose(x, dilated, out, op.strides, op.padding));
}

/** A dilated kernel as a larger one with zeros between, since no backend dilates transposed convolutions. */
function dilate(c: OpContext, kernel: tfc.Tensor4D, [dh, dw]: Pair): tfc.Tensor4D {
  if (dh === 1 && dw === 1) return kernel;
  const { tf } = c;
  const [kh, kw, co, ci] = kernel.shape;
  const rows = tf.pad(tf.reshape(kernel, [kh, 1, kw * co * ci]), [
    [0, 0],
    [0, dh - 1],
    [0, 0],
  ]);
  const tall = tf.slice(tf.reshape(rows, [kh * dh, kw * co * ci]), [0, 0], [(kh - 1) * dh + 1, kw * co * ci]);
  const height = tall.shape[0];
  const cols = tf.pad(tf.reshape(tall, [height, kw, 1, co * ci]), [
    [0, 0],
    [0, 0],
    [0, dw - 1],
    [0, 0],
  ]);
  const width = (kw - 1) * dw + 1;
  return tf.reshape(
    tf.slice(tf.reshape(cols, [height, kw * dw, co * ci]), [0, 0, 0], [height, width, co * ci]),
    [height, width, co, ci],
  );
}

/** kernel [in, out], on the last axis of any rank. */
export function dense(c: OpContext): tfc.Tensor {
  const { tf } = c;
  const x = c.inputs[0];
  const kernel = kernelOf(c) as tfc.Tensor as tfc.Tensor2D;
  const [fanIn, fanOut] = kernel.shape;
  if (x.rank === 2) return withBias(c, tf.matMul(x as tfc.Tensor2D, kernel));
  const rows = tf.matMul(tf.reshape(x, [-1, fanIn]) as tfc.Tensor2D, kernel);
  return withBias(c, tf.reshape(rows, [...x.shape.slice(0, -1), fanOut]));
}
