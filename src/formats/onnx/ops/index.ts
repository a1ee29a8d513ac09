import { TYPE } from '../proto/tensor.ts';
import type { Step } from '../reading/reading.ts';
import { Unsaid } from '../reading/values.ts';
import type { Value } from '../reading/values.ts';
import { activations } from './activation.ts';
import { conv, convTranspose, gemm, product } from './linear.ts';
import { einsum } from './matmul.ts';
import { concat, merge } from './merge.ts';
import { expand, gather, pad, slice, split, tile } from './pick.ts';
import { depthToSpace, flatten, reshape, spaceToDepth, squeeze, transpose, unsqueeze } from './reshape.ts';
import { resize } from './resize.ts';
import {
  batchNorm,
  globalPool,
  groupNorm,
  instanceNorm,
  layerNorm,
  pool,
  reduction,
  softmax,
} from './statistics.ts';

/** Reads a node: its outputs, in their order. @throws Unsaid where our graph can't say it */
type Reader = (step: Step) => readonly Value[];

const same: Reader = (step) => [step.live(0)];

const REALS: readonly number[] = [TYPE.float, TYPE.float16, TYPE.double, TYPE.bfloat16];

/** Numbers stay numbers; those that are made whole are others. */
const cast: Reader = (step) => {
  if (!REALS.includes(step.int('to', TYPE.float))) throw new Unsaid('whole numbers');
  return [step.live(0)];
};

const dropout: Reader = (step) => {
  if (step.node.outputs.slice(1).some((name) => step.reading.readers.has(name))) throw new Unsaid('its mask');
  return [step.live(0)];
};

/** ONNX's own operators. */
const READERS: Readonly<Record<string, Reader>> = {
  ...activations,
  Add: merge('add'),
  AveragePool: pool('avgPool'),
  BatchNormalization: batchNorm,
  Cast: cast,
  Concat: concat,
  Conv: conv,
  ConvTranspose: convTranspose,
  DepthToSpace: depthToSpace,
  Div: merge('divide'),
  Dropout: dropout,
  Einsum: einsum,
  Expand: expand,
  Flatten: flatten,
  Gather: gather,
  Gemm: gemm,
  GlobalAveragePool: globalPool('globalAvgPool'),
  GlobalMaxPool: globalPool('globalMaxPool'),
  GroupNormalization: (step) => {
    // before version 21 its scale was of groups
    if (step.opset < 21) throw new Unsaid('a scale of groups');
    return groupNorm(step);
  },
  Identity: same,
  InstanceNormalization: instanceNorm,
  LayerNormalization: layerNorm(false),
  LogSoftmax: softmax('logSoftmax'),
  MatMul: product,
  Max: merge('maximum'),
  MaxPool: pool('maxPool'),
  Mean: merge('average'),
  Min: merge('minimum'),
  Mul: merge('multiply'),
  Pad: pad,
  RMSNormalization: layerNorm(true),
  ReduceL1: reduction('sum', 'abs'),
  ReduceL2: reduction('sum', 'square', true),
  ReduceMax: reduction('max'),
  ReduceMean: reduction('mean'),
  ReduceMin: reduction('min'),
  ReduceSum: reduction('sum'),
  ReduceSumSquare: reduction('sum', 'square'),
  Reshape: reshape,
  Resize: resize,
  Slice: slice,
  Softmax: softmax('softmax'),
  SpaceToDepth: spaceToDepth,
  Split: split,
  Squeeze: squeeze,
  Sub: merge('subtract'),
  Sum: merge('add'),
  Tile: tile,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
  Upsample: resize,
};

/** Names of the operators that are read, for tests. */
export const readOperators: readonly string[] = Object.keys(READERS);

export function readerOf({
  domain,
  op,
}: {
  readonly domain: string;
  readonly op: string;
}): Reader | undefined {
  return domain === '' && Object.hasOwn(READERS, op) ? READERS[op] : undefined;
}
