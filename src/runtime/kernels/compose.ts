import type * as tfc from '@tensorflow/tfjs-core';
import type { Pair } from '../../graph/types.ts';
import type { Tf } from '../types.ts';
import type { Pads } from './geometry.ts';

type T4 = tfc.Tensor4D;

/** A convolution's forward pass, explicit padding, no gradient needed. */
export type Convolve = (x: T4, kernel: T4, strides: Pair, pads: Pads, dilation: Pair) => T4;

/**
 * The gradients of a convolution, each as another convolution, for backends whose own are missing or slow.
 * `depthwise` is the same for depthwise convolutions.
 */
export class ComposedGradients {
  constructor(
    private readonly tf: Tf,
    private readonly convolve: Convolve,
    private readonly depthwise: Convolve,
  ) {}

  /** dX: dy spread out by the stride, convolved with the kernel turned by 180 degrees, its channels swapped. */
  input(dy: T4, kernel: T4, inputHW: Pair, strides: Pair, pads: Pads, dilation: Pair): T4 {
    const turned = this.tf.transpose(this.turn(kernel), [0, 1, 3, 2]) as T4;
    if (kernel.shape[0] === 1 && kernel.shape[1] === 1) {
      // every pixel for itself: the small picture is convolved, and spread out afterwards
      const [n, h, w, cout] = dy.shape;
      const weights = this.tf.reshape<tfc.Rank.R2>(turned, [cout, -1]);
      const rows = this.tf.matMul(this.tf.reshape<tfc.Rank.R2>(dy, [-1, cout]), weights);
      const small = this.tf.reshape<tfc.Rank.R4>(rows, [n, h, w, kernel.shape[2]]);
      const { spread, around } = this.backwards(small, kernel, inputHW, strides, pads, [1, 1]);
      const [top, bottom, left, right] = around;
      if (top + bottom + left + right === 0) return spread;
      return this.tf.pad(spread, [[0, 0], [top, bottom], [left, right], [0, 0]]); // prettier-ignore
    }
    const { spread, around } = this.backwards(dy, kernel, inputHW, strides, pads, dilation);
    return this.convolve(spread, turned, [1, 1], around, dilation);
  }

  /**
   * dW: x convolved with dy, where images are the channels and channels the images; the stride becomes the dilation
   * and the dilation the stride.
   */
  kernel(x: T4, kernelShape: tfc.Tensor4D['shape'], dy: T4, strides: Pair, pads: Pads, dilation: Pair): T4 {
    const { tf } = this;
    const [kh, kw, cin, cout] = kernelShape;
    const [, outH, outW] = dy.shape;
    if (kh === 1 && kw === 1) {
      const pixels = this.pick(x, [outH, outW], strides, pads);
      const columns = tf.transpose(tf.reshape(pixels, [-1, cin]));
      return tf.reshape(tf.matMul(columns, tf.reshape(dy, [-1, cout])), kernelShape);
    }
    // The output is to be exactly kh x kw, so the padding behind may have to be less than none.
    const behind = (axis: 0 | 1, k: number, out: number, before: number): number =>
      (out - 1) * strides[axis] + (k - 1) * dilation[axis] + 1 - x.shape[axis + 1] - before;
    const wanted: Pads = [pads[0], behind(0, kh, outH, pads[0]), pads[2], behind(1, kw, outW, pads[2])];
    const { image, around } = this.crop(x, wanted);
    const swapped = tf.transpose(image, [3, 1, 2, 0]) as T4;
    const filter = tf.transpose(dy, [1, 2, 0, 3]) as T4;
    return tf.transpose(this.convolve(swapped, filter, dilation, around, strides), [1, 2, 0, 3]) as T4;
  }

  /** dX of a depthwise convolution; with a multiplier, the sum over each input channel's outputs. */
  depthwiseInput(dy: T4, kernel: T4, inputHW: Pair, strides: Pair, pads: Pads, dilation: Pair): T4 {
    const { tf } = this;
    const turned = this.turn(kernel);
    const multiplier = kernel.shape[3];
    const parts = Array.from({ length: multiplier }, (_, m) => {
      const { spread, around } = this.backwards(
        this.ofMultiplier(dy, m, multiplier),
        kernel,
        inputHW,
        strides,
        pads,
        dilation,
      );
      const one = tf.slice(turned, [0, 0, 0, m], [-1, -1, -1, 1]);
      return this.depthwise(spread, one, [1, 1], around, dilation);
    });
    return parts.reduce((a, b) => tf.add(a, b));
  }

  /**
   * dW of a depthwise convolution, tap by tap: the input as that tap sees it (by a depthwise convolution whose kernel
   * is one there and zero elsewhere, the backend's fastest shift), times dy, summed over all pixels.
   */
  depthwiseKernel(
    x: T4,
    kernelShape: tfc.Tensor4D['shape'],
    dy: T4,
    strides: Pair,
    pads: Pads,
    dilation: Pair,
  ): T4 {
    const { tf } = this;
    const [kh, kw, channels, multiplier] = kernelShape;
    const parts = Array.from({ length: multiplier }, (_, m) => this.ofMultiplier(dy, m, multiplier));
    const taps: tfc.Tensor[] = [];
    for (let tap = 0; tap < kh * kw; tap++)
      taps.push(
        tf.tidy(() => {
          const values = new Float32Array(kh * kw * channels).fill(1, tap * channels, (tap + 1) * channels);
          const seen = this.depthwise(x, tf.tensor4d(values, [kh, kw, channels, 1]), strides, pads, dilation);
          return tf.stack(
            parts.map((part) => channelSums(tf, tf.mul(seen, part))),
            1,
          );
        }),
      );
    return tf.reshape(tf.stack(taps), kernelShape);
  }

  /** The kernel turned by 180 degrees; moving whole taps is much faster than tf.reverse. */
  private turn(kernel: T4): T4 {
    const { tf } = this;
    const taps = kernel.shape[0] * kernel.shape[1];
    const order = Int32Array.from({ length: taps }, (_, tap) => taps - 1 - tap);
    const rows = tf.gather(tf.reshape(kernel, [taps, -1]), tf.tensor1d(order, 'int32'));
    return tf.reshape(rows, kernel.shape);
  }

  /** dy, made ready to be convolved back onto the input. */
  private backwards(dy: T4, kernel: T4, inputHW: Pair, strides: Pair, pads: Pads, dilation: Pair) {
    const spread = this.spread(dy, strides);
    const before = (axis: 0 | 1): number => (kernel.shape[axis] - 1) * dilation[axis] - pads[axis * 2];
    const behind = (axis: 0 | 1): number => inputHW[axis] + pads[axis * 2] - spread.shape[axis + 1];
    const { image, around } = this.crop(spread, [before(0), behind(0), before(1), behind(1)]);
    return { spread: image, around };
  }

  /** Every pixel of a picture followed by stride - 1 zeros, on both axes: [n, h * sh, w * sw, c]. */
  private spread(image: T4, [sh, sw]: Pair): T4 {
    const { tf } = this;
    const [n, h, w, c] = image.shape;
    // Joining rows of memory end to end is much faster than slicing on inner axes.
    let rows: tfc.Tensor2D = tf.reshape(image, [n * h * w, c]);
    if (sw > 1) rows = tf.concat([rows, tf.zeros<tfc.Rank.R2>([n * h * w, (sw - 1) * c])], 1);
    rows = tf.reshape(rows, [n * h, w * sw * c]);
    if (sh > 1) rows = tf.concat([rows, tf.zeros<tfc.Rank.R2>([n * h, (sh - 1) * w * sw * c])], 1);
    return tf.reshape(rows, [n, h * sh, w * sw, c]);
  }

  /** The pixels that a 1x1 convolution sees. */
  private pick(x: T4, out: Pair, strides: Pair, pads: Pads): T4 {
    if (strides[0] === 1 && strides[1] === 1 && pads.every((pad) => pad === 0)) return x;
    const ones = this.tf.ones<tfc.Rank.R4>([1, 1, x.shape[3], 1]);
    const seen = this.depthwise(x, ones, strides, pads, [1, 1]);
    return this.tf.slice(seen, [0, 0, 0, 0], [-1, ...out, -1]) as T4;
  }

  /** Negative padding taken off the picture, the rest returned. */
  private crop(image: T4, [top, bottom, left, right]: Pads): { image: T4; around: Pads } {
    const cut = (pad: number): number => Math.max(0, -pad);
    const [n, h, w, c] = image.shape;
    const around: Pads = [Math.max(0, top), Math.max(0, bottom), Math.max(0, left), Math.max(0, right)];
    if (Math.min(top, bottom, left, right) >= 0) return { image, around };
    const size: [number, number, number, number] = [
      n,
      h - cut(top) - cut(bottom),
      w - cut(left) - cut(right),
      c,
    ];
    return { image: this.tf.slice(image, [0, cut(top), cut(left), 0], size), around };
  }

  /** Of [n, h, w, c * multiplier]: the m-th output of every input channel, [n, h, w, c]. */
  private ofMultiplier(dy: T4, m: number, multiplier: number): T4 {
    if (multiplier === 1) return dy;
    const [n, h, w, c] = dy.shape;
    const split = this.tf.reshape(dy, [n * h * w, c / multiplier, multiplier]);
    return this.tf.reshape(this.tf.slice(split, [0, 0, m], [-1, -1, 1]), [n, h, w, c / multiplier]);
  }
}

/** Sums over all axes but the last, by average pooling in two stages (fast everywhere, and exact enough in float32). */
export function channelSums(tf: Tf, x: tfc.Tensor): tfc.Tensor1D {
  return tf.mul(channelMeans(tf, x), x.size / x.shape[x.rank - 1]);
}

/** Means over all axes but the last. */
export function channelMeans(tf: Tf, x: tfc.Tensor): tfc.Tensor1D {
  const channels = x.shape[x.rank - 1];
  const parts = x.rank > 2 ? x.shape[0] : 1;
  const each = x.size / channels / parts;
  const first = tf.avgPool(tf.reshape(x, [parts, each, 1, channels]) as T4, [each, 1], 1, 'valid');
  const second =
    parts === 1
      ? first
      : tf.avgPool(tf.reshape(first, [1, parts, 1, channels]) as T4, [parts, 1], 1, 'valid');
  return tf.reshape(second, [channels]);
}
