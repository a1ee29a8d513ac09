import { describe, expect, it } from 'vitest';
import { openBackend } from '../../../../src/runtime/backend/open.ts';
import { kernelTests } from '../suite.ts';

describe('kernels of wasm', () => {
  kernelTests(() => openBackend({ prefer: 'wasm', threads: 2 }));

  it('takes a gathered bias into a batch norm', async () => {
    const { tf, kernels } = await openBackend({ prefer: 'wasm', threads: 2 });
    const x = tf.tensor4d([1, 10, 2, 20, 3, 30, 4, 40], [2, 1, 2, 2]);
    const beta = tf.gather(tf.tensor1d([7, 8, 9]), tf.tensor1d([0, 2], 'int32')) as ReturnType<
      typeof tf.tensor1d
    >;
    const { y, mean, variance } = kernels.batchNorm(x, tf.tensor1d([0, 0]), beta, 1e-3);
    expect([...y.dataSync()]).toEqual([7, 9, 7, 9, 7, 9, 7, 9]);
    expect([...mean.dataSync()]).toEqual([2.5, 25]);
    tf.dispose([x, beta, y, mean, variance]);
  });
});
