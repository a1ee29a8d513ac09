import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.mts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // ends and removes what a file started and wrote
    setupFiles: ['test/support/ending.ts'],
    sequence: { sequencer: LongestFirst },
    // what hangs is given up; how long a test takes is no matter of right or wrong
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    // a poll ends as soon as it holds; its limit is for slow, loaded machines
    expect: { poll: { timeout: 300_000 } },
    // one process a file: TensorFlow's native state must not be shared
    pool: 'forks',
    maxWorkers: 2,
  },
});
