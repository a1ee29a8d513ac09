/**
 * A network as plain data. Layout is NHWC; kernels are HWIO; every shape is per sample, without the batch axis.
 * A node has one output value, named by the node's id. Two nodes that name the same parameter share it (a layer
 * called twice).
 */

/** Per-sample shape, without the batch axis: [H, W, C] or [C]. */
export type Shape = readonly number[];

/** Explicit padding: [top, bottom, left, right]. */
export type Padding = 'same' | 'valid' | readonly [number, number, number, number];

export type Pair = readonly [number, number];

export type ActivationKind =
  | 'linear'
  | 'relu'
  | 'relu6'
  | 'sigmoid'
  | 'hardSigmoid' // clip(0.2 x + 0.5, 0, 1), Keras 2
  | 'hardSigmoid6' // relu6(x + 3) / 6, Keras 3 and torch
  | 'tanh'
  | 'swish'
  | 'hardSwish' // x * relu6(x + 3) / 6
  | 'gelu' // exact, by erf
  | 'geluTanh'
  | 'elu'
  | 'selu'
  | 'softplus'
  | 'softsign'
  | 'exponential'
  | 'mish'
  | 'leakyRelu' // alpha
  | 'celu' // alpha
  | 'hardTanh'
  | 'logSigmoid'
  | 'tanhShrink' // x - tanh(x)
  | 'softShrink' // towards zero by the threshold
  | 'hardShrink' // zero up to the threshold, on both sides
  | 'threshold' // x above the threshold, else alpha
  | 'squareplus' // (x + sqrt(x * x + alpha)) / 2
  | 'sparsePlus'
  | 'sparseSigmoid'
  | 'abs'
  | 'clip' // up to minValue, down to maxValue, of which either may be absent
  | 'log'
  | 'log1p' // log(1 + x), exact also near 0
  | 'expm1' // exp(x) - 1, exact also near 0
  | 'power' // x to the power of alpha
  | 'erf'
  | 'clippedRelu'; // Keras ReLU(max_value, negative_slope, threshold)

/** tf.image.resize's methods. */
export type Interpolation =
  'nearest' | 'bilinear' | 'bicubic' | 'area' | 'lanczos3' | 'lanczos5' | 'gaussian' | 'mitchellcubic';

/** What a node computes. Parameters are in Node.params, by the roles named here. */
export type Op =
  | { kind: 'input'; shape: Shape }
  /** value, of any per-sample shape: the same for every sample */
  | { kind: 'constant' }
  /** kernel [kh, kw, cin / groups, cout], bias? [cout] */
  | { kind: 'conv2d'; strides: Pair; padding: Padding; dilation: Pair; groups: number }
  /** kernel [kh, kw, cin, multiplier], bias? [cin * multiplier]; output channel c * multiplier + m is of input c */
  | { kind: 'depthwiseConv2d'; strides: Pair; padding: Padding; dilation: Pair }
  /** kernel [kh, kw, cout, cin] (Keras' order), bias? [cout] */
  | { kind: 'conv2dTranspose'; strides: Pair; padding: Padding; dilation: Pair; outputPadding?: Pair }
  /** kernel [in, out], bias? [out]; on the last axis */
  | { kind: 'dense' }
  /** gamma?, beta?, mean, variance, each [C]; on the last axis. momentum as in Keras: new = m * old + (1 - m) * batch */
  | { kind: 'batchNorm'; epsilon: number; momentum: number }
  /** gamma?, beta?, over the given per-sample axes (negative not allowed); rms: the mean is not taken off */
  | { kind: 'layerNorm'; epsilon: number; axes: readonly number[]; rms?: true }
  /**
   * gamma?, beta?, each [C]; over all places and the channels of a group, on the last axis: there are `count` groups of
   * equally many channels, or groups of `count` channels each. Which of the two is said is what stays where channels go.
   */
  | { kind: 'groupNorm'; epsilon: number; fixed: 'groups' | 'channels'; count: number }
  /** x / max(sqrt(sum of x * x), least), over the given per-sample axes */
  | { kind: 'unitNorm'; axes: readonly number[]; least: number }
  /**
   * (x - mean) / max(sqrt(variance), 1e-7), inverted x * max(sqrt(variance), 1e-7) + mean; mean and variance, fixed in
   * training, have the sizes of the given per-sample axes (none: one number each)
   */
  | { kind: 'normalize'; axes: readonly number[]; invert: boolean }
  /** x * gamma, gamma [C]; on the last axis */
  | { kind: 'scale' }
  | {
      kind: 'activation';
      activation: ActivationKind;
      alpha?: number;
      minValue?: number;
      maxValue?: number;
      threshold?: number;
    }
  | { kind: 'softmax' | 'logSoftmax'; axis: number }
  /** the first half of an axis times the sigmoid of the second */
  | { kind: 'glu'; axis: number }
  /** alpha: shape of the input with shared axes 1 */
  | { kind: 'prelu' }
  /** of two or more inputs, with broadcasting of axes of size 1 */
  | { kind: 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'minimum' | 'average' }
  /** of two inputs, [..., m, k] and [..., k, n] */
  | { kind: 'matmul' }
  | { kind: 'concat'; axis: number }
  | { kind: 'flatten' }
  /**
   * target: per-sample shape, no -1. along: of axes that one axis is parted into, which is to carry its channels, where
   * several could; absent: the last that leaves them apart
   */
  | { kind: 'reshape'; target: Shape; along?: readonly number[] }
  /** perm: per-sample axes, from 0 */
  | { kind: 'permute'; perm: readonly number[] }
  /**
   * those positions of an axis, in this order, some perhaps more than once. step: they lie so far apart, up or down, and
   * must go on doing so where channels are cut, as a slice says it (x[..., ::2])
   */
  | { kind: 'gather'; axis: number; positions: readonly number[]; step?: number }
  | { kind: 'maxPool' | 'avgPool'; size: Pair; strides: Pair; padding: Padding }
  | { kind: 'globalAvgPool' | 'globalMaxPool'; keepDims: boolean }
  /** with zeros, or another value */
  | { kind: 'zeroPad'; padding: readonly [number, number, number, number]; value?: number }
  /** so many values before and after those of one axis; zeros, or another value */
  | { kind: 'padAxis'; axis: number; before: number; after: number; value?: number }
  | { kind: 'crop'; cropping: readonly [number, number, number, number] }
  | { kind: 'upsample'; size: Pair; interpolation: 'nearest' | 'bilinear' }
  /**
   * to a height and width, as tf.image.resize samples (src/runtime/resampling.ts). coordinates: bilinear alone, and not by
   * the pixels' centres: corners upon corners, or each pixel's upper left corner
   */
  | {
      kind: 'resize';
      size: Pair;
      interpolation: Interpolation;
      antialias: boolean;
      coordinates?: 'alignCorners' | 'asymmetric';
    }
  /** over the given per-sample axes, ascending */
  | { kind: 'reduce'; how: 'mean' | 'max' | 'min' | 'sum'; axes: readonly number[]; keepDims: boolean }
  /** identity when not training */
  | { kind: 'dropout'; rate: number; spatial: boolean }
  /**
   * x * scale + offset, per channel or scalar arrays of length 1. kept: where channels were cut, which of the source's
   * these are, ascending, so that what the constants were made of can be cut too
   */
  | { kind: 'affine'; scale: readonly number[]; offset: readonly number[]; kept?: readonly number[] }
  /** the same value: GaussianNoise, ActivityRegularization, ... when not training */
  | { kind: 'identity' }
  /** an op that Espalier doesn't know: its shape is given, and every channel that it touches is frozen */
  | { kind: 'opaque'; what: string; shape: Shape };

export type OpKind = Op['kind'];

type OfKind<O, K> = O extends { kind: infer A } ? (K extends A ? O : never) : never;

/** The op of a kind, with its own fields. */
export type OpOf<K extends OpKind> = OfKind<Op, K>;

export interface Node {
  /** unique in the graph, and the name of the node's output value */
  readonly id: string;
  readonly op: Op;
  /** ids of the nodes whose values it reads */
  readonly inputs: readonly string[];
  /** role (kernel, bias, gamma, beta, mean, variance, alpha) -> parameter id */
  readonly params: Readonly<Record<string, string>>;
  /** name of the source's layer, with the path of nested models: "backbone/conv1" */
  readonly layer: string;
  /** class of the source's layer ("Conv2D", "SeparableConv2D"), for people */
  readonly layerType: string;
}

export interface Param {
  readonly id: string;
  readonly shape: readonly number[];
  /** false for batch-norm statistics and for layers that the source froze */
  readonly trainable: boolean;
  /** it would be trained, had the source not frozen its layer */
  readonly frozen?: true;
}

export interface Graph {
  /** in topological order */
  readonly nodes: readonly Node[];
  /** ids of input nodes, in the model's order */
  readonly inputs: readonly string[];
  /** ids of the nodes whose values the network returns, in the model's order */
  readonly outputs: readonly string[];
  /** which of several outputs class labels are of, where that was decided (src/runtime/heads.ts); absent: the first */
  readonly labelled?: string;
  /**
   * there are no labels at all: every output learns what the original answers (src/runtime/heads.ts). Ids of those without
   * an activation whose values are taken for scores of classes; absent where there are labels
   */
  readonly taught?: readonly string[];
  /** every parameter that a node names */
  readonly params: Readonly<Record<string, Param>>;
  /** layers that must keep all their channels, and why: their file can't hold them narrower */
  readonly fixed?: Readonly<Record<string, string>>;
}

/** Parameter id -> values, row-major in Param.shape. */
export type Weights = ReadonlyMap<string, Float32Array>;

/**
 * A set of channels that are interchangeable as positions: every channel of the group is kept or removed
 * everywhere it appears (a conv's outputs, the batch norm behind it, the inputs of every consumer, all producers that
 * meet in an Add).
 */
export interface ChannelGroup {
  /** stable: the layer of the first node that produces it, with "#2", ... where one layer has several */
  readonly id: string;
  /** index in Dependencies.groups */
  readonly index: number;
  /** number of channels */
  readonly size: number;
  readonly members: readonly GroupMember[];
  /** why no channel may be removed; absent where they may */
  readonly frozen?: string;
}

/** producer: makes the channels; through: passes them on; consumer: mixes them into others */
export const memberRoles = ['producer', 'through', 'consumer'] as const;

export interface GroupMember {
  readonly layer: string;
  readonly node: string;
  readonly role: (typeof memberRoles)[number];
}

/** Which channel of which group every position along an axis belongs to. */
export interface AxisChannels {
  /** index of the group for each position, or -1 where the position can't be removed */
  readonly group: Int32Array;
  /** channel within the group for each position, or -1 */
  readonly channel: Int32Array;
}

/** The result of following channels through the graph. */
export interface Dependencies {
  readonly groups: readonly ChannelGroup[];
  /** for each parameter id: one entry an axis, null where no channel runs along it */
  readonly params: Readonly<Record<string, readonly (AxisChannels | null)[]>>;
  /** for each node id: the same for its output value */
  readonly values: Readonly<Record<string, readonly (AxisChannels | null)[]>>;
}

/** A network on its own: what is cut, trained and measured. */
export interface Model {
  readonly graph: Graph;
  readonly weights: Weights;
}
