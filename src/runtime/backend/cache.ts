import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processExists } from '../../system/exists.ts';

/** Where Espalier keeps what it fetched or built, outside every repository: $ESPALIER_CACHE, or the system's place. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  if (env.ESPALIER_CACHE) return path.resolve(env.ESPALIER_CACHE);
  if (env.XDG_CACHE_HOME && path.isAbsolute(env.XDG_CACHE_HOME))
    return path.join(env.XDG_CACHE_HOME, 'espalier');
  if (platform === 'win32' && env.LOCALAPPDATA) return path.join(env.LOCALAPPDATA, 'espalier');
  if (platform === 'darwin') return path.join(homedir(), 'Library', 'Caches', 'espalier');
  return path.join(homedir(), '.cache', 'espalier');
}

const TOUCH_MS = 5_000;
const STALE_MS = 60_000;

/**
 * Runs `work` while holding the lock `name`, so that two processes don't fetch or build the same thing twice.
 * The holder touches its lock every five seconds; one whose process is gone, or that was not touched for a minute
 * (a process of another machine on a shared home), is broken.
 */
export async function withLock<T>(name: string, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  const file = `${name}.lock`;
  mkdirSync(path.dirname(file), { recursive: true });
  for (let waited = false; !take(file); waited = true) {
    if (!waited) onWait?.();
    if (isStale(file)) rmSync(file, { force: true });
    else await sleep(250);
  }
  const beat = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      // Someone removed the folder; the work will say so.
    }
  }, TOUCH_MS);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isStale(file: string): boolean {
  try {
    const age = Date.now() - statSync(file).mtimeMs;
    if (age > STALE_MS) return true;
    const pid = Number(readFileSync(file, 'utf8'));
    // An empty file is one that is being written right now.
    return Number.isInteger(pid) && pid > 0 && age > 1_000 && !processExists(pid);
  } catch {
    return false; // gone meanwhile: the next take() decides
  }
}
