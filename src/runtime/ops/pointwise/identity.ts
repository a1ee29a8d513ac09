import type { OpRun } from '../context.ts';

export const identity: OpRun<'identity'> = {
  run: (c) => c.tf.clone(c.inputs[0]),
  onnx: (c) => c.inputs[0].name,
};

/** Its masks are drawn once a step (../dropout.ts), so that every backend drops the same. */
export const dropout: OpRun<'dropout'> = {
  run: (c) => {
    const mask = c.mode.training ? c.mode.dropoutMasks?.get(c.node.id) : undefined;
    return mask ? c.tf.mul(c.inputs[0], mask) : c.tf.clone(c.inputs[0]);
  },
  onnx: (c) => c.inputs[0].name,
};
