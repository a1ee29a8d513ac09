import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // one process a file: TensorFlow's native state must not be shared
    pool: 'forks',
    maxWorkers: 2,
  },
});
