import type * as tfc from '@tensorflow/tfjs-core';
import type { Tf } from '../types.ts';

/**
 * A grouped convolution as one convolution a group: slices of x's and the kernel's channels, joined again.
 * Differentiable where `convolve` is.
 */
export function convolveGroups(
  tf: Tf,
  x: tfc.Tensor4D,
  kernel: tfc.Tensor4D,
  groups: number,
  convolve: (x: tfc.Tensor4D, kernel: tfc.Tensor4D) => tfc.Tensor4D,
): tfc.Tensor4D {
  if (groups === 1) return convolve(x, kernel);
  const inputs: tfc.Tensor4D[] = tf.split(x, groups, 3);
  const kernels: tfc.Tensor4D[] = tf.split(kernel, groups, 3);
  return tf.concat(
    inputs.map((part, i) => convolve(part, kernels[i])),
    3,
  );
}
