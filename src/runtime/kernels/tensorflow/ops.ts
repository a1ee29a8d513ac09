import type * as tfc from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node/dist/nodejs_kernel_backend';
import type { Padding } from '../../../graph/types.ts';
import type { Tf } from '../../types.ts';

export interface Attribute {
  name: string;
  type: number;
  value: boolean | number | string | number[];
}

/** What the backend keeps to itself: tensors by their native ids. */
interface NativeIds {
  getInputTensorIds(tensors: tfc.Tensor[]): number[];
  createOutputTensor(output: NativeTensor): tfc.Tensor;
}
interface NativeTensor {
  readonly id: number;
}

export type EagerOps = ReturnType<typeof eagerOps>;

/** Calling any TensorFlow op by its name, and its attributes. */
export function eagerOps(tf: Tf, backend: NodeJSKernelBackend) {
  const { binding } = backend;
  const ints = (name: string, value: number[]): Attribute => ({ name, type: binding.TF_ATTR_INT, value });
  const text = (name: string, value: string): Attribute => ({ name, type: binding.TF_ATTR_STRING, value });
  const number = (name: string, value: number): Attribute => ({ name, type: binding.TF_ATTR_FLOAT, value });
  const flag = (name: string, value: boolean): Attribute => ({ name, type: binding.TF_ATTR_BOOL, value });
  const type = (name: string, value: 'int32' | 'int64'): Attribute => ({
    name,
    type: binding.TF_ATTR_TYPE,
    value: value === 'int32' ? binding.TF_INT32 : binding.TF_INT64,
  });
  const float: Attribute = { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
  const nhwc = text('data_format', 'NHWC');
  const padding = (padding: Padding): Attribute[] =>
    typeof padding === 'string'
      ? [text('padding', padding.toUpperCase())]
      : [text('padding', 'EXPLICIT'), ints('explicit_paddings', [0, 0, ...padding, 0, 0])];
  return {
    ints,
    number,
    flag,
    type,
    float,
    nhwc,
    padding,
    /** an op with one output */
    one: (name: string, attributes: Attribute[], inputs: tfc.Tensor[]): tfc.Tensor =>
      backend.executeSingleOutput(name, attributes, inputs) as unknown as tfc.Tensor,
    /** an op with several outputs */
    many: (name: string, attributes: Attribute[], inputs: tfc.Tensor[], outputs: number): tfc.Tensor[] =>
      backend.executeMultipleOutputs(name, attributes, inputs, outputs) as unknown as tfc.Tensor[],
    /** an op with one output whose last input is 64-bit integers, which TensorFlow.js has no tensors for */
    oneOfInt64(name: string, attributes: Attribute[], inputs: tfc.Tensor[], last: tfc.Tensor): tfc.Tensor {
      const native = backend as unknown as NativeIds;
      const run = (op: string, attrs: Attribute[], ids: number[]) =>
        (binding.executeOp(op, attrs as never, ids, 1) as unknown as NativeTensor[])[0];
      const cast: Attribute[] = [
        { name: 'SrcT', type: binding.TF_ATTR_TYPE, value: binding.TF_INT32 },
        { name: 'DstT', type: binding.TF_ATTR_TYPE, value: binding.TF_INT64 },
        flag('Truncate', false),
      ];
      const wide = run('Cast', cast, native.getInputTensorIds([last])).id;
      try {
        return native.createOutputTensor(run(name, attributes, [...native.getInputTensorIds(inputs), wide]));
      } finally {
        binding.deleteTensor(wide);
      }
    },
    shapeOf: (t: tfc.Tensor): tfc.Tensor => tf.tensor1d(t.shape, 'int32'),
  };
}
