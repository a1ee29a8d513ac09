import type * as tfc from '@tensorflow/tfjs-core';
import { axisOf } from '../../onnx/layout.ts';
import type { OpContext, OpRun } from '../context.ts';

export const softmax: OpRun<'softmax'> = {
  run: (c, { axis }) => alongLast(c, axis, (x) => c.tf.softmax(x)),
  onnx: ({ writer, inputs: [x] }, op) =>
    writer.node('Softmax', [x.name], { axis: axisOf(x.shape.length, op.axis) }),
};

export const logSoftmax: OpRun<'logSoftmax'> = {
  run: (c, { axis }) => alongLast(c, axis, (x) => c.tf.logSoftmax(x)),
  onnx: ({ writer, inputs: [x] }, op) =>
    writer.node('LogSoftmax', [x.name], { axis: axisOf(x.shape.length, op.axis) }),
};

/** What acts on the last axis, over one per-sample axis. */
function alongLast(c: OpContext, own: number, act: (x: tfc.Tensor) => tfc.Tensor): tfc.Tensor {
  const { tf } = c;
  const x = c.inputs[0];
  const axis = own < 0 ? x.rank + own : own + 1;
  if (axis === x.rank - 1) return act(x);
  const perm = x.shape.map((_, i) => i);
  [perm[axis], perm[x.rank - 1]] = [perm[x.rank - 1], perm[axis]];
  return tf.transpose(act(tf.transpose(x, perm)), perm);
}
