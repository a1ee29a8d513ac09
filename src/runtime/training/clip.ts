import type * as tfc from '@tensorflow/tfjs-core';
import type { Backend } from '../types.ts';

/**
 * Gradients scaled down together so that their common L2 norm is at most `most` (Pascanu et al. 2013, algorithm 1);
 * as they are where it is smaller. Inside a tidy.
 */
export function clipByGlobalNorm<T extends Readonly<Record<string, tfc.Tensor | null>>>(
  { tf }: Backend,
  gradients: T,
  most: number,
): T {
  const present = Object.values(gradients).filter((gradient) => gradient !== null);
  if (present.length === 0) return gradients;
  const norm = Math.sqrt(tf.addN(present.map((gradient) => tf.sum(tf.square(gradient)))).dataSync()[0]);
  if (!(norm > most)) return gradients;
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [name, gradient && tf.mul(gradient, most / norm)]),
  ) as T;
}
