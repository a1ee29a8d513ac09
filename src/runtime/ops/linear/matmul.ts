import type * as tfc from '@tensorflow/tfjs-core';
import { kept, plain } from '../../onnx/layout.ts';
import type { OpContext, OpRun } from '../context.ts';

export const matmul: OpRun<'matmul'> = {
  run: runMatmul,
  onnx: ({ writer, inputs, shape }) => {
    const [a, b] = inputs.map((value) => plain(writer, value));
    return kept(writer, writer.node('MatMul', [a, b]), shape);
  },
};

function runMatmul(c: OpContext): tfc.Tensor {
  const [a, b] = c.inputs;
  return c.tf.matMul(a, b);
}
