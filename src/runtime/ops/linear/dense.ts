import type * as tfc from '@tensorflow/tfjs-core';
import { biasOf, reorder } from '../../onnx/constants.ts';
import { kernelOf, withBias } from '../context.ts';
import type { ExportContext } from '../../onnx/layout.ts';
import type { OpContext, OpRun } from '../context.ts';

export const dense: OpRun<'dense'> = { run: runDense, onnx: writeDense };

/** kernel [in, out], on the last axis of any rank. */
function runDense(c: OpContext): tfc.Tensor {
  const { tf } = c;
  const x = c.inputs[0];
  const kernel = kernelOf(c) as tfc.Tensor as tfc.Tensor2D;
  const [fanIn, fanOut] = kernel.shape;
  if (x.rank === 2) return withBias(c, tf.matMul(x as tfc.Tensor2D, kernel));
  const rows = tf.matMul(tf.reshape(x, [-1, fanIn]) as tfc.Tensor2D, kernel);
  return withBias(c, tf.reshape(rows, [...x.shape.slice(0, -1), fanOut]));
}

/** On the last axis: a matrix product, or, for images, a convolution of one pixel. */
function writeDense(c: ExportContext): string {
  const { values, shape } = c.param('kernel')!;
  const [fanIn, fanOut] = shape;
  const x = c.inputs[0];
  const { writer } = c;
  if (x.shape.length === 3) {
    const kernel = writer.floats(reorder(values, [1, 1, fanIn, fanOut], [3, 2, 0, 1]), [fanOut, fanIn, 1, 1]);
    return writer.node('Conv', [x.name, kernel, ...biasOf(c)], { kernel_shape: [1, 1] });
  }
  const kernel = writer.floats(values, shape);
  if (x.shape.length === 1) return writer.node('Gemm', [x.name, kernel, ...biasOf(c)]);
  const product = writer.node('MatMul', [x.name, kernel]);
  const [b] = biasOf(c);
  return b ? writer.node('Add', [product, b]) : product;
}
