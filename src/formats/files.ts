import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileError, LARGEST_WHOLE, readRegular } from '../files/regular.ts';

/**
 * Reads a regular file whole.
 * @param what what it should be, for the message ("model", "weights shard")
 * @param most bytes that it may have
 * @throws InputError where it is missing, no file, unreadable or too large
 */
export async function readInput(file: string, what: string, most = LARGEST_WHOLE): Promise<Uint8Array> {
  try {
    return await readRegular(file, most);
  } catch (error) {
    throw fileError(error, `can't read the ${what} "${file}"`);
  }
}

/**
 * Writes files so that each either has its whole new content or is left as it was: all under temporary names beside
 * their targets and synced, then renamed in the order given (put the file that names the others last).
 * @param mode of the new files, default as the process's umask has it
 * @throws InputError where the folder can't be written or the disk is full; no temporary file is left behind
 */
export async function writeFiles(
  files: readonly (readonly [string, Uint8Array])[],
  mode?: number,
): Promise<void> {
  const written: [temporary: string, target: string][] = [];
  let at = '';
  try {
    for (const [target, bytes] of files) {
      at = target;
      await mkdir(path.dirname(target), { recursive: true });
      const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
      written.push([temporary, target]);
      const handle = await open(temporary, 'wx', mode);
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
    }
    for (const [temporary, target] of written) {
      at = target;
      await rename(temporary, target);
    }
  } catch (error) {
    for (const [temporary] of written) await rm(temporary, { force: true });
    throw fileError(error, `can't write "${at}"`);
  }
}

/** One file: see writeFiles. */
export function writeFileWhole(target: string, bytes: Uint8Array, mode?: number): Promise<void> {
  return writeFiles([[target, bytes]], mode);
}
