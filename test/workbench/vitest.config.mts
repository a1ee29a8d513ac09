import { defineConfig } from 'vitest/config';

// In the real workbench. Each file starts servers and a browser of its own, and waits for them much of the time, so that
// two at once take less than one after the other; all limits are for machines that are far slower.
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
    maxWorkers: 2,
    // the browser loses a click or the focus now and then; what needed it is named at the end of the run
    retry: 1,
  },
});
