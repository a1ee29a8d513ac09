import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { cacheFolder, withLock } from '../../../src/runtime/backend/cache.ts';

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
    expect(existsSync(`${name}.lock`)).toBe(false);
  });

  it("breaks the lock of a process that is gone, and one that wasn't touched for long", async () => {
    for (const [pid, seconds] of [
      [2 ** 30, 5],
      [process.pid, 120],
    ]) {
      // prettier-ignore
      const name = path.join(folder, `stale${pid}`);
      writeFileSync(`${name}.lock`, String(pid));
      const then = new Date(Date.now() - seconds * 1000);
      utimesSync(`${name}.lock`, then, then);
      expect(await withLock(name, async () => 'in')).toBe('in');
    }
  });

  it('waits for one that is held', async () => {
    const name = path.join(folder, 'held');
    const file = `${name}.lock`;
    writeFileSync(file, String(process.pid));
    let waited = false;
    const held = () => existsSync(file);
    expect(held()).toBe(true);
    await withLock(name, async () => undefined, () => {
      waited = true;
      rmSync(file, { force: true });
    }); // prettier-ignore
    expect(waited).toBe(true);
  });
});
