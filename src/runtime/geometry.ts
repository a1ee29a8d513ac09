import type { Pair, Padding } from '../graph/types.ts';

/** Padding before and after, and output length, along one axis of a convolution or pooling. */
export interface Window {
  readonly before: number;
  readonly after: number;
  readonly out: number;
}

/** TensorFlow's rule for one axis. `explicit` [before, after] where the padding is not by name. */
export function windowOf(
  size: number,
  kernel: number,
  stride: number,
  dilation: number,
  padding: 'same' | 'valid' | readonly [number, number],
): Window {
  const span = (kernel - 1) * dilation + 1;
  if (padding === 'valid') return { before: 0, after: 0, out: Math.floor((size - span) / stride) + 1 };
  if (padding === 'same') {
    const out = Math.ceil(size / stride);
    const total = Math.max((out - 1) * stride + span - size, 0);
    return { before: total >> 1, after: total - (total >> 1), out };
  }
  const [before, after] = padding;
  return { before, after, out: Math.floor((size + before + after - span) / stride) + 1 };
}

/** The padding of one axis: 0 is height, 1 is width. */
export function axisPadding(padding: Padding, axis: 0 | 1): 'same' | 'valid' | readonly [number, number] {
  if (typeof padding === 'string') return padding;
  return axis === 0 ? [padding[0], padding[1]] : [padding[2], padding[3]];
}

/** Both axes at once. */
export function windows(
  hw: Pair,
  kernel: Pair,
  strides: Pair,
  dilation: Pair,
  padding: Padding,
): readonly [Window, Window] {
  return [
    windowOf(hw[0], kernel[0], strides[0], dilation[0], axisPadding(padding, 0)),
    windowOf(hw[1], kernel[1], strides[1], dilation[1], axisPadding(padding, 1)),
  ];
}

/** Output length of a transposed convolution along one axis (Keras' deconv_output_length). */
export function transposedLength(
  size: number,
  kernel: number,
  stride: number,
  dilation: number,
  padding: 'same' | 'valid' | readonly [number, number],
  outputPadding?: number,
): number {
  const span = (kernel - 1) * dilation + 1;
  if (typeof padding !== 'string') return (size - 1) * stride + span - padding[0] - padding[1] + (outputPadding ?? 0);
  if (outputPadding === undefined) return size * stride + (padding === 'valid' ? Math.max(span - stride, 0) : 0);
  return (size - 1) * stride + span + outputPadding - (padding === 'same' ? 2 * (span >> 1) : 0);
}

/** Output height and width of a transposed convolution. */
export function transposedSize(
  hw: Pair,
  kernel: Pair,
  op: { strides: Pair; padding: Padding; dilation: Pair; outputPadding?: Pair },
): Pair {
  const axis = (a: 0 | 1): number =>
    transposedLength(
      hw[a],
      kernel[a],
      op.strides[a],
      op.dilation[a],
      axisPadding(op.padding, a),
      op.outputPadding?.[a],
    );
  return [axis(0), axis(1)];
}
