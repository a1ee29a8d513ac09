import type * as tfc from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node/dist/nodejs_kernel_backend';
import type { Pair, Padding } from '../../../graph/types.ts';
import type { Kernels, Tf } from '../../types.ts';
import { tensorflowConvolutions } from './convolutions.ts';
import { place } from '../geometry.ts';
import { momentumUpdate } from '../momentum.ts';
import { averageOfReal } from '../pooling.ts';
import { graphCompiler } from './graph.ts';
import { eagerOps } from './ops.ts';
import type { Attribute } from './ops.ts';

type T = tfc.Tensor;
type T4 = tfc.Tensor4D;
type Save = tfc.GradSaveFunc;
type Custom = Parameters<Tf['customGrad']>[0];

/** TensorFlow's own kernels, called by name (C API eager execution), with their gradients. */
export function tensorflowKernels(tf: Tf, backend: NodeJSKernelBackend): Kernels {
  const graphs = graphCompiler(tf, backend);
  const ops = eagerOps(tf, backend);
  const { one, many, float, nhwc, shapeOf } = ops;

  const elementwise = (name: string) =>
    tf.customGrad(((x: T, save: Save) => {
      const y = one(name, [float], [x]);
      save([y]);
      return { value: y, gradFunc: (dy: T, [y]: T[]) => one(`${name}Grad`, [float], [dy, y]) };
    }) as Custom) as (x: T) => T;

  const biasAdd = tf.customGrad(((x: T, bias: T) => ({
    value: one('BiasAdd', [float, nhwc], [x, bias]),
    gradFunc: (dy: T) => [dy, one('BiasAddGrad', [float, nhwc], [dy])],
  })) as Custom) as (x: T, bias: T) => T;

  /**
   * Max pooling that remembers where the maxima were: its gradient takes a third of the time of MaxPoolGrad, which looks
   * for them again. The forward kernel is quick with 32-bit places only, the gradient's takes 64-bit ones alone.
   */
  const maxPoolPlaces = (x: T4, size: Pair, strides: Pair, padding: 'same' | 'valid'): T4 => {
    const attributes = [
      float,
      ops.ints('ksize', [1, ...size, 1]),
      ops.ints('strides', [1, ...strides, 1]),
      ...ops.padding(padding),
      ops.flag('include_batch_in_index', false),
    ];
    const run = tf.customGrad(((x: T4, save: Save) => {
      const [y, places] = many('MaxPoolWithArgmax', [...attributes, ops.type('Targmax', 'int32')], [x], 2);
      save([x, places]);
      return {
        value: y,
        gradFunc: (dy: T, [x, places]: T[]) =>
          ops.oneOfInt64(
            'MaxPoolGradWithArgmax',
            [...attributes, ops.type('Targmax', 'int64')],
            [x, dy],
            places,
          ),
      };
    }) as Custom);
    return run(x) as T4;
  };

  const pool = (kind: 'MaxPool' | 'AvgPool', x: T4, size: Pair, strides: Pair, padding: Padding): T4 => {
    const attributes = [
      float,
      nhwc,
      ops.ints('ksize', [1, ...size, 1]),
      ops.ints('strides', [1, ...strides, 1]),
      ...ops.padding(padding),
    ];
    const run = tf.customGrad(((x: T4, save: Save) => {
      const y = one(kind, attributes, [x]);
      save([x, y]);
      return {
        value: y,
        gradFunc: (dy: T, [x, y]: T[]) =>
          kind === 'MaxPool'
            ? one('MaxPoolGrad', attributes, [x, y, dy])
            : one('AvgPoolGrad', attributes, [shapeOf(x), dy]),
      };
    }) as Custom);
    return run(x) as T4;
  };

  const crossEntropy = tf.customGrad(((logits: T, targets: T, save: Save) => {
    const [loss, backprop] = many('SoftmaxCrossEntropyWithLogits', [float], [logits, targets], 2);
    save([backprop]);
    return {
      value: tf.mean(loss),
      gradFunc: (dy: T, [backprop]: T[]) => [
        tf.mul(backprop, tf.div(dy, backprop.shape[0])),
        tf.zeros(backprop.shape), // the targets are data
      ],
    };
  }) as Custom);

  function batchNorm(x: T, gamma: tfc.Tensor1D, beta: tfc.Tensor1D, epsilon: number) {
    const channels = gamma.shape[0];
    const count = x.size / channels;
    const common: Attribute[] = [
      float,
      { ...float, name: 'U' },
      nhwc,
      ops.number('epsilon', epsilon),
      ops.flag('is_training', true),
    ];
    let mean!: tfc.Tensor1D;
    let variance!: tfc.Tensor1D;
    const run = tf.customGrad(((x: T, gamma: T, beta: T, save: Save) => {
      const image = x.rank === 4 ? x : tf.reshape(x, [count, 1, 1, channels]);
      const none = tf.tensor1d([]);
      const forward = [...common, ops.number('exponential_avg_factor', 1)];
      const outputs = many('FusedBatchNormV3', forward, [image, gamma, beta, none, none], 6);
      const [y, batchMean, unbiased, ...reserve] = outputs;
      mean = tf.keep(batchMean) as tfc.Tensor1D;
      variance = tf.keep(tf.mul(unbiased, (count - 1) / count)) as tfc.Tensor1D;
      save([image, gamma, ...reserve]);
      return {
        value: x.rank === 4 ? y : tf.reshape(y, x.shape),
        gradFunc: (dy: T, saved: T[]) => {
          const [image, gamma, ...reserve] = saved;
          const inputs = [tf.reshape(dy, image.shape), image, gamma, ...reserve];
          const [dx, dGamma, dBeta] = many('FusedBatchNormGradV3', common, inputs, 5);
          return [tf.reshape(dx, x.shape), dGamma, dBeta];
        },
      };
    }) as Custom);
    const y = run(x, gamma, beta) as T;
    return { y, mean, variance };
  }

  return {
    ...tensorflowConvolutions(tf, ops),
    biasAdd,
    relu: elementwise('Relu'),
    relu6: elementwise('Relu6'),
    batchNorm,
    maxPool: (x, size, strides, padding) =>
      typeof padding === 'string' && !graphs.recording()
        ? maxPoolPlaces(x, size, strides, padding)
        : pool('MaxPool', x, size, strides, padding),
    avgPool(x, size, strides, padding) {
      // TensorFlow's own gradient miscounts the pixels where a padded window is larger than the picture
      const larger = padding === 'same' && (size[0] > x.shape[1] || size[1] > x.shape[2]);
      if (typeof padding === 'string' && !larger) return pool('AvgPool', x, size, strides, padding);
      const { pads } = place([x.shape[1], x.shape[2]], size, strides, padding, [1, 1]);
      return averageOfReal(tf, x, pads, (x) => pool('AvgPool', x, size, strides, 'valid'));
    },
    globalAvgPool: (x) => tf.mean(x, [1, 2]) as tfc.Tensor2D,
    softmaxCrossEntropy: (logits, targets) => crossEntropy(logits, targets) as tfc.Scalar,
    momentumUpdate: momentumUpdate(tf),
    compile: graphs.compile,
    liveTensors: () => backend.getNumOfTFTensors(),
  };
}
