import { defineConfig } from 'vitest/config';

// In the real workbench, one file at a time: each starts servers and a browser of its own.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.e2e.ts'],
    setupFiles: ['../support/ending.ts'],
    // a slow machine's; what is waited for has limits of its own
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    // a poll ends as soon as it holds; its limit is for slow, loaded machines
    expect: { poll: { timeout: 300_000 } },
    pool: 'forks',
    fileParallelism: false,
    retry: 0,
  },
});
