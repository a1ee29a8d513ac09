import type * as tfc from '@tensorflow/tfjs-core';
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
import type { ExportContext } from '../onnx/layout.ts';
import type { Node, OpKind } from '../../graph/types.ts';
import type { OpContext, OpRun } from './context.ts';

/** How every op kind runs and how it is written as ONNX: in files of the same paths as its declaration in graph/ops. */
const RUNS: { readonly [K in OpKind]: OpRun<K> } = {
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

/** Both functions of any op, which take its own fields. */
const runOf = ({ op }: Node): OpRun<OpKind> => RUNS[op.kind];

/** Runs one node. The result is always a tensor of its own, never an input. */
export function runOp(c: OpContext): tfc.Tensor {
  return runOf(c.node).run(c, c.node.op);
}

/** Emits the ONNX nodes of one of our nodes, and gives the name of its value. */
export function exportOp(c: ExportContext): string {
  return runOf(c.node).onnx(c, c.node.op);
}
