import type * as tfc from '@tensorflow/tfjs-core';
import type { Tf } from '../../types.ts';

/**
 * The backend multiplies transposed matrices one value at a time, which is what the gradients of a dense layer ask
 * for; transposing first is many times faster.
 */
export function fixMatMul(tf: Tf): void {
  const own = tf.getKernel('BatchMatMul', 'wasm');
  if (!own) return;
  tf.unregisterKernel('BatchMatMul', 'wasm');
  tf.registerKernel({
    ...own,
    kernelFunc: (params) => {
      const { a, b } = params.inputs as { a: tfc.Tensor; b: tfc.Tensor };
      const { transposeA, transposeB } = params.attrs as unknown as {
        transposeA: boolean;
        transposeB: boolean;
      };
      if (!transposeA && !transposeB) return own.kernelFunc(params);
      return tf.tidy(() => {
        const last = (t: tfc.Tensor): tfc.Tensor =>
          tf.transpose(t, [...Array(t.rank - 2).keys(), t.rank - 1, t.rank - 2]);
        const inputs = { a: transposeA ? last(a) : a, b: transposeB ? last(b) : b };
        const attrs = { ...params.attrs, transposeA: false, transposeB: false };
        const product = own.kernelFunc({ ...params, inputs, attrs } as typeof params) as tfc.TensorInfo;
        return tf.engine().makeTensorFromTensorInfo(product);
      });
    },
  });
}

/**
 * The backend's gather notes a four-dimensional shape for what it makes, whatever the shape that it returns; kernels that
 * look at the note (a fused bias) then refuse it.
 */
export function fixGather(tf: Tf): void {
  const own = tf.getKernel('GatherV2', 'wasm');
  if (!own) return;
  tf.unregisterKernel('GatherV2', 'wasm');
  tf.registerKernel({
    ...own,
    kernelFunc: (params) => {
      const out = own.kernelFunc(params) as tfc.TensorInfo;
      const { dataIdMap } = params.backend as { dataIdMap: { get(id: object): { shape: number[] } } };
      dataIdMap.get(out.dataId).shape = out.shape;
      return out;
    },
  });
}
