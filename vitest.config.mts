import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.mts';

/** What computes with TensorFlow's kernels: these differ with oneDNN and with the processor. */
const kernels = [
  'test/runtime/kernels/tensorflow/kernels.test.ts',
  'test/runtime/execution.tensorflow.test.ts',
  'test/runtime/step-graph.test.ts',
  'test/runtime/{onnx,train,update,training/recalibrate,scoring/{rehearse,score}}.test.ts',
  'test/methods/smoke.test.ts',
];

const common = {
  // ends and removes what a file started and wrote
  setupFiles: ['test/support/ending.ts'],
  // what hangs is given up; how long a test takes is no matter of right or wrong
  testTimeout: 1_200_000,
  hookTimeout: 1_200_000,
  // a poll ends as soon as it holds; its limit is for slow, loaded machines
  expect: { poll: { timeout: 300_000 } },
  // one process a file: TensorFlow's native state must not be shared
  pool: 'forks' as const,
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
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
