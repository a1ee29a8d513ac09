import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { afterEach, expect, it } from 'vitest';
import { sweepTemporary, temporaryFolder } from '../../src/files/temporary.ts';
import { temporaryFolder as testFolder } from '../data/fixtures.ts';

const root = testFolder();
const before = process.env.TMPDIR;
afterEach(() => {
  process.env.TMPDIR = before;
  if (before === undefined) delete process.env.TMPDIR;
});

it.runIf(process.platform === 'linux')(
  'what a process that was killed left behind goes at the next start; what is at work or somebody else’s stays',
  async () => {
    process.env.TMPDIR = root;
    const program = path.join(root, 'child.mjs');
    await build({
      stdin: {
        contents: `import { writeFileSync } from 'node:fs';
          import { temporaryFolder } from './src/files/temporary.ts';
          const folder = await temporaryFolder('measure');
          writeFileSync(folder + '/model.h5', 'weights');
          process.kill(process.pid, 'SIGKILL');`,
        resolveDir: process.cwd(),
      },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
    const killed = () => {
      expect(spawnSync(process.execPath, [program], { env: { ...process.env, TMPDIR: root } }).signal).toBe(
        'SIGKILL',
      );
      return readdirSync(root).find((name) => name.startsWith('espalier-measure-'))!;
    };
    const left = killed();
    expect(existsSync(path.join(root, left, 'model.h5'))).toBe(true);

    const others = [
      'espalier-measure-of-mine',
      'espalier-measure-abc123',
      left.replace('measure', 'measure2'),
      // of another container: its processes can't be looked at from here
      left.replace(/-[0-9a-f]{8}-/, '-00000000-'),
    ];
    for (const name of others) mkdirSync(path.join(root, name));
    const old = path.join(root, left.replace(/-[0-9a-f]{8}-/, '-11111111-'));
    mkdirSync(old);
    utimesSync(old, 1e9, 1e9);
    // a link of that name leads nowhere that anything is removed
    const aim = path.join(root, 'precious');
    mkdirSync(aim);
    writeFileSync(path.join(aim, 'file'), '');
    const link = left.replace(/.{12}$/, '0'.repeat(12));
    symlinkSync(aim, path.join(root, link));

    const mine = await temporaryFolder('check');
    await sweepTemporary(root);
    const there = readdirSync(root);
    expect(there).not.toContain(left);
    expect(existsSync(old)).toBe(false);
    expect(there).toEqual(expect.arrayContaining([...others, link, path.basename(mine)]));
    expect(existsSync(path.join(aim, 'file'))).toBe(true);
  },
);

it.runIf(process.platform !== 'win32').each(['/dev/null', '/nonexistent/folder'])(
  'where none can be made (TMPDIR=%s), one sentence says so and what to do',
  async (tmp) => {
    process.env.TMPDIR = tmp;
    await expect(temporaryFolder('test')).rejects.toThrow(
      /^no temporary folder can be made in \/.*; set TMPDIR to a folder that can be written$/,
    );
  },
);
