import type { OpOf } from '../ops/context.ts';
import { padsOf, transposedSize } from '../geometry.ts';
import type { Pair } from '../../graph/types.ts';
import type { ExportContext } from './layout.ts';

/** Rearranges a kernel: value at [a, b, c, d] of `shape` goes to where `order` names the axes. */
export function reorder(
  values: Float32Array,
  shape: readonly number[],
  order: readonly number[],
): Float32Array {
  const strides = [shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1];
  const [d0, d1, d2, d3] = order.map((a) => shape[a]);
  const [s0, s1, s2, s3] = order.map((a) => strides[a]);
  const out = new Float32Array(values.length);
  let at = 0;
  for (let i = 0; i < d0; i++)
    for (let j = 0; j < d1; j++)
      for (let k = 0; k < d2; k++)
        for (let l = 0; l < d3; l++) out[at++] = values[i * s0 + j * s1 + k * s2 + l * s3];
  return out;
}

function bias(c: ExportContext): string[] {
  const param = c.param('bias');
  return param ? [c.writer.floats(param.values, param.shape)] : [];
}

function window(c: ExportContext, kernel: Pair, op: OpOf<'conv2d' | 'depthwiseConv2d'>) {
  const [h, w] = c.inputs[0].shape;
  const { top, bottom, left, right } = padsOf([h, w], kernel, op.strides, op.dilation, op.padding);
  return {
    kernel_shape: kernel,
    strides: op.strides,
    dilations: op.dilation,
    pads: [top, left, bottom, right],
  };
}

export function conv2d(c: ExportContext, op: OpOf<'conv2d'>): string {
  const { values, shape } = c.param('kernel')!;
  const [kh, kw, cin, cout] = shape;
  const kernel = c.writer.floats(reorder(values, shape, [3, 2, 0, 1]), [cout, cin, kh, kw]);
  const group = c.inputs[0].shape[2] / cin;
  return c.writer.node('Conv', [c.inputs[0].name, kernel, ...bias(c)], { ...window(c, [kh, kw], op), group });
}

export function depthwise(c: ExportContext, op: OpOf<'depthwiseConv2d'>): string {
  const { values, shape } = c.param('kernel')!;
  const [kh, kw, cin, multiplier] = shape;
  const kernel = c.writer.floats(reorder(values, shape, [2, 3, 0, 1]), [cin * multiplier, 1, kh, kw]);
  return c.writer.node('Conv', [c.inputs[0].name, kernel, ...bias(c)], {
    ...window(c, [kh, kw], op),
    group: cin,
  });
}

export function conv2dTranspose(c: ExportContext, op: OpOf<'conv2dTranspose'>): string {
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
  return c.writer.node('ConvTranspose', [c.inputs[0].name, kernel, ...bias(c)], {
    kernel_shape: [kh, kw],
    strides: op.strides,
    dilations: op.dilation,
    pads: [y.before, x.before, y.after, x.after],
    output_padding: [y.extra, x.extra],
  });
}

/** On the last axis: a matrix product, or, for images, a convolution of one pixel. */
export function dense(c: ExportContext): string {
  const { values, shape } = c.param('kernel')!;
  const [fanIn, fanOut] = shape;
  const x = c.inputs[0];
  const { writer } = c;
  if (x.shape.length === 3) {
    const kernel = writer.floats(reorder(values, [1, 1, fanIn, fanOut], [3, 2, 0, 1]), [fanOut, fanIn, 1, 1]);
    return writer.node('Conv', [x.name, kernel, ...bias(c)], { kernel_shape: [1, 1] });
  }
  const kernel = writer.floats(values, shape);
  if (x.shape.length === 1) return writer.node('Gemm', [x.name, kernel, ...bias(c)]);
  const product = writer.node('MatMul', [x.name, kernel]);
  const [b] = bias(c);
  return b ? writer.node('Add', [product, b]) : product;
}
