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
