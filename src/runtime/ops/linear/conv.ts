import type * as tfc from '@tensorflow/tfjs-core';
import type { Pair } from '../../../graph/types.ts';
import { transposedSize } from '../../../graph/shapes.ts';
import { place } from '../../kernels/geometry.ts';
import { biasOf, reorder } from '../../onnx/constants.ts';
import { kernelOf, withBias } from '../context.ts';
import type { ExportContext } from '../../onnx/layout.ts';
import type { OpContext, OpOf, OpRun } from '../context.ts';

export const conv2d: OpRun<'conv2d'> = { run: runConv2d, onnx: writeConv2d };

export const depthwiseConv2d: OpRun<'depthwiseConv2d'> = { run: runDepthwise, onnx: writeDepthwise };

export const conv2dTranspose: OpRun<'conv2dTranspose'> = { run: runTransposed, onnx: writeTransposed };

function runConv2d(c: OpContext, op: OpOf<'conv2d'>): tfc.Tensor {
  const x = c.inputs[0] as tfc.Tensor4D;
  const kernel = kernelOf(c);
  // by the tensors, not by op.groups: a narrow grouped convolution has fewer groups
  const groups = x.shape[3] / kernel.shape[2];
  return withBias(c, c.backend.kernels.conv2d(x, kernel, op.strides, op.padding, op.dilation, groups));
}

function writeConv2d(c: ExportContext, op: OpOf<'conv2d'>): string {
  const { values, shape } = c.param('kernel')!;
  const [kh, kw, cin, cout] = shape;
  const kernel = c.writer.floats(reorder(values, shape, [3, 2, 0, 1]), [cout, cin, kh, kw]);
  const group = c.inputs[0].shape[2] / cin;
  return c.writer.node('Conv', [c.inputs[0].name, kernel, ...biasOf(c)], {
    ...window(c, [kh, kw], op),
    group,
  });
}

function runDepthwise(c: OpContext, op: OpOf<'depthwiseConv2d'>): tfc.Tensor {
  const x = c.inputs[0] as tfc.Tensor4D;
  return withBias(c, c.backend.kernels.depthwiseConv2d(x, kernelOf(c), op.strides, op.padding, op.dilation));
}

function writeDepthwise(c: ExportContext, op: OpOf<'depthwiseConv2d'>): string {
  const { values, shape } = c.param('kernel')!;
  const [kh, kw, cin, multiplier] = shape;
  const kernel = c.writer.floats(reorder(values, shape, [2, 3, 0, 1]), [cin * multiplier, 1, kh, kw]);
  return c.writer.node('Conv', [c.inputs[0].name, kernel, ...biasOf(c)], {
    ...window(c, [kh, kw], op),
    group: cin,
  });
}

function window(c: ExportContext, kernel: Pair, op: OpOf<'conv2d' | 'depthwiseConv2d'>) {
  const [h, w] = c.inputs[0].shape;
  const [top, bottom, left, right] = place([h, w], kernel, op.strides, op.padding, op.dilation).pads;
  return {
    kernel_shape: kernel,
    strides: op.strides,
    dilations: op.dilation,
    pads: [top, left, bottom, right],
  };
}

function runTransposed(c: OpContext, op: OpOf<'conv2dTranspose'>): tfc.Tensor {
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

function writeTransposed(c: ExportContext, op: OpOf<'conv2dTranspose'>): string {
  const { values, shape } = c.param('kernel')!;
  const [kh, kw, cout, cin] = shape;
  const [h, w] = c.inputs[0].shape;
  const out = transposedSize([h, w], [kh, kw], op);
  const axis = (a: 0 | 1): { before: number; after: number; extra: number } => {
    const full = ([h, w][a] - 1) * op.strides[a] + (shape[a] - 1) * op.dilation[a] + 1;
    const total = Math.max(full - out[a], 0);
    const before = typeof op.padding === 'string' ? total >> 1 : op.padding[2 * a];
    // what was cut behind and then padded again cancels out
    const after = Math.max(full - before - out[a], 0);
    return { before, after, extra: out[a] - (full - before - after) };
  };
  const [y, x] = [axis(0), axis(1)];
  const kernel = c.writer.floats(reorder(values, shape, [3, 2, 0, 1]), [cin, cout, kh, kw]);
  return c.writer.node('ConvTranspose', [c.inputs[0].name, kernel, ...biasOf(c)], {
    kernel_shape: [kh, kw],
    strides: op.strides,
    dilations: op.dilation,
    pads: [y.before, x.before, y.after, x.after],
    output_padding: [y.extra, x.extra],
  });
}
