import type * as tfc from '@tensorflow/tfjs-core';
import type { Pair, Padding } from '../../../graph/types.ts';
import type { Kernels, Tf } from '../../types.ts';
import { ComposedGradients } from '../compose.ts';
import type { Convolve } from '../compose.ts';
import { define } from '../define.ts';
import { place } from '../geometry.ts';
import type { Pads } from '../geometry.ts';
import { convolveGroups } from '../groups.ts';
import { checkTransposed } from '../tensorflow/convolutions.ts';

type T4 = tfc.Tensor4D;
type Inputs = { x: tfc.Tensor; kernel: tfc.Tensor };
type Convolutions = Pick<Kernels, 'conv2d' | 'depthwiseConv2d' | 'conv2dTranspose'>;

interface Window {
  strides: Pair;
  pads: Pads;
  dilation: Pair;
}

const hw = (image: tfc.Tensor): Pair => [image.shape[1]!, image.shape[2]!];
const plain: Pair = [1, 1];

/** Convolutions by XNNPACK's forward kernels, their gradients composed of the same. */
export function wasmConvolutions(tf: Tf): Convolutions {
  // The kernels themselves, since tf.conv2d refuses a stride together with a dilation.
  const forward =
    (name: string): Convolve =>
    (x, kernel, strides, [top, bottom, left, right], dilation) =>
      tf.engine().runKernel(
        name,
        { x, filter: kernel },
        {
          strides: [...strides],
          pad: [[0, 0], [top, bottom], [left, right], [0, 0]],
          dataFormat: 'NHWC',
          dilations: [...dilation],
        } as unknown as tfc.NamedAttrMap, // prettier-ignore
      ) as T4;
  const convolve = forward('Conv2D');
  const depthwise = forward('DepthwiseConv2dNative');
  const composed = new ComposedGradients(tf, convolve, depthwise);

  const convolution = define<Inputs, Window>(tf, 'wasm', {
    name: 'Conv2D',
    forward: ({ x, kernel }, w) => convolve(x as T4, kernel as T4, w.strides, w.pads, w.dilation),
    gradient: (dy, { x, kernel }, { strides, pads, dilation }) => ({
      x: () => composed.input(dy as T4, kernel as T4, hw(x), strides, pads, dilation),
      kernel: () => composed.kernel(x as T4, (kernel as T4).shape, dy as T4, strides, pads, dilation),
    }),
  });

  const perChannel = define<Inputs, Window>(tf, 'wasm', {
    name: 'DepthwiseConv2D',
    forward: ({ x, kernel }, w) => depthwise(x as T4, kernel as T4, w.strides, w.pads, w.dilation),
    gradient: (dy, { x, kernel }, { strides, pads, dilation }) => ({
      x: () => composed.depthwiseInput(dy as T4, kernel as T4, hw(x), strides, pads, dilation),
      kernel: () =>
        composed.depthwiseKernel(x as T4, (kernel as T4).shape, dy as T4, strides, pads, dilation),
    }),
  });

  const transposed = define<Inputs, Window & { outputHW: Pair }>(tf, 'wasm', {
    name: 'Conv2DTranspose',
    forward: ({ x, kernel }, { outputHW, strides, pads, dilation }) =>
      composed.input(x as T4, kernel as T4, outputHW, strides, pads, dilation),
    gradient: (dy, { x, kernel }, { strides, pads, dilation }) => ({
      x: () => convolve(dy as T4, kernel as T4, strides, pads, dilation),
      kernel: () => composed.kernel(dy as T4, (kernel as T4).shape, x as T4, strides, pads, dilation),
    }),
  });

  const window = (input: Pair, kernel: T4, strides: Pair, padding: Padding, dilation: Pair): Window => {
    const { pads } = place(input, [kernel.shape[0], kernel.shape[1]], strides, padding, dilation);
    return { strides, pads, dilation };
  };

  return {
    conv2d(x, kernel, strides, padding, dilation, groups) {
      const attributes = window(hw(x), kernel, strides, padding, dilation);
      const [kh, kw, , out] = kernel.shape;
      if (groups > 1 && groups === x.shape[3])
        return perChannel(
          { x, kernel: tf.reshape(kernel, [kh, kw, groups, out / groups]) },
          attributes,
        ) as T4;
      return convolveGroups(
        tf,
        x,
        kernel,
        groups,
        (x, kernel) => convolution({ x, kernel }, attributes) as T4,
      );
    },
    depthwiseConv2d(x, kernel, strides, padding, dilation) {
      return perChannel({ x, kernel }, window(hw(x), kernel, strides, padding, dilation)) as T4;
    },
    conv2dTranspose(x, kernel, outputHW, strides, padding) {
      checkTransposed(x, kernel, outputHW, strides, padding);
      return transposed(
        { x, kernel },
        { ...window(outputHW, kernel, strides, padding, plain), outputHW },
      ) as T4;
    },
  };
}
