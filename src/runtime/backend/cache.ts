import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InUse, lockFolder } from '../../files/lock.ts';
import type { Lock } from '../../files/lock.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { unwritable } from '../../files/unwritable.ts';
import { InputError } from '../../graph/errors.ts';
import { homeFolder } from '../../system/home.ts';

/**
 * Where Espalier keeps what it fetched or built, outside every repository: $ESPALIER_CACHE, or the system's place.
 * @throws InputError where nothing tells the user's home folder
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  if (env.ESPALIER_CACHE) return path.resolve(env.ESPALIER_CACHE);
  if (env.XDG_CACHE_HOME && path.isAbsolute(env.XDG_CACHE_HOME))
    return path.join(env.XDG_CACHE_HOME, 'espalier');
  if (platform === 'win32' && env.LOCALAPPDATA && path.isAbsolute(env.LOCALAPPDATA))
    return path.join(env.LOCALAPPDATA, 'espalier');
  const home = homeFolder();
  if (home === null)
    throw new InputError('this user has no home folder: set HOME or ESPALIER_CACHE to the path of a folder');
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches', 'espalier');
  return path.join(home, '.cache', 'espalier');
}

/** The cache can't be written: a sentence for people, and what to do about it. */
export class CannotCache extends InputError {
  readonly fix = 'set ESPALIER_CACHE to a folder that can be written';
}

/** Milliseconds between two looks at a lock that another process has. */
const LOOK_MS = 250;

/**
 * Runs `work` while holding the lock `name`, so that two processes don't fetch or build the same thing twice. The one that
 * comes meanwhile waits; the lock of a process that is gone is taken over, by one alone (src/files/lock.ts).
 * @throws CannotCache where no lock can be made there
 */
export async function withLock<T>(name: string, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  const folder = `${name}.lock`;
  const lock = await take(folder, onWait);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function take(folder: string, onWait?: () => void): Promise<Lock> {
  await makeFolder(folder).catch((error: unknown) => refuse(error, folder));
  for (let waited = false; ; waited = true)
    try {
      return await lockFolder(folder, undefined, 'work');
    } catch (error) {
      if (!(error instanceof InUse)) refuse(error, folder);
      if (!waited) onWait?.();
      await sleep(LOOK_MS);
    }
}

function refuse(error: unknown, folder: string): never {
  const said = unwritable(error, folder);
  const text = said instanceof Error ? said.message : String(said);
  // which folder is to be chosen is said by the fix
  throw new CannotCache(text.replace(/; (free it or )?choose another folder$/, ''));
}
