import type * as tfc from '@tensorflow/tfjs-core';
import type { Pair, Padding } from '../../../graph/types.ts';
import type { Kernels, Tf } from '../../types.ts';
import { channelMeans, channelSums } from '../compose.ts';
import { momentumUpdate } from '../momentum.ts';
import { averageOfReal } from '../pooling.ts';
import { wasmConvolutions } from './convolutions.ts';
import { fixGather, fixMatMul } from './fixed.ts';
import { avgPoolGradient, maxPoolGradient } from './pooling.ts';

type T = tfc.Tensor;
type T4 = tfc.Tensor4D;
type Save = tfc.GradSaveFunc;
type Custom = Parameters<Tf['customGrad']>[0];

/**
 * The same on TensorFlow.js' WebAssembly backend, which has no training kernels of its own worth the name: they are
 * composed of those that XNNPACK computes, with gradients written by hand.
 */
export function wasmKernels(tf: Tf): Kernels {
  fixMatMul(tf);
  fixGather(tf);

  const relu = tf.customGrad(((x: T, save: Save) => {
    const y = tf.relu(x);
    save([y]);
    return { value: y, gradFunc: (dy: T, [y]: T[]) => tf.mul(dy, tf.step(y)) };
  }) as Custom) as (x: T) => T;

  const relu6 = tf.customGrad(((x: T, save: Save) => {
    const y = tf.relu6(x);
    save([y]);
    // y (6 - y) is above zero where 0 < y < 6.
    return { value: y, gradFunc: (dy: T, [y]: T[]) => tf.mul(dy, tf.step(tf.mul(y, tf.sub(6, y)))) };
  }) as Custom) as (x: T) => T;

  const biasAdd = tf.customGrad(((x: T, bias: T) => ({
    value: tf.add(x, bias),
    gradFunc: (dy: T) => [dy, channelSums(tf, dy)],
  })) as Custom) as (x: T, bias: T) => T;

  /** x * scale + offset a channel, in one pass: XNNPACK has a kernel for it, which is reached by a 1x1 convolution. */
  const affine = (x: T, scale: T, offset: T): T => {
    const channels = scale.shape[0];
    const image = tf.reshape(x, [1, x.size / channels, 1, channels]) as T4;
    const filter = tf.reshape(scale, [1, 1, channels, 1]) as T4;
    const y = tf.fused.depthwiseConv2d({ x: image, filter, strides: 1, pad: 'valid', bias: offset });
    return tf.reshape(y, x.shape);
  };

  function batchNorm(x: T, gamma: tfc.Tensor1D, beta: tfc.Tensor1D, epsilon: number) {
    const count = x.size / gamma.shape[0];
    let mean!: tfc.Tensor1D;
    let variance!: tfc.Tensor1D;
    const run = tf.customGrad(((x: T, gamma: T, beta: T, save: Save) => {
      mean = tf.keep(channelMeans(tf, x));
      const centred = tf.sub(x, mean);
      variance = tf.keep(channelMeans(tf, tf.mul(centred, centred)));
      const inverse = tf.rsqrt(tf.add(variance, epsilon));
      const y = affine(centred, tf.mul(gamma, inverse), beta);
      save([centred, gamma, inverse]);
      return {
        value: y,
        gradFunc: (dy: T, saved: T[]) => {
          const [centred, gamma, inverse] = saved;
          const dBeta = channelSums(tf, dy);
          const dGamma = tf.mul(channelSums(tf, tf.mul(dy, centred)), inverse);
          // dx = scale * (dy - mean(dy) - hat * mean(dy * hat)), as a sum of two affine maps.
          const scale = tf.mul(gamma, inverse);
          const slope = tf.neg(tf.mul(tf.mul(scale, inverse), tf.div(dGamma, count)));
          const offset = tf.neg(tf.mul(scale, tf.div(dBeta, count)));
          const dx = tf.add(tf.mul(dy, scale), affine(centred, slope, offset));
          return [dx, dGamma, dBeta];
        },
      };
    }) as Custom);
    const y = run(x, gamma, beta) as T;
    return { y, mean, variance };
  }

  const crossEntropy = tf.customGrad(((logits: T, targets: T, save: Save) => {
    const shifted = tf.sub(logits, tf.max(logits, 1, true));
    const sums = tf.sum(tf.exp(shifted), 1, true);
    const logs = tf.sub(shifted, tf.log(sums));
    save([tf.sub(tf.exp(logs), targets)]);
    return {
      value: tf.mean(tf.neg(tf.sum(tf.mul(targets, logs), 1))),
      gradFunc: (dy: T, [difference]: T[]) => [
        tf.mul(difference, tf.div(dy, difference.shape[0])),
        tf.zeros(difference.shape), // the targets are data
      ],
    };
  }) as Custom);

  const pool =
    (forward: 'maxPool' | 'avgPool', backward: typeof maxPoolGradient) =>
    (x: T4, size: Pair, strides: Pair, padding: Padding): T4 =>
      tf.customGrad(((x: T4, save: Save) => {
        save([x]);
        return {
          value: tf[forward](
            x,
            [...size],
            [...strides],
            typeof padding === 'string' ? padding : explicit(padding),
          ),
          gradFunc: (dy: T, [x]: T[]) => backward(tf, x as T4, dy as T4, size, strides, padding),
        };
      }) as Custom)(x) as T4;
  const avgPool = pool('avgPool', avgPoolGradient);

  return {
    ...wasmConvolutions(tf),
    biasAdd,
    relu,
    relu6,
    batchNorm,
    maxPool: pool('maxPool', maxPoolGradient),
    avgPool(x, size, strides, padding) {
      if (typeof padding === 'string') return avgPool(x, size, strides, padding);
      return averageOfReal(tf, x, padding, (x) => avgPool(x, size, strides, 'valid'));
    },
    globalAvgPool: globalAverage(tf),
    softmaxCrossEntropy: (logits, targets) => crossEntropy(logits, targets) as tfc.Scalar,
    momentumUpdate: momentumUpdate(tf),
    liveTensors: () => (tf.backend() as tfc.KernelBackend).numDataIds(),
  };
}

function explicit([top, bottom, left, right]: readonly number[]): tfc.backend_util.ExplicitPadding {
  return [[0, 0], [top, bottom], [left, right], [0, 0]]; // prettier-ignore
}

function globalAverage(tf: Tf): Kernels['globalAvgPool'] {
  const run = tf.customGrad(((x: T4) => {
    const [n, h, w, c] = x.shape;
    return {
      value: tf.reshape(tf.avgPool(x, [h, w], 1, 'valid'), [n, c]),
      // A product with ones is much faster than tf.tile.
      gradFunc: (dy: T) => tf.mul(tf.reshape(tf.div(dy, h * w), [n, 1, 1, c]), tf.ones([1, h, w, 1])),
    };
  }) as Custom);
  return (x) => run(x) as tfc.Tensor2D;
}
