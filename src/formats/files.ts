import { randomBytes } from 'node:crypto';
import { link, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../graph/errors.ts';
import { makeFolder } from '../files/make-folder.ts';
import { fileError, LARGEST_WHOLE, readRegular } from '../files/regular.ts';
import { processExists } from '../system/exists.ts';

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
 * @param fresh nothing may stand where they go: what comes there meanwhile stays as it is
 * @throws InputError where the folder can't be written or the disk is full; no temporary file is left behind
 * @throws Occupied where something stands in the place of a fresh file; none of them is left then
 */
export async function writeFiles(
  files: readonly (readonly [string, Uint8Array])[],
  mode?: number,
  fresh = false,
): Promise<void> {
  const written: [temporary: string, target: string][] = [];
  const placed: string[] = [];
  let at = '';
  try {
    for (const [target, bytes] of files) {
      at = target;
      await makeFolder(path.dirname(target));
      await refuseSpecial(target);
      await sweep(path.dirname(target), `${path.basename(target)}.`, '.tmp');
      const temporary = `${target}.${strayMark()}.tmp`;
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
      if (fresh) await placeFresh(temporary, target);
      else await rename(temporary, target);
      placed.push(target);
    }
  } catch (error) {
    // a name that is too long can't be removed either
    for (const [temporary] of written) await rm(temporary, { force: true }).catch(() => {});
    if (fresh) for (const target of placed) await rm(target, { force: true });
    throw fileError(error, `can't write "${at}"`);
  }
}

/** A rename puts a file in the place of a device or pipe (/dev/null), too, and whatever uses that is lost. */
async function refuseSpecial(target: string): Promise<void> {
  const there = await lstat(target).catch(() => null);
  if (!there || there.isFile() || there.isSymbolicLink()) return;
  const kind = there.isDirectory() ? 'a folder' : 'no plain file';
  throw new InputError(`can't write "${target}": it is ${kind}; name a file`);
}

/** Something stands where a new file was to go. */
export class Occupied extends InputError {}

/** Moves a file to where nothing stands, at one stroke: a link fails where a rename would overwrite. */
async function placeFresh(temporary: string, target: string): Promise<void> {
  try {
    await link(temporary, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const there = await lstat(target).catch(() => null);
    if (code === 'EEXIST' || there) throw new Occupied(`${target} is there already`);
    // a disk without hard links
    await rename(temporary, target);
    return;
  }
  await rm(temporary, { force: true });
}

/** What the names of temporary files hold: the process that makes them, and something that nobody else has. */
export function strayMark(): string {
  return `${process.pid}-${randomBytes(6).toString('hex')}`;
}

/** Removes temporary files and folders (before MARK after) of processes that are gone: they were killed while they wrote. */
export async function sweep(folder: string, before: string, after: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(before) || !name.endsWith(after)) continue;
    const [, pid] = /^(\d+)-[0-9a-f]{12}$/.exec(name.slice(before.length, name.length - after.length)) ?? [];
    if (pid !== undefined && !processExists(Number(pid)))
      await rm(path.join(folder, name), { recursive: true, force: true });
  }
}

/** One file: see writeFiles. */
export function writeFileWhole(target: string, bytes: Uint8Array, mode?: number): Promise<void> {
  return writeFiles([[target, bytes]], mode);
}
