import type * as tfc from '@tensorflow/tfjs-core';
import { InputError } from '../../graph/errors.ts';
import type { OpContext, OpOf } from './context.ts';

/** Sum, difference, product, ... of two or more values, broadcasting axes of size 1. */
export function merge(
  c: OpContext,
  op: OpOf<'add' | 'subtract' | 'multiply' | 'maximum' | 'minimum' | 'average'>,
): tfc.Tensor {
  const { tf } = c;
  const inputs = sameRank(c);
  const fold = (f: (a: tfc.Tensor, b: tfc.Tensor) => tfc.Tensor): tfc.Tensor =>
    inputs.slice(1).reduce(f, inputs[0]);
  if (inputs.length === 1) return tf.clone(inputs[0]);
  switch (op.kind) {
    case 'add':
      return fold((a, b) => tf.add(a, b));
    case 'subtract':
      return fold((a, b) => tf.sub(a, b));
    case 'multiply':
      return fold((a, b) => tf.mul(a, b));
    case 'maximum':
      return fold((a, b) => tf.maximum(a, b));
    case 'minimum':
      return fold((a, b) => tf.minimum(a, b));
    case 'average':
      return tf.mul(
        fold((a, b) => tf.add(a, b)),
        1 / inputs.length,
      );
    default:
      throw new InputError(`layer ${c.node.layer}: ${String(op.kind)} does not merge`);
  }
}

/** Keras gives values of lower rank new axes behind the batch: [n, C] meets [n, H, W, C] as [n, 1, 1, C]. */
function sameRank(c: OpContext): tfc.Tensor[] {
  const rank = Math.max(...c.inputs.map((x) => x.rank));
  return c.inputs.map((x) => {
    if (x.rank === rank) return x;
    const ones = new Array<number>(rank - x.rank).fill(1);
    return c.tf.reshape(x, [x.shape[0], ...ones, ...x.shape.slice(1)]);
  });
}

export function concat(c: OpContext, op: OpOf<'concat'>): tfc.Tensor {
  const axis = op.axis < 0 ? c.inputs[0].rank + op.axis : op.axis + 1;
  return c.inputs.length === 1 ? c.tf.clone(c.inputs[0]) : c.tf.concat([...c.inputs], axis);
}
