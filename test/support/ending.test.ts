import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processesOf } from '../../scripts/left-behind.mjs';
import { needs } from './needs.ts';

const root = path.resolve(import.meta.dirname, '../..');
const need = needs(process.platform === 'linux' ? null : 'processes are found on Linux only');

describe.skipIf(need.skip)(need.name('a test file that starts a detached process'), () => {
  let folder: string;
  let note: string;
  beforeEach(() => {
    // below the root, so that vitest and our setup are found
    folder = mkdtempSync(path.join(root, 'node_modules', '.espalier-ending-'));
    note = path.join(os.tmpdir(), `${path.basename(folder)}.json`);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs vitest with our setup on a file that starts a process in its beforeAll, and then does this. */
  function vitest(then: string) {
    writeFileSync(
      path.join(folder, 'careless.test.ts'),
      `import { spawn } from 'node:child_process';
       import { renameSync, writeFileSync } from 'node:fs';
       import os from 'node:os';
       import { beforeAll, it } from 'vitest';
       beforeAll(async () => {
         const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
         child.unref();
         const note = ${JSON.stringify(note)};
         writeFileSync(note + '.part', JSON.stringify({ pid: child.pid, folder: os.tmpdir() }));
         renameSync(note + '.part', note);
         ${then}
       });
       it('is never reached', () => {});`,
    );
    const setup = JSON.stringify(path.join(root, 'test/support/ending.ts'));
    writeFileSync(
      path.join(folder, 'vitest.config.mjs'),
      `export default { test: { pool: 'forks', hookTimeout: 1e9, setupFiles: [${setup}] } };`,
    );
    const words = ['run', '--root', folder, '--config', path.join(folder, 'vitest.config.mjs')];
    const child = spawn(process.execPath, [path.join(root, 'node_modules/vitest/vitest.mjs'), ...words], {
      // a group of its own, which Ctrl-C in a terminal reaches
      detached: true,
      env: { ...process.env, NO_COLOR: '1', ESPALIER_TEST_GRACE: '1' },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
    return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, said })) };
  }
  const noted = () => JSON.parse(readFileSync(note, 'utf8')) as { pid: number; folder: string };

  it('and fails: it is ended, the folder removed, and the file fails naming it', async () => {
    const { code, said } = await vitest(`throw new Error('halfway');`).ended;
    expect(code).toBe(1);
    expect(said).toContain('halfway');
    expect(said).toMatch(new RegExp(`left processes behind:\\s+${noted().pid} `));
    expect(existsSync(noted().folder)).toBe(false);
    expect(processesOf(noted().folder)).toEqual([]);
  });

  it('and is interrupted: it is ended, and the folder removed', async () => {
    const { child, ended } = vitest('await new Promise(() => setInterval(() => {}, 1000));');
    await expect.poll(() => existsSync(note)).toBe(true);
    expect(processesOf(noted().folder)).not.toEqual([]);
    process.kill(-child.pid!, 'SIGINT');
    await ended;
    await expect.poll(() => processesOf(noted().folder)).toEqual([]);
    await expect.poll(() => existsSync(noted().folder)).toBe(false);
  });
});
