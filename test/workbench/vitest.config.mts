import { defineConfig } from 'vitest/config';

// In the real workbench, one file at a time: each starts servers and a browser of its own.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.e2e.ts'],
    testTimeout: 240_000,
    hookTimeout: 180_000,
    pool: 'forks',
    fileParallelism: false,
    retry: 0,
  },
});
