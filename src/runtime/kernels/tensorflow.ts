import type * as tfc from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node/dist/nodejs_kernel_backend';
import type { Pair, Padding } from '../../graph/types.ts';
import type { Kernels, Tf } from '../types.ts';

type T = tfc.Tensor;
type T4 = tfc.Tensor4D;
type Save = tfc.GradSaveFunc;
interface Attribute {
  name: string;
  type: number;
  value: boolean | number | string | number[];
}

/** TensorFlow's own kernels, called by name (C API eager execution), with their gradients. */
export function tensorflowKernels(tf: Tf, engine: NodeJSKernelBackend): Kernels {
  const { binding } = engine;
  const float: Attribute = { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
  const ints = (name: string, value: number[]): Attribute => ({ name, type: binding.TF_ATTR_INT, value });
  const text = (name: string, value: string): Attribute => ({ name, type: binding.TF_ATTR_STRING, value });
  const number = (name: string, value: number): Attribute => ({ name, type: binding.TF_ATTR_FLOAT, value });
  const flag = (name: string, value: boolean): Attribute => ({ name, type: binding.TF_ATTR_BOOL, value });
  const nhwc = text('data_format', 'NHWC');
  const one = (name: string, attributes: Attribute[], inputs: T[]): T =>
    engine.executeSingleOutput(name, attributes, inputs) as unknown as T;
  const many = (name: string, attributes: Attribute[], inputs: T[], outputs: number): T[] =>
    engine.executeMultipleOutputs(name, attributes, inputs, outputs) as unknown as T[];
  const shapeOf = (t: T): T => tf.tensor1d(t.shape, 'int32');

  const window = (strides: Pair, padding: Padding, dilation: Pair): Attribute[] => [
    float,
    nhwc,
    ints('strides', [1, ...strides, 1]),
    ints('dilations', [1, ...dilation, 1]),
    ...paddingAttributes(padding),
  ];
  const paddingAttributes = (padding: Padding): Attribute[] =>
    typeof padding === 'string'
      ? [text('padding', padding.toUpperCase())]
      : [text('padding', 'EXPLICIT'), ints('explicit_paddings', [0, 0, ...padding, 0, 0])];

  /** A convolution by three kernels: forward, gradient to the input, gradient to the kernel. */
  const convolution = (names: { forward: string; input: string; kernel: string }, attributes: Attribute[]) =>
    tf.customGrad(((x: T4, kernel: T4, save: Save) => {
      save([x, kernel]);
      return {
        value: one(names.forward, attributes, [x, kernel]),
        gradFunc: (dy: T, saved: T[]) => {
          const [x, kernel] = saved;
          return [
            one(names.input, attributes, [shapeOf(x), kernel, dy]),
            one(names.kernel, attributes, [x, shapeOf(kernel), dy]),
          ];
        },
      };
    }) as Parameters<Tf['customGrad']>[0]) as unknown as (x: T4, kernel: T4) => T4;

  const elementwise = (name: string, gradient: string) =>
    tf.customGrad(((x: T, save: Save) => {
      const y = one(name, [float], [x]);
      save([y]);
      return { value: y, gradFunc: (dy: T, [y]: T[]) => one(gradient, [float], [dy, y]) };
    }) as Parameters<Tf['customGrad']>[0]);

  const biasAdd = tf.customGrad(((x: T, bias: T) => ({
    value: one('BiasAdd', [float, nhwc], [x, bias]),
    gradFunc: (dy: T) => [dy, one('BiasAddGrad', [float, nhwc], [dy])],
  })) as Parameters<Tf['customGrad']>[0]);

  const pool = (kind: 'MaxPool' | 'AvgPool', attributes: Attribute[]) =>
    tf.customGrad(((x: T4, save: Save) => {
      const y = one(kind, attributes, [x]);
      save([x, y]);
      return {
        value: y,
        gradFunc: (dy: T, [x, y]: T[]) =>
          kind === 'MaxPool'
            ? one('MaxPoolGrad', attributes, [x, y, dy])
            : one('AvgPoolGrad', attributes, [shapeOf(x), dy]),
      };
    }) as Parameters<Tf['customGrad']>[0]) as unknown as (x: T4) => T4;
  const poolAttributes = (size: Pair, strides: Pair, padding: Padding): Attribute[] => [
    float,
    nhwc,
    ints('ksize', [1, ...size, 1]),
    ints('strides', [1, ...strides, 1]),
    ...paddingAttributes(padding),
  ];

  const crossEntropy = tf.customGrad(((logits: T, targets: T, save: Save) => {
    const [loss, backprop] = many('SoftmaxCrossEntropyWithLogits', [float], [logits, targets], 2);
    save([backprop]);
    return {
      value: loss.mean(),
      gradFunc: (dy: T, [backprop]: T[]) => [
        backprop.mul(dy.div(backprop.shape[0])),
        tf.zeros(backprop.shape), // targets are data
      ],
    };
  }) as Parameters<Tf['customGrad']>[0]);

  function batchNorm(x: T, gamma: tfc.Tensor1D, beta: tfc.Tensor1D, epsilon: number) {
    const channels = gamma.shape[0];
    const count = x.size / channels;
    const common: Attribute[] = [
      float,
      { ...float, name: 'U' },
      nhwc,
      number('epsilon', epsilon),
      flag('is_training', true),
    ];
    let mean!: tfc.Tensor1D;
    let variance!: tfc.Tensor1D;
    const run = tf.customGrad(((x: T, gamma: T, beta: T, save: Save) => {
      const image = x.rank === 4 ? x : x.reshape([count, 1, 1, channels]);
      const none = tf.tensor1d([]);
      const forward = [...common, number('exponential_avg_factor', 1)];
      const outputs = many('FusedBatchNormV3', forward, [image, gamma, beta, none, none], 6);
      const [y, batchMean, unbiased, ...reserve] = outputs;
      mean = tf.keep(batchMean) as tfc.Tensor1D;
      variance = tf.keep(unbiased.mul((count - 1) / count)) as tfc.Tensor1D;
      save([image, gamma, ...reserve]);
      return {
        value: x.rank === 4 ? y : y.reshape(x.shape),
        gradFunc: (dy: T, saved: T[]) => {
          const [image, gamma, ...reserve] = saved;
          const inputs = [dy.reshape(image.shape), image, gamma, ...reserve];
          const [dx, dGamma, dBeta] = many('FusedBatchNormGradV3', common, inputs, 5);
          return [dx.reshape(x.shape), dGamma, dBeta];
        },
      };
    }) as Parameters<Tf['customGrad']>[0]);
    const y = run(x, gamma, beta) as T;
    return { y, mean, variance };
  }

  return {
    conv2d(x, kernel, strides, padding, dilation, _groups) {
      const names = { forward: 'Conv2D', input: 'Conv2DBackpropInput', kernel: 'Conv2DBackpropFilter' };
      return convolution(names, window(strides, padding, dilation))(x, kernel);
    },
    depthwiseConv2d(x, kernel, strides, padding, dilation) {
      const forward = 'DepthwiseConv2dNative';
      const names = { forward, input: `${forward}BackpropInput`, kernel: `${forward}BackpropFilter` };
      return convolution(names, window(strides, padding, dilation))(x, kernel);
    },
    conv2dTranspose() {
      throw new Error('not yet');
    },
    biasAdd: (x, bias) => biasAdd(x, bias) as T,
    relu: elementwise('Relu', 'ReluGrad') as (x: T) => T,
    relu6: elementwise('Relu6', 'Relu6Grad') as (x: T) => T,
    batchNorm,
    maxPool: (x, size, strides, padding) => pool('MaxPool', poolAttributes(size, strides, padding))(x),
    avgPool: (x, size, strides, padding) => pool('AvgPool', poolAttributes(size, strides, padding))(x),
    globalAvgPool: (x) => tf.mean(x, [1, 2]) as tfc.Tensor2D,
    softmaxCrossEntropy: (logits, targets) => crossEntropy(logits, targets) as tfc.Scalar,
    momentumUpdate(weight, momentum, gradient, rate, mu, decay, nesterov) {
      tf.tidy(() => {
        const g = decay === 0 ? gradient : gradient.add(weight.mul(decay));
        const m = momentum.mul(mu).add(g);
        momentum.assign(m as tfc.Tensor);
        weight.assign(weight.sub((nesterov ? g.add(m.mul(mu)) : m).mul(rate)) as tfc.Tensor);
      });
    },
    liveTensors: () => engine.getNumOfTFTensors(),
  };
}
