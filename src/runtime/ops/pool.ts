import type * as tfc from '@tensorflow/tfjs-core';
import type { OpContext, OpOf } from './context.ts';

export function pool(c: OpContext, op: OpOf<'maxPool' | 'avgPool'>): tfc.Tensor {
  const { kernels } = c.backend;
  const x = c.inputs[0] as tfc.Tensor4D;
  return op.kind === 'maxPool'
    ? kernels.maxPool(x, op.size, op.strides, op.padding)
    : kernels.avgPool(x, op.size, op.strides, op.padding);
}

export function globalPool(c: OpContext, op: OpOf<'globalAvgPool' | 'globalMaxPool'>): tfc.Tensor {
  const { tf } = c;
  const x = c.inputs[0];
  const [n, channels] = [x.shape[0], x.shape[x.rank - 1]];
  const axes = x.shape.map((_, i) => i).slice(1, -1);
  let y: tfc.Tensor;
  if (op.kind === 'globalMaxPool') y = tf.max(x, axes);
  else y = x.rank === 4 ? c.backend.kernels.globalAvgPool(x as tfc.Tensor4D) : tf.mean(x, axes);
  return op.keepDims ? tf.reshape(y, [n, ...axes.map(() => 1), channels]) : y;
}

export function reduce(c: OpContext, op: OpOf<'reduce'>): tfc.Tensor {
  const axes = op.axes.map((a) => a + 1);
  return c.tf[op.how](c.inputs[0], axes, op.keepDims);
}
