import { axisPadding, windowLength } from '../../graph/shapes.ts';
import type { Pair, Padding } from '../../graph/types.ts';

export type Pads = readonly [top: number, bottom: number, left: number, right: number];

/** Where a sliding window goes: the size of its output and the explicit padding it needs. */
export interface Placement {
  readonly out: Pair;
  readonly pads: Pads;
}

/** TensorFlow's rules: `same` gives ceil(in / stride) with the odd line of padding at the bottom and the right. */
export function place(input: Pair, kernel: Pair, strides: Pair, padding: Padding, dilation: Pair): Placement {
  const axis = (i: 0 | 1): [number, number, number] => {
    const own = axisPadding(padding, i);
    const out = windowLength(input[i], kernel[i], strides[i], dilation[i], own);
    if (own !== 'same') return own === 'valid' ? [out, 0, 0] : [out, ...own];
    const extent = (kernel[i] - 1) * dilation[i] + 1;
    const total = Math.max((out - 1) * strides[i] + extent - input[i], 0);
    return [out, Math.floor(total / 2), Math.ceil(total / 2)];
  };
  const [height, top, bottom] = axis(0);
  const [width, left, right] = axis(1);
  return { out: [height, width], pads: [top, bottom, left, right] };
}
