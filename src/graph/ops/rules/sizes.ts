import type { Padding, Pair, Shape } from '../../types.ts';

export type Sizes = readonly number[];

/** Number of elements of a shape; 1 for []. */
export function sizeOf(shape: Sizes): number {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}

/** Output length of a convolution or pooling window along one axis. `pads` is [before, after] of explicit padding. */
export function windowLength(
  length: number,
  size: number,
  stride: number,
  dilation: number,
  padding: 'same' | 'valid' | readonly [number, number],
): number {
  const reach = (size - 1) * dilation + 1;
  if (padding === 'same') return Math.ceil(length / stride);
  const padded = padding === 'valid' ? length : length + padding[0] + padding[1];
  return Math.floor((padded - reach) / stride) + 1;
}

/** Height and width of a transposed convolution's output. */
export function transposedSize(
  [height, width]: Pair,
  kernel: Pair,
  op: {
    readonly strides: Pair;
    readonly padding: Padding;
    readonly dilation: Pair;
    readonly outputPadding?: Pair;
  },
): Pair {
  const length = (size: number, axis: 0 | 1) =>
    transposedLength(
      size,
      kernel[axis],
      op.strides[axis],
      op.dilation[axis],
      axisPadding(op.padding, axis),
      op.outputPadding?.[axis],
    );
  return [length(height, 0), length(width, 1)];
}

/** Output length of a transposed convolution along one axis (Keras' rule, with and without output padding). */
function transposedLength(
  length: number,
  size: number,
  stride: number,
  dilation: number,
  padding: 'same' | 'valid' | readonly [number, number],
  outputPadding: number | undefined,
): number {
  const reach = (size - 1) * dilation + 1;
  if (typeof padding !== 'string')
    return (length - 1) * stride + reach - padding[0] - padding[1] + (outputPadding ?? 0);
  if (outputPadding === undefined)
    return padding === 'same' ? length * stride : length * stride + Math.max(reach - stride, 0);
  const pad = padding === 'same' ? Math.floor(reach / 2) : 0;
  return (length - 1) * stride + reach - 2 * pad + outputPadding;
}

/** The padding of one spatial axis (0: height, 1: width). */
export function axisPadding(padding: Padding, axis: 0 | 1): 'same' | 'valid' | readonly [number, number] {
  if (typeof padding === 'string') return padding;
  return axis === 0 ? [padding[0], padding[1]] : [padding[2], padding[3]];
}

/** Shape that several operands broadcast to, aligned at the last axis; null where they don't. */
export function broadcastShape(shapes: readonly Shape[]): Shape | null {
  const rank = Math.max(...shapes.map((s) => s.length));
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const at = rank - shape.length + i;
      if (shape[i] === 1 || shape[i] === out[at]) continue;
      if (out[at] !== 1) return null;
      out[at] = shape[i];
    }
  }
  return out;
}
