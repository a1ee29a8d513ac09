import { InputError } from '../../graph/errors.ts';
import type * as tfc from '@tensorflow/tfjs-core';
import type { Node, OpKind, OpOf } from '../../graph/types.ts';
import type { ExportContext } from '../onnx/layout.ts';
import type { Backend, Tf } from '../types.ts';

export type { OpOf } from '../../graph/types.ts';

/** How a graph is executed. */
export interface Mode {
  /** batch norm by the batch's own statistics, dropout on */
  readonly training: boolean;
  /** a gradient tape is recording, so no value may be dropped early; default: as `training` */
  readonly gradients?: boolean;
  /** in training: also batch norms that the source froze use the batch's statistics (recalibration) */
  readonly thawBatchNorm?: boolean;
  /** in training: mean and (biased) variance [C] of a batch norm's input; the callee owns and disposes them */
  readonly onBatchStats?: (node: Node, mean: tfc.Tensor1D, variance: tfc.Tensor1D) => void;
  /** in training: what a dropout multiplies with, by node id (dropout.ts); absent: no dropout */
  readonly dropoutMasks?: ReadonlyMap<string, tfc.Tensor>;
}

/** What an op needs to run. */
export interface OpContext {
  readonly backend: Backend;
  readonly tf: Tf;
  readonly node: Node;
  /** position of the node in the graph */
  readonly index: number;
  readonly inputs: readonly tfc.Tensor[];
  /** the node's parameter in a role, or undefined where it has none */
  readonly param: (role: string) => tfc.Tensor | undefined;
  /** whether the source lets the parameter in this role train; undefined where there is none */
  readonly trainable: (role: string) => boolean | undefined;
  readonly mode: Mode;
}

/** How an op runs, and how it is written as ONNX for scoring. Methods, so that those of all kinds fit one type. */
export interface OpRun<K extends OpKind> {
  /** the result is a tensor of its own, never an input */
  run(c: OpContext, op: OpOf<K>): tfc.Tensor;
  /** emits ONNX nodes, and gives the name of the value */
  onnx(c: ExportContext, op: OpOf<K>): string;
}

/** y with the bias of the node, if it has one. */
export function withBias(c: OpContext, y: tfc.Tensor): tfc.Tensor {
  const bias = c.param('bias');
  return bias ? c.backend.kernels.biasAdd(y, bias as tfc.Tensor1D) : y;
}

/** @throws InputError where there is none */
export function kernelOf(c: OpContext): tfc.Tensor4D {
  const kernel = c.param('kernel');
  if (!kernel) throw new InputError(`layer ${c.node.layer}: a ${c.node.op.kind} without a kernel`);
  return kernel as tfc.Tensor4D;
}
