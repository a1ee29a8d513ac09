import { axisPadding, transposedLength } from '../graph/shapes.ts';
import type { Pair, Padding } from '../graph/types.ts';

/** Padding of an image: what lies before and behind it, along both axes. */
export interface Pads {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

function axisPads(
  size: number,
  span: number,
  stride: number,
  padding: 'same' | 'valid' | readonly [number, number],
) {
  if (padding === 'valid') return [0, 0];
  if (padding !== 'same') return padding;
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + span - size, 0);
  return [total >> 1, total - (total >> 1)]; // TensorFlow's rule: the odd one goes behind
}

/** The padding of a convolution or pooling in numbers. */
export function padsOf(hw: Pair, kernel: Pair, strides: Pair, dilation: Pair, padding: Padding): Pads {
  const axis = (a: 0 | 1) =>
    axisPads(hw[a], (kernel[a] - 1) * dilation[a] + 1, strides[a], axisPadding(padding, a));
  const [top, bottom] = axis(0);
  const [left, right] = axis(1);
  return { top, bottom, left, right };
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
