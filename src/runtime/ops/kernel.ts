import type * as tfc from '@tensorflow/tfjs-core';
import { InputError } from '../../graph/errors.ts';
import type { OpContext } from './context.ts';

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
