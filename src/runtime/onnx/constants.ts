import { asImage } from '../../graph/ops/rules/layout.ts';
import { OURS } from './layout.ts';
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

/** The bias as a further input of a convolution or product, where there is one. */
export function biasOf(c: ExportContext): string[] {
  const param = c.param('bias');
  return param ? [c.writer.floats(param.values, param.shape)] : [];
}

/** A constant with one axis a per-sample axis, laid out as the values are. */
export function constantLike(c: ExportContext, values: Float32Array, shape: readonly number[]): string {
  if (!asImage(shape)) return c.writer.floats(values, shape);
  const moved = reorder(values, [1, ...shape], [0, ...OURS.map((axis) => axis + 1)]);
  return c.writer.floats(
    moved,
    OURS.map((axis) => shape[axis]),
  );
}

/** Per channel, or by one number. */
export function scaleAndShift(c: ExportContext, scale: ArrayLike<number>, shift: ArrayLike<number>): string {
  const scaled = c.writer.node('Mul', [c.inputs[0].name, vector(c, scale)]);
  return c.writer.node('Add', [scaled, vector(c, shift)]);
}

/** One number a channel, or one for all. */
export function vector(c: ExportContext, values: ArrayLike<number>): string {
  return c.writer.floats(
    Float32Array.from(values),
    asImage(c.shape) && values.length > 1 ? [values.length, 1, 1] : [values.length],
  );
}
