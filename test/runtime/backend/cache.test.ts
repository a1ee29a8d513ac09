import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { lockFolder } from '../../../src/files/lock.ts';
import { cacheFolder, withLock } from '../../../src/runtime/backend/cache.ts';
import { surroundings } from '../../../src/system/programs.ts';
import { whereabouts } from '../../../src/system/whereabouts.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-cache-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('cacheFolder', () => {
  it('follows the environment, then the system', () => {
    expect(cacheFolder({ ESPALIER_CACHE: folder })).toBe(folder);
    expect(cacheFolder({ XDG_CACHE_HOME: folder }, 'linux')).toBe(path.join(folder, 'espalier'));
    expect(cacheFolder({ XDG_CACHE_HOME: 'relative' }, 'linux')).toBe(
      path.join(os.homedir(), '.cache', 'espalier'),
    );
    expect(cacheFolder({}, 'darwin')).toBe(path.join(os.homedir(), 'Library', 'Caches', 'espalier'));
  });
});

describe.skipIf(process.platform === 'win32')('a HOME that is no absolute path', () => {
  it.each(['', 'home', '.'])('%j is not the current folder: the user has one of their own', (home) => {
    vi.stubEnv('HOME', home);
    try {
      expect(cacheFolder({}, 'linux')).toBe(path.join(os.userInfo().homedir, '.cache', 'espalier'));
      expect(surroundings().home).toBe(os.userInfo().homedir);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('withLock', () => {
  it('lets one in at a time, and the next after a failure', async () => {
    const name = path.join(folder, 'one');
    let inside = 0;
    let most = 0;
    const work = async (fail: boolean): Promise<void> => {
      most = Math.max(most, ++inside);
      await sleep(30);
      inside--;
      if (fail) throw new Error('failed');
    };
    const results = await Promise.allSettled(
      [true, false, false].map((fail) => withLock(name, () => work(fail))),
    );
    expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(most).toBe(1);
    expect(readdirSync(`${name}.lock`)).toEqual([]);
  });

  it('takes over the lock of a process that is gone, and waits for one that is at work', async () => {
    const name = path.join(folder, 'gone');
    mkdirSync(`${name}.lock`);
    const gone = { ...(await whereabouts()), pid: 2 ** 22 + 1, token: '1111111111111111' };
    writeFileSync(path.join(`${name}.lock`, 'lock'), JSON.stringify(gone));
    expect(await withLock(name, async () => 'in', () => expect.unreachable('waited'))).toBe('in'); // prettier-ignore

    const lock = await lockFolder(`${name}.lock`);
    let waited = 0;
    await withLock(name, async () => undefined, () => {
      waited++;
      void lock.release();
    }); // prettier-ignore
    expect(waited).toBe(1);
  });

  it('many processes find it left by one that was killed: one is in at any time, and all get in', async () => {
    const program = path.join(folder, 'child.mjs');
    await build({
      entryPoints: ['test/runtime/backend/cache-child.ts'],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
    const name = path.join(folder, 'many');
    const fight = (mode: string) =>
      new Promise<string>((resolve) => {
        const child = spawn(process.execPath, [program, name, mode], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let text = '';
        child.stdout.on('data', (part) => (text += part));
        child.on('close', () => resolve(text));
      });
    for (let round = 0; round < 3; round++) {
      await fight('die');
      expect(readdirSync(`${name}.lock`)).toContain('lock');
      const said = await Promise.all(Array.from({ length: 8 }, () => fight('work')));
      expect(said).toEqual(new Array(8).fill('alone\n'));
    }
  });
});
