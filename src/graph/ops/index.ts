import { activation, glu, prelu } from './pointwise/activation.ts';
import { constant, input, opaque } from './boundary.ts';
import { conv2d, conv2dTranspose, depthwiseConv2d } from './linear/conv.ts';
import { dense } from './linear/dense.ts';
import { matmul } from './linear/matmul.ts';
import { dropout, identity } from './pointwise/identity.ts';
import { add, average, concat, divide, maximum, minimum, multiply, subtract } from './pointwise/merge.ts';
import { batchNorm, groupNorm, layerNorm, unitNorm } from './statistics/norm.ts';
import { avgPool, globalAvgPool, globalMaxPool, maxPool } from './statistics/pool.ts';
import { reduce } from './statistics/reduce.ts';
import { gather } from './shape/gather.ts';
import { flatten, permute, reshape } from './shape/reshape.ts';
import { affine, normalize, scale } from './pointwise/scale.ts';
import { logSoftmax, softmax } from './statistics/softmax.ts';
import { padAxis } from './shape/pad.ts';
import { crop, resize, upsample, zeroPad } from './shape/spatial.ts';
import type { OpSpec } from './spec.ts';
import type { Op, OpKind, OpOf } from '../types.ts';

/** The declaration of every op kind. */
const OPS: { readonly [K in OpKind]: OpSpec<OpOf<K>> } = {
  activation,
  add,
  affine,
  average,
  avgPool,
  batchNorm,
  concat,
  constant,
  conv2d,
  conv2dTranspose,
  crop,
  dense,
  depthwiseConv2d,
  divide,
  dropout,
  flatten,
  gather,
  globalAvgPool,
  globalMaxPool,
  glu,
  groupNorm,
  identity,
  input,
  layerNorm,
  logSoftmax,
  matmul,
  maxPool,
  maximum,
  minimum,
  multiply,
  normalize,
  opaque,
  padAxis,
  permute,
  prelu,
  reduce,
  reshape,
  resize,
  scale,
  softmax,
  subtract,
  unitNorm,
  upsample,
  zeroPad,
};

/** What the graph knows of an op. */
export function specOf(op: Op): OpSpec<Op> {
  return OPS[op.kind];
}
