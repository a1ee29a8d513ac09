import type * as tfc from '@tensorflow/tfjs-core';
import { InputError } from '../../../graph/errors.ts';
import { sizeOf } from '../../../graph/shapes.ts';
import { kept, plain, reshaped } from '../../onnx/layout.ts';
import type { OpContext, OpOf, OpRun } from '../context.ts';

export const flatten: OpRun<'flatten'> = {
  run: (c) => {
    const x = c.inputs[0];
    return c.tf.reshape(x, [x.shape[0], sizeOf(x.shape.slice(1))]);
  },
  onnx: (c) => reshaped(c, c.inputs[0], c.shape),
};

export const reshape: OpRun<'reshape'> = {
  run: runReshape,
  onnx: (c) => reshaped(c, c.inputs[0], c.shape),
};

export const permute: OpRun<'permute'> = {
  run: (c, op) => c.tf.transpose(c.inputs[0], [0, ...op.perm.map((a) => a + 1)]),
  onnx: ({ writer, inputs: [x], shape }, op) => {
    const moved = writer.node('Transpose', [plain(writer, x)], { perm: [0, ...op.perm.map((a) => a + 1)] });
    return kept(writer, moved, shape);
  },
};

/** Where the value is narrower than when the graph was read, the target's last axis (the channels) follows it. */
function runReshape(c: OpContext, op: OpOf<'reshape'>): tfc.Tensor {
  const x = c.inputs[0];
  const size = sizeOf(x.shape.slice(1));
  const target = [...op.target];
  if (sizeOf(target) !== size) {
    const rest = sizeOf(target.slice(0, -1));
    if (size % rest !== 0)
      throw new InputError(
        `layer ${c.node.layer}: ${size} values can't be reshaped to [${op.target.join(', ')}]`,
      );
    target[target.length - 1] = size / rest;
  }
  return c.tf.reshape(x, [x.shape[0], ...target]);
}
