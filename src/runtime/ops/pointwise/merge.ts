import type * as tfc from '@tensorflow/tfjs-core';
import { axisOf, reshaped } from '../../onnx/layout.ts';
import type { ExportContext } from '../../onnx/layout.ts';
import type { OpContext, OpRun } from '../context.ts';

export const add: OpRun<'add'> = {
  run: (c) => fold(c, c.tf.add),
  onnx: (c) => written(c, 'Add'),
};

export const subtract: OpRun<'subtract'> = {
  run: (c) => fold(c, c.tf.sub),
  onnx: (c) => written(c, 'Sub'),
};

export const multiply: OpRun<'multiply'> = {
  run: (c) => fold(c, c.tf.mul),
  onnx: (c) => written(c, 'Mul'),
};

export const divide: OpRun<'divide'> = {
  run: (c) => fold(c, c.tf.div),
  onnx: (c) => written(c, 'Div'),
};

export const maximum: OpRun<'maximum'> = {
  run: (c) => fold(c, c.tf.maximum),
  onnx: (c) => written(c, 'Max'),
};

export const minimum: OpRun<'minimum'> = {
  run: (c) => fold(c, c.tf.minimum),
  onnx: (c) => written(c, 'Min'),
};

export const average: OpRun<'average'> = {
  run: (c) => {
    const sum = fold(c, c.tf.add);
    return c.inputs.length === 1 ? sum : c.tf.mul(sum, 1 / c.inputs.length);
  },
  onnx: (c) => c.writer.node('Mul', [written(c, 'Add'), c.writer.scalar(1 / c.inputs.length)]),
};

export const concat: OpRun<'concat'> = {
  run: (c, op) => {
    const axis = op.axis < 0 ? c.inputs[0].rank + op.axis : op.axis + 1;
    return c.inputs.length === 1 ? c.tf.clone(c.inputs[0]) : c.tf.concat(overBatch(c), axis);
  },
  onnx: (c, op) => c.writer.node('Concat', stretched(c), { axis: axisOf(c.inputs[0].shape.length, op.axis) }),
};

/** What is the same for all samples, once for each of them. */
function overBatch(c: OpContext): tfc.Tensor[] {
  const n = Math.max(...c.inputs.map((x) => x.shape[0]));
  return c.inputs.map((x) => (x.shape[0] === n ? x : c.tf.tile(x, [n, ...x.shape.slice(1).map(() => 1)])));
}

/** The same in ONNX, whose Concat does not stretch. */
function stretched(c: ExportContext): string[] {
  const { writer, node, inputs, constant } = c;
  const given = inputs.find((_, i) => !constant(node.inputs[i]));
  return inputs.map(({ name, shape }, i) => {
    if (!given || !constant(node.inputs[i])) return name;
    const batch = writer.node('Slice', [
      writer.node('Shape', [given.name]),
      writer.ints([0]),
      writer.ints([1]),
    ]);
    const ones = writer.ints(shape.map(() => 1));
    const whole = writer.node('Concat', [batch, ones], { axis: 0 });
    return writer.node('Expand', [name, whole]);
  });
}

/** All inputs, one after another, broadcasting axes of size 1. */
function fold(c: OpContext, act: (a: tfc.Tensor, b: tfc.Tensor) => tfc.Tensor): tfc.Tensor {
  const inputs = sameRank(c);
  if (inputs.length === 1) return c.tf.clone(inputs[0]);
  return inputs.slice(1).reduce((a, b) => act(a, b), inputs[0]);
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

function written(c: ExportContext, op: string): string {
  const rank = Math.max(...c.inputs.map((value) => value.shape.length));
  const names = c.inputs.map((value) => {
    const missing = rank - value.shape.length;
    if (missing === 0) return value.name;
    return reshaped(c, value, [...new Array<number>(missing).fill(1), ...value.shape]);
  });
  return names.slice(1).reduce((a, b) => c.writer.node(op, [a, b]), names[0]);
}
