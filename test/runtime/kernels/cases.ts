import type { Pair, Padding } from '../../../src/graph/types.ts';

export interface ConvolutionCase {
  input: [number, number, number, number];
  kernel: Pair;
  out: number;
  strides: Pair;
  padding: Padding;
  dilation: Pair;
  groups: number;
}

const base: ConvolutionCase = {
  input: [2, 7, 6, 4],
  kernel: [3, 3],
  out: 6,
  strides: [1, 1],
  padding: 'same',
  dilation: [1, 1],
  groups: 1,
};

/** Odd sizes, every padding, strides 1 to 3, dilations, groups: each in company, not all combinations. */
export const convolutions: ConvolutionCase[] = [
  base,
  { ...base, padding: 'valid' },
  { ...base, padding: [2, 0, 1, 3] },
  { ...base, strides: [2, 2] },
  { ...base, strides: [2, 2], padding: 'valid' },
  { ...base, strides: [2, 2], padding: [1, 1, 1, 1] },
  { ...base, input: [1, 8, 8, 3], strides: [2, 2], padding: [0, 1, 0, 1] },
  { ...base, strides: [3, 3], padding: 'valid' },
  { ...base, strides: [3, 2], padding: [1, 2, 0, 1] },
  { ...base, kernel: [1, 1] },
  { ...base, kernel: [1, 1], strides: [2, 2] },
  { ...base, kernel: [1, 1], strides: [2, 2], padding: 'valid' },
  { ...base, kernel: [1, 1], strides: [3, 2], padding: [1, 0, 0, 1] },
  { ...base, kernel: [1, 1], strides: [2, 2], dilation: [3, 2] },
  { ...base, input: [1, 3, 8, 1], kernel: [1, 1], strides: [3, 1], dilation: [3, 3], padding: 'valid' },
  // oneDNN's gradients of these once wrote beyond their memory with AVX-512
  { ...base, input: [3, 8, 14, 4], kernel: [1, 1], out: 5, strides: [2, 2] },
  { ...base, input: [3, 14, 6, 4], kernel: [1, 1], out: 4, strides: [2, 2], padding: 'valid', groups: 2 },
  { ...base, kernel: [2, 5] },
  { ...base, kernel: [5, 2], strides: [2, 3], padding: 'valid' },
  { ...base, dilation: [2, 2] },
  { ...base, dilation: [2, 1], padding: 'valid' },
  { ...base, dilation: [2, 3], padding: [2, 1, 3, 3] },
  { ...base, strides: [2, 2], dilation: [2, 2], padding: 'same' },
  { ...base, input: [2, 13, 11, 3], strides: [2, 2], dilation: [3, 2], padding: [2, 1, 0, 3] },
  { ...base, input: [2, 9, 7, 3], kernel: [3, 1], dilation: [4, 4] },
  { ...base, groups: 2 },
  { ...base, groups: 2, strides: [2, 2], padding: 'valid' },
  { ...base, groups: 2, padding: [1, 1, 0, 2] },
  { ...base, groups: 2, dilation: [2, 2] },
  { ...base, groups: 4, out: 8 },
  { ...base, groups: 4, out: 4, strides: [2, 2], padding: [1, 1, 1, 1] },
  { ...base, kernel: [7, 6], padding: 'valid' },
  { ...base, kernel: [3, 3], padding: [3, 3, 3, 3] },
  { ...base, input: [3, 1, 1, 2], kernel: [3, 3] },
];

export function name(c: ConvolutionCase): string {
  const padding = typeof c.padding === 'string' ? c.padding : `pads ${c.padding.join(',')}`;
  const extra = [
    c.dilation.some((d) => d > 1) && `dilation ${c.dilation.join('x')}`,
    c.groups > 1 && `${c.groups} groups`,
  ];
  return [
    `${c.input.join('x')}`,
    `kernel ${c.kernel.join('x')}`,
    `stride ${c.strides.join('x')}`,
    padding,
    ...extra,
  ]
    .filter(Boolean)
    .join(', ');
}
