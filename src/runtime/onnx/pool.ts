import type { OpOf } from '../ops/context.ts';
import { padsOf } from '../geometry.ts';
import type { ExportContext } from './layout.ts';

export function pool(c: ExportContext, op: OpOf<'maxPool' | 'avgPool'>): string {
  const [h, w] = c.inputs[0].shape;
  const { top, bottom, left, right } = padsOf([h, w], op.size, op.strides, [1, 1], op.padding);
  const window = { kernel_shape: op.size, strides: op.strides, pads: [top, left, bottom, right] };
  return op.kind === 'maxPool'
    ? c.writer.node('MaxPool', [c.inputs[0].name], window)
    : c.writer.node('AveragePool', [c.inputs[0].name], { ...window, count_include_pad: 0 });
}

export function globalPool(c: ExportContext, op: OpOf<'globalAvgPool' | 'globalMaxPool'>): string {
  const pooled = c.writer.node(op.kind === 'globalAvgPool' ? 'GlobalAveragePool' : 'GlobalMaxPool', [
    c.inputs[0].name,
  ]);
  return op.keepDims ? pooled : c.writer.node('Flatten', [pooled], { axis: 1 });
}

/** Lowest float32, which no value is below. */
const LOWEST = -3.4028234663852886e38;

/**
 * ONNX Runtime's optimiser moves a padding into whatever follows it. A convolution then pads with zeros, as it should;
 * but a max pool pads with what is below everything, and an average pool leaves out what it padded. So one that may meet
 * a pool is kept apart from it, by a maximum that changes nothing and that no optimiser takes away.
 */
export function zeroPad(c: ExportContext, op: OpOf<'zeroPad'>): string {
  const { writer } = c;
  const [top, bottom, left, right] = op.padding;
  const borders = writer.ints([0, 0, top, left, 0, 0, bottom, right]);
  const value = op.value ? [writer.scalar(op.value)] : [];
  const padded = writer.node('Pad', [c.inputs[0].name, borders, ...value]);
  const convolved =
    !op.value && c.readers.every(({ op: { kind } }) => kind === 'conv2d' || kind === 'depthwiseConv2d');
  return convolved ? padded : writer.node('Max', [padded, writer.scalar(LOWEST)]);
}
