import type * as tfc from '@tensorflow/tfjs-core';
import { axisOf } from '../../onnx/layout.ts';
import type { OpContext, OpOf, OpRun } from '../context.ts';
import type { Tf } from '../../types.ts';

export const gather: OpRun<'gather'> = {
  run: runGather,
  onnx: ({ writer, inputs: [x] }, op) =>
    writer.node('Gather', [x.name, writer.ints(op.positions)], { axis: axisOf(x.shape.length, op.axis) }),
};

function runGather(c: OpContext, op: OpOf<'gather'>): tfc.Tensor {
  const { tf } = c;
  const [x] = c.inputs;
  const axis = op.axis + 1;
  const [first] = op.positions;
  const target = x.shape.map((d, a) => (a === axis ? op.positions.length : d));
  if (op.positions.every((p, k) => p === first + k))
    return tf.slice(
      x,
      target.map((_, a) => (a === axis ? first : 0)),
      target,
    );
  // the axis between all before it and all behind it
  const inner = x.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const rows: tfc.Tensor3D = tf.reshape(x, [-1, x.shape[axis], inner]);
  return tf.reshape(gatherRows(tf, rows, op.positions), target);
}

/** Middle positions. TensorFlow.js' own gradient takes a kernel that not every backend has. */
function gatherRows(tf: Tf, x: tfc.Tensor3D, positions: readonly number[]): tfc.Tensor {
  const taken = (from: tfc.Tensor, at: readonly number[]): tfc.Tensor =>
    tf.gather(from, tf.tensor1d([...at], 'int32'), 1);
  return tf.customGrad(((rows: tfc.Tensor) => ({
    value: taken(rows, positions),
    gradFunc: (dy: tfc.Tensor3D) => {
      // nothing comes back to what was not taken: the place behind all others
      const padded = tf.pad(dy, [
        [0, 0],
        [0, 1],
        [0, 0],
      ]);
      const parts = origins(positions, x.shape[1]).map((origin) => taken(padded, origin));
      return parts.reduce((a, b) => tf.add(a, b));
    },
  })) as Parameters<Tf['customGrad']>[0])(x);
}

/**
 * For each position that there was, where it went to: in the first list the first place, in the second the second, ...;
 * the number of places where there is none.
 */
function origins(positions: readonly number[], size: number): number[][] {
  const lists: number[][] = [];
  const times = new Array<number>(size).fill(0);
  positions.forEach((p, k) => {
    const list = (lists[times[p]++] ??= new Array<number>(size).fill(positions.length));
    list[p] = k;
  });
  return lists;
}
