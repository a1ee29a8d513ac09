import type * as tfc from '@tensorflow/tfjs-core';
import { place } from '../../kernels/geometry.ts';
import type { ExportContext } from '../../onnx/layout.ts';
import type { OpContext, OpOf, OpRun } from '../context.ts';

export const maxPool: OpRun<'maxPool'> = {
  run: (c, op) => c.backend.kernels.maxPool(c.inputs[0] as tfc.Tensor4D, op.size, op.strides, op.padding),
  onnx: (c, op) => c.writer.node('MaxPool', [c.inputs[0].name], window(c, op)),
};

export const avgPool: OpRun<'avgPool'> = {
  run: (c, op) => c.backend.kernels.avgPool(c.inputs[0] as tfc.Tensor4D, op.size, op.strides, op.padding),
  onnx: (c, op) =>
    c.writer.node('AveragePool', [c.inputs[0].name], { ...window(c, op), count_include_pad: 0 }),
};

export const globalAvgPool: OpRun<'globalAvgPool'> = {
  run: (c, op) =>
    overPlaces(c, op.keepDims, (x, axes) =>
      x.rank === 4 ? c.backend.kernels.globalAvgPool(x as tfc.Tensor4D) : c.tf.mean(x, axes),
    ),
  onnx: (c, op) => globally(c, 'GlobalAveragePool', op.keepDims),
};

export const globalMaxPool: OpRun<'globalMaxPool'> = {
  run: (c, op) => overPlaces(c, op.keepDims, (x, axes) => c.tf.max(x, axes)),
  onnx: (c, op) => globally(c, 'GlobalMaxPool', op.keepDims),
};

function window(c: ExportContext, op: OpOf<'maxPool' | 'avgPool'>) {
  const [h, w] = c.inputs[0].shape;
  const [top, bottom, left, right] = place([h, w], op.size, op.strides, op.padding, [1, 1]).pads;
  return { kernel_shape: op.size, strides: op.strides, pads: [top, left, bottom, right] };
}

function overPlaces(
  c: OpContext,
  keepDims: boolean,
  act: (x: tfc.Tensor, axes: number[]) => tfc.Tensor,
): tfc.Tensor {
  const x = c.inputs[0];
  const [n, channels] = [x.shape[0], x.shape[x.rank - 1]];
  const axes = x.shape.map((_, i) => i).slice(1, -1);
  const y = act(x, axes);
  return keepDims ? c.tf.reshape(y, [n, ...axes.map(() => 1), channels]) : y;
}

function globally(c: ExportContext, name: string, keepDims: boolean): string {
  const pooled = c.writer.node(name, [c.inputs[0].name]);
  return keepDims ? pooled : c.writer.node('Flatten', [pooled], { axis: 1 });
}
