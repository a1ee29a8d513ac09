import { randomBytes } from 'node:crypto';
import { readFile, rm, utimes, writeFile, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import { InputError } from '../graph/errors.ts';

const ownerSchema = z.object({ pid: z.number().int(), host: z.string(), token: z.string() });

/** A lock of another machine that has not been touched for so long is stale. */
const patience = 10 * 60_000;
const held = new Set<string>();

/**
 * Holds a run folder, so that no two processes work on one run. A lock whose process is gone is taken over.
 * @returns what gives it back
 * @throws InputError where another live process has it
 */
export async function lockRun(folder: string): Promise<() => Promise<void>> {
  const file = path.join(folder, 'lock');
  const token = randomBytes(8).toString('hex');
  const mine = JSON.stringify({ pid: process.pid, host: os.hostname(), token });
  for (let attempt = 0; ; attempt++) {
    try {
      await writeFile(file, mine, { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 3) throw error;
      const owner = await liveOwner(file);
      if (owner)
        throw new InputError(
          `the run in ${folder} is in use by process ${owner.pid}${owner.host === os.hostname() ? '' : ` on ${owner.host}`}; wait for it, or stop it first`,
        );
      await rm(file, { force: true });
    }
  }
  // two that found the same stale lock: the one whose lock stands has it
  if ((await readFile(file, 'utf8').catch(() => '')) !== mine)
    throw new InputError(`the run in ${folder} was taken by another process just now`);
  held.add(token);
  const beat = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => {}), 30_000);
  beat.unref();
  return async () => {
    clearInterval(beat);
    held.delete(token);
    if ((await readFile(file, 'utf8').catch(() => '')) === mine) await rm(file, { force: true });
  };
}

/** The live process that works on a run; null where none does. */
export function lockOwner(folder: string): Promise<{ pid: number; host: string } | null> {
  return liveOwner(path.join(folder, 'lock'));
}

async function liveOwner(file: string): Promise<{ pid: number; host: string } | null> {
  let owner: z.infer<typeof ownerSchema>;
  let touched: number;
  try {
    touched = (await stat(file)).mtimeMs;
    owner = ownerSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return null;
  }
  if (owner.host !== os.hostname()) return Date.now() - touched < patience ? owner : null;
  if (owner.pid === process.pid) return held.has(owner.token) ? owner : null;
  try {
    process.kill(owner.pid, 0);
    return owner;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? owner : null;
  }
}
