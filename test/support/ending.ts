// Every test file begins with this (setupFiles): what a file starts or writes is ended and removed with it, also when a
// test fails, when a beforeAll fails halfway, or when the file is broken off.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stop as stopEsbuild } from 'esbuild';
import { afterAll } from 'vitest';
import { killAll, leftBehind } from '../../scripts/left-behind.mjs';

/** The file's own temporary folder. All that it starts inherits its path, and is found by it. The name is short: sockets lie in it. */
const outer = os.tmpdir();
const own = mkdtempSync(path.join(outer, 'f-'));
const use = (folder: string) => {
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folder;
};
use(own);

const remove = () => rmSync(own, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });

// what hooks could not do, if the process is ended before
process.on('exit', () => {
  killAll(own);
  remove();
});

// vitest lets no test call process.exit
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(name, () => {
    killAll(own);
    remove();
    process.kill(process.pid, 'SIGKILL');
  });

// first to be registered, so last to run
afterAll(async () => {
  await stopEsbuild();
  // what was told to end may take a while on a busy machine
  const left = await leftBehind(own, Number(process.env.ESPALIER_TEST_GRACE ?? 120));
  remove();
  use(outer);
  if (left.length) throw new Error(`this file left processes behind:\n${left.join('\n')}`);
}, 600_000);
