import type * as tfc from '@tensorflow/tfjs-core';
import type { Kernels, Tf } from '../types.ts';

/** m = mu * m + (g + decay * w); w = w - rate * m, or w - rate * (g' + mu * m) with Nesterov. */
export function momentumUpdate(tf: Tf): Kernels['momentumUpdate'] {
  return (weight, momentum, gradient, rate, mu, decay, nesterov) =>
    tf.tidy(() => {
      const g = decay === 0 ? gradient : tf.add(gradient, tf.mul(weight, decay));
      const m: tfc.Tensor = mu === 0 ? tf.clone(g) : tf.add(tf.mul(momentum, mu), g);
      momentum.assign(m);
      const step = nesterov ? tf.add(g, tf.mul(m, mu)) : m;
      weight.assign(tf.sub(weight, tf.mul(step, rate)));
    });
}
