import { defineConfig } from 'vitest/config';

/** What computes with TensorFlow's kernels: these differ with oneDNN and with the processor. */
const kernels = [
  'test/runtime/kernels/tensorflow.test.ts',
  'test/runtime/execution.tensorflow.test.ts',
  'test/runtime/step-graph.test.ts',
  'test/runtime/{onnx,rehearse,recalibrate,score,train,update}.test.ts',
  'test/methods/smoke.test.ts',
];

const common = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // one process a file: TensorFlow's native state must not be shared
  pool: 'forks' as const,
};

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      // as the environment has it
      { test: { ...common, name: 'all', include: ['test/**/*.test.ts'] } },
      // as TensorFlow runs by itself on most processors without VNNI or AMX
      {
        test: { ...common, name: 'without oneDNN', include: kernels, env: { TF_ENABLE_ONEDNN_OPTS: '0' } },
      },
      // as Espalier runs there
      {
        test: {
          ...common,
          name: 'AVX2',
          include: kernels,
          env: { TF_ENABLE_ONEDNN_OPTS: '1', ONEDNN_MAX_CPU_ISA: 'AVX2' },
        },
      },
    ],
  },
});
