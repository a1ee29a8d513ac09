import type * as tfc from '@tensorflow/tfjs-core';
import type { Pair, Padding } from '../graph/types.ts';
import type { BackendName } from '../terms/choices.ts';

export type Tf = typeof tfc;

/** One TensorFlow.js backend, ready. At most one is open in a process. */
export interface Backend {
  readonly name: BackendName;
  /** which it is and why, in one sentence, for people */
  readonly why: string;
  /** of its library */
  readonly version: string;
  readonly threads: number;
  readonly tf: Tf;
  readonly kernels: Kernels;
}

/**
 * The operations whose stock TensorFlow.js form is slow or wrong in training; each is differentiable through tf.grads.
 * `tensorflow` calls TensorFlow's fused kernels by name, `wasm` composes them (kernels/).
 * All tensors float32, NHWC.
 */
export interface Kernels {
  /** kernel [kh, kw, cin / groups, cout] */
  conv2d(
    x: tfc.Tensor4D,
    kernel: tfc.Tensor4D,
    strides: Pair,
    padding: Padding,
    dilation: Pair,
    groups: number,
  ): tfc.Tensor4D;
  /** kernel [kh, kw, cin, multiplier] */
  depthwiseConv2d(
    x: tfc.Tensor4D,
    kernel: tfc.Tensor4D,
    strides: Pair,
    padding: Padding,
    dilation: Pair,
  ): tfc.Tensor4D;
  /** kernel [kh, kw, cout, cin] */
  conv2dTranspose(
    x: tfc.Tensor4D,
    kernel: tfc.Tensor4D,
    outputHW: Pair,
    strides: Pair,
    padding: Padding,
  ): tfc.Tensor4D;
  /** any rank, bias on the last axis */
  biasAdd(x: tfc.Tensor, bias: tfc.Tensor1D): tfc.Tensor;
  relu(x: tfc.Tensor): tfc.Tensor;
  relu6(x: tfc.Tensor): tfc.Tensor;
  /**
   * Training batch norm on the last axis. mean and variance [C] are the batch's own (variance biased, M), without
   * gradient, kept: the caller disposes them.
   */
  batchNorm(
    x: tfc.Tensor,
    gamma: tfc.Tensor1D,
    beta: tfc.Tensor1D,
    epsilon: number,
  ): { y: tfc.Tensor; mean: tfc.Tensor1D; variance: tfc.Tensor1D };
  maxPool(x: tfc.Tensor4D, size: Pair, strides: Pair, padding: Padding): tfc.Tensor4D;
  avgPool(x: tfc.Tensor4D, size: Pair, strides: Pair, padding: Padding): tfc.Tensor4D;
  /** mean over H and W: [n, H, W, C] -> [n, C] */
  globalAvgPool(x: tfc.Tensor4D): tfc.Tensor2D;
  /** mean over the batch of -sum(targets * log softmax(logits)); gradient to logits only. Returns a scalar. */
  softmaxCrossEntropy(logits: tfc.Tensor2D, targets: tfc.Tensor2D): tfc.Scalar;
  /**
   * SGD with momentum, in place: m = mu * m + (g + decay * w); w = w - rate * m. (PyTorch's and the papers' form.)
   * Nesterov: w = w - rate * (g' + mu * m).
   */
  momentumUpdate(
    weight: tfc.Variable,
    momentum: tfc.Variable,
    gradient: tfc.Tensor,
    rate: number,
    mu: number,
    decay: number,
    nesterov: boolean,
  ): void;
  /**
   * One graph of what `work` executes on `inputs`, which the backend then runs as a whole: quicker than op by op. `work`
   * runs once, and only shapes, inputs and constants may decide what it does. undefined where the backend can't.
   */
  compile?(inputs: readonly tfc.Tensor[], work: () => tfc.Tensor[]): Compiled | undefined;
  /** number of tensors alive in the backend itself (native ones on tensorflow); constant from step to step */
  liveTensors(): number;
}

/** A graph that a backend holds. */
export interface Compiled {
  /** Inputs as it was compiled with, of the same shapes; what `work` would give for them, for the caller to dispose. */
  run(inputs: readonly tfc.Tensor[]): tfc.Tensor[];
  dispose(): void;
}

/** One mini-batch (what src/data yields, said again so that the runtime doesn't import it). */
export interface Batch {
  readonly n: number;
  /** [n, H, W, C], preprocessed */
  readonly x: Float32Array;
  /** class indices */
  readonly y: Int32Array;
  /** which images of their split these are, where that is known */
  readonly of?: Int32Array;
  /**
   * what the original gives for each output that labels say nothing of (teacher.ts), all where there are none; absent:
   * these aren't trained
   */
  readonly answers?: readonly Answer[];
  /** the original's probabilities [n, classes] at the output that labels are of (distiller.ts) */
  readonly believed?: Float32Array;
}

/** What a network should go on answering at one of its outputs. */
export interface Answer {
  /** [n, ...], flattened; what the output's activation is applied to, where there are no labels */
  readonly values: Float32Array;
  /** what its loss is multiplied with (teacher.ts) */
  readonly weight: number;
  /** variance of what the original gives there, from image to image; where there are no labels */
  readonly scale?: number;
}

/** Serialisable state: JSON beside named float32 arrays (weights, momenta). What a checkpoint holds. */
export interface Snapshot {
  readonly json: unknown;
  readonly arrays: ReadonlyMap<string, Float32Array>;
}
