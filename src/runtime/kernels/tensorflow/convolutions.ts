import type * as tfc from '@tensorflow/tfjs-core';
import { InputError } from '../../../graph/errors.ts';
import type { Pair, Padding } from '../../../graph/types.ts';
import type { Kernels, Tf } from '../../types.ts';
import { ComposedGradients } from '../compose.ts';
import type { Convolve } from '../compose.ts';
import { define } from '../define.ts';
import { dilatedByPhases, dilatesDepthwise } from '../dilated-depthwise.ts';
import { place } from '../geometry.ts';
import type { Pads } from '../geometry.ts';
import { convolveGroups } from '../groups.ts';
import type { Attribute, EagerOps } from './ops.ts';

type T4 = tfc.Tensor4D;
type Inputs = { x: tfc.Tensor; kernel: tfc.Tensor };
type Convolutions = Pick<Kernels, 'conv2d' | 'depthwiseConv2d' | 'conv2dTranspose'>;

interface Window {
  strides: Pair;
  padding: Padding;
  dilation: Pair;
}

const hw = (image: tfc.Tensor): Pair => [image.shape[1]!, image.shape[2]!];
const plain: Pair = [1, 1];

const isPlain = ([a, b]: Pair): boolean => a === 1 && b === 1;

/**
 * Convolutions by TensorFlow's kernels, where it has them. Without oneDNN it has no dilated depthwise convolution, and
 * its gradients know neither dilation nor, in some builds, groups; oneDNN's know no groups with explicit padding. And
 * oneDNN's gradients of a 1x1 convolution with a stride can be wrong (with AVX2, that of the kernel) or write beyond
 * their memory (with AVX-512, seen with 4 and 5 channels). All those go another way.
 */
export function tensorflowConvolutions(
  tf: Tf,
  { one, float, nhwc, ints, padding, shapeOf }: EagerOps,
): Convolutions {
  const attributes = (w: Window): Attribute[] => [
    float,
    nhwc,
    ints('strides', [1, ...w.strides, 1]),
    ints('dilations', [1, ...w.dilation, 1]),
    ...padding(w.padding),
  ];
  const forward =
    (name: string): Convolve =>
    (x, kernel, strides, pads, dilation) =>
      one(name, attributes({ strides, padding: pads, dilation }), [x, kernel]) as T4;
  const native = 'DepthwiseConv2dNative';
  const canDilate = dilatesDepthwise(tf, forward(native));
  const depthwiseOnce: Convolve = (x, kernel, strides, pads, dilation) =>
    isPlain(dilation) || canDilate()
      ? forward(native)(x, kernel, strides, pads, dilation)
      : dilatedByPhases(tf, forward(native), x, kernel, strides, pads, dilation);
  const composed = new ComposedGradients(tf, forward('Conv2D'), depthwiseOnce);
  const padsOf = (x: tfc.Tensor, kernel: tfc.Tensor, w: Window): Pads =>
    place(hw(x), [kernel.shape[0], kernel.shape[1]!], w.strides, w.padding, w.dilation).pads;
  /** the pixels that a 1x1 convolution with a stride sees */
  const seen = (x: tfc.Tensor, kernel: tfc.Tensor, w: Window): tfc.Tensor => {
    const [top, bottom, left, right] = padsOf(x, kernel, w);
    const around: [number, number][] = [[0, 0], [top, bottom], [left, right], [0, 0]]; // prettier-ignore
    const padded = top + bottom + left + right === 0 ? x : tf.pad(x, around);
    return tf.stridedSlice(padded, [0, 0, 0, 0], padded.shape, [1, ...w.strides, 1]);
  };
  const convolve = (x: tfc.Tensor, kernel: tfc.Tensor, w: Window): tfc.Tensor => {
    if (!strided1x1(kernel, w.strides)) return one('Conv2D', attributes(w), [x, kernel]);
    const [, , cin, cout] = (kernel as T4).shape;
    const pixels = seen(x, kernel, w);
    const rows = tf.reshape<tfc.Rank.R2>(pixels, [-1, cin]);
    const product = tf.matMul(rows, tf.reshape<tfc.Rank.R2>(kernel, [cin, cout]));
    return tf.reshape(product, [...pixels.shape.slice(0, 3), cout]);
  };
  /** dW of an undilated convolution */
  const towardsKernel = (dy: tfc.Tensor, x: tfc.Tensor, kernel: tfc.Tensor, w: Window): tfc.Tensor => {
    if (!strided1x1(kernel, w.strides))
      return one('Conv2DBackpropFilter', attributes(w), [x, shapeOf(kernel), dy]);
    const [, , cin, cout] = (kernel as T4).shape;
    const pixels = tf.reshape<tfc.Rank.R2>(seen(x, kernel, w), [-1, cin]);
    const product = tf.matMul(pixels, tf.reshape<tfc.Rank.R2>(dy, [-1, cout]), true, false);
    return tf.reshape(product, kernel.shape);
  };
  /** dX of a convolution */
  const towardsInput = (dy: tfc.Tensor, kernel: tfc.Tensor, x: tfc.Tensor, w: Window): tfc.Tensor => {
    if (isPlain(w.dilation) && !strided1x1(kernel, w.strides))
      return one('Conv2DBackpropInput', attributes(w), [shapeOf(x), kernel, dy]);
    return composed.input(dy as T4, kernel as T4, hw(x), w.strides, padsOf(x, kernel, w), w.dilation);
  };

  const convolution = define<Inputs, Window>(tf, 'tensorflow', {
    name: 'Conv2D',
    forward: ({ x, kernel }, w) => convolve(x, kernel, w),
    gradient: (dy, { x, kernel }, w) => ({
      x: () => towardsInput(dy, kernel, x, w),
      kernel: () => {
        if (isPlain(w.dilation)) return towardsKernel(dy, x, kernel, w);
        const shape = (kernel as T4).shape;
        return composed.kernel(x as T4, shape, dy as T4, w.strides, padsOf(x, kernel, w), w.dilation);
      },
    }),
  });

  const depthwise = define<Inputs, Window>(tf, 'tensorflow', {
    name: 'DepthwiseConv2D',
    forward: ({ x, kernel }, w) =>
      isPlain(w.dilation) || canDilate()
        ? one(native, attributes(w), [x, kernel])
        : depthwiseOnce(x as T4, kernel as T4, w.strides, padsOf(x, kernel, w), w.dilation),
    gradient: (dy, { x, kernel }, w) => {
      if (isPlain(w.dilation))
        return {
          x: () => one(`${native}BackpropInput`, attributes(w), [shapeOf(x), kernel, dy]),
          kernel: () => one(`${native}BackpropFilter`, attributes(w), [x, shapeOf(kernel), dy]),
        };
      const pads = padsOf(x, kernel, w);
      const [image, filter, gradient] = [x, kernel, dy] as T4[];
      return {
        x: () => composed.depthwiseInput(gradient, filter, hw(x), w.strides, pads, w.dilation),
        kernel: () => composed.depthwiseKernel(image, filter.shape, gradient, w.strides, pads, w.dilation),
      };
    },
  });

  const transposed = define<Inputs, Window & { outputHW: Pair }>(tf, 'tensorflow', {
    name: 'Conv2DTranspose',
    forward: ({ x, kernel }, w) => {
      const { outputHW, strides } = w;
      if (strided1x1(kernel, strides)) {
        const { pads } = place(outputHW, plain, strides, w.padding, plain);
        return composed.input(x as T4, kernel as T4, outputHW, strides, pads, plain);
      }
      const shape = tf.tensor1d([x.shape[0], ...outputHW, kernel.shape[2]!], 'int32');
      return one('Conv2DBackpropInput', attributes(w), [shape, kernel, x]);
    },
    gradient: (dy, { x, kernel }, w) => ({
      x: () => convolve(dy, kernel, w),
      kernel: () => towardsKernel(x, dy, kernel, w),
    }),
  });

  // Asked once, and only by networks that need it.
  let groupsAreNative: boolean | undefined;
  const hasNativeGroups = (): boolean =>
    (groupsAreNative ??= tf.tidy(() => {
      try {
        const window = attributes({ strides: plain, padding: 'valid', dilation: plain });
        const [x, kernel] = [tf.ones([1, 3, 3, 4]), tf.ones([2, 2, 2, 4])];
        const y = one('Conv2D', window, [x, kernel]);
        const dx = one('Conv2DBackpropInput', window, [shapeOf(x), kernel, y]);
        const dk = one('Conv2DBackpropFilter', window, [x, shapeOf(kernel), y]);
        // 2 * 2 * 2 ones make 8; the middle pixel is under 4 windows, of 2 kernels each; 4 pixels of 8 make 32.
        return dx.dataSync()[16] === 64 && dk.dataSync().every((value) => value === 32);
      } catch {
        return false;
      }
    }));

  const conv2d: Kernels['conv2d'] = (x, kernel, strides, padding, spacing, groups) => {
    const dilation = dilationOf(kernel, spacing);
    const run = (padding: Padding) => (x: T4, kernel: T4) =>
      convolution({ x, kernel }, { strides, padding, dilation }) as T4;
    if (groups === 1 || !isPlain(dilation) || strided1x1(kernel, strides) || !hasNativeGroups())
      return convolveGroups(tf, x, kernel, groups, run(padding));
    if (typeof padding === 'string') return run(padding)(x, kernel);
    const [top, bottom, left, right] = padding;
    return run('valid')(tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]), kernel); // prettier-ignore
  };

  return {
    conv2d,
    depthwiseConv2d(x, kernel, strides, padding, spacing) {
      const dilation = dilationOf(kernel, spacing);
      if (strides[0] === strides[1]) return depthwise({ x, kernel }, { strides, padding, dilation }) as T4;
      const [kh, kw, channels, multiplier] = kernel.shape;
      const grouped = tf.reshape<tfc.Rank.R4>(kernel, [kh, kw, 1, channels * multiplier]);
      return conv2d(x, grouped, strides, padding, dilation, channels);
    },
    conv2dTranspose(x, kernel, outputHW, strides, padding) {
      checkTransposed(x, kernel, outputHW, strides, padding);
      return transposed({ x, kernel }, { strides, padding, dilation: plain, outputHW }) as T4;
    },
  };
}

const strided1x1 = ({ shape }: tfc.Tensor, strides: Pair): boolean =>
  shape[0] === 1 && shape[1] === 1 && !isPlain(strides);

/** Along an axis with one tap there is nothing to spread, and kernels that know no dilation will do. */
const dilationOf = ({ shape }: T4, [dh, dw]: Pair): Pair => [
  shape[0] === 1 ? 1 : dh,
  shape[1] === 1 ? 1 : dw,
];

/** @throws InputError where a convolution of the output's size would not give the input's size */
export function checkTransposed(x: T4, kernel: T4, outputHW: Pair, strides: Pair, padding: Padding): void {
  const { out } = place(outputHW, [kernel.shape[0], kernel.shape[1]], strides, padding, plain);
  if (out[0] !== x.shape[1] || out[1] !== x.shape[2])
    throw new InputError(
      `a transposed convolution can't make ${outputHW.join('x')} of ${x.shape[1]}x${x.shape[2]} (kernel ${kernel.shape[0]}x${kernel.shape[1]}, stride ${strides.join('x')}); check its padding and output padding`,
    );
}
