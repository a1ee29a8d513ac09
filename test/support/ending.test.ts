import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { processesOf } from '../../scripts/left-behind.mjs';
import { needs } from './needs.ts';

const root = path.resolve(import.meta.dirname, '../..');

const need = needs(process.platform === 'linux' ? null : 'processes are found on Linux only');

it.skipIf(need.skip)(
  need.name(
    'a file that fails in its beforeAll has its detached processes ended, its folder removed, and is told of them',
  ),
  () => {
    // below the root, so that vitest and our setup are found
    const folder = mkdtempSync(path.join(root, 'node_modules', '.espalier-ending-'));
    const note = path.join(os.tmpdir(), 'noted.json');
    try {
      writeFileSync(
        path.join(folder, 'careless.test.ts'),
        `import { spawn } from 'node:child_process';
         import { writeFileSync } from 'node:fs';
         import os from 'node:os';
         import { beforeAll, it } from 'vitest';
         beforeAll(() => {
           const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
           child.unref();
           writeFileSync(${JSON.stringify(note)}, JSON.stringify({ pid: child.pid, folder: os.tmpdir() }));
           throw new Error('halfway');
         });
         it('is never reached', () => {});`,
      );
      writeFileSync(
        path.join(folder, 'vitest.config.mjs'),
        `export default { test: { pool: 'forks', setupFiles: [${JSON.stringify(path.join(root, 'test/support/ending.ts'))}] } };`,
      );
      const words = ['run', '--root', folder, '--config', path.join(folder, 'vitest.config.mjs')];
      const done = spawnSync(
        process.execPath,
        [path.join(root, 'node_modules/vitest/vitest.mjs'), ...words],
        {
          encoding: 'utf8',
          env: { ...process.env, NO_COLOR: '1', ESPALIER_TEST_GRACE: '1' },
        },
      );
      const noted = JSON.parse(readFileSync(note, 'utf8')) as { pid: number; folder: string };
      expect(done.status).toBe(1);
      const said = done.stdout + done.stderr;
      expect(said).toContain('halfway');
      expect(said).toMatch(new RegExp(`left processes behind:\\s+${noted.pid} `));
      expect(existsSync(noted.folder)).toBe(false);
      expect(processesOf(noted.folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
