import { describe, expect, test } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { clipByGlobalNorm } from '../../../src/runtime/training/clip.ts';
import type { Backend } from '../../../src/runtime/types.ts';

const backend = { tf } as unknown as Backend;

describe('clipping by the global norm', () => {
  test('gradients of 3 and 4 have a norm of 5: at most 2.5 halves both', () => {
    const clipped = clipByGlobalNorm(backend, { a: tf.tensor1d([3, 0]), b: tf.scalar(4), c: null }, 2.5);
    expect([...clipped.a.dataSync(), ...clipped.b.dataSync()]).toEqual([1.5, 0, 2]);
    expect(clipped.c).toBeNull();
  });

  test('smaller ones stay the very same tensors', () => {
    const gradients = { a: tf.tensor1d([3, 0]), b: tf.scalar(4) };
    expect(clipByGlobalNorm(backend, gradients, 5)).toBe(gradients);
  });
});
