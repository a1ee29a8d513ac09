import { mkdir, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { unwritable } from './unwritable.ts';
import { InputError } from '../graph/errors.ts';

/**
 * Makes a folder and those above it. Step by step: Node's own never comes to an end where a file system takes no new
 * folders and says that the one above is missing (/proc). Does nothing where it is there.
 * @param mode of those that are made, default as the process's umask has it
 * @returns those that were made, from the outermost
 * @throws InputError where one of them is a file or can't be made; none is left behind then
 */
export async function makeFolder(folder: string, mode?: number): Promise<string[]> {
  const missing: string[] = [];
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const about = await stat(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw unwritable(error, folder);
    });
    if (about?.isDirectory()) break;
    if (about)
      throw new InputError(
        `can't write in ${folder}: ${at === path.resolve(folder) ? 'it' : at} is a file; choose another folder`,
      );
    missing.unshift(at);
    // the root of a drive that is not there
    if (path.dirname(at) === at) break;
  }
  const made: string[] = [];
  for (const one of missing)
    try {
      await mkdir(one, { mode });
      made.push(one);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // another process was quicker
      if (code === 'EEXIST' && (await stat(one).catch(() => null))?.isDirectory()) continue;
      await removeEmpty(made);
      if (code === 'ENOENT')
        throw new InputError(`can't write in ${folder}: ${one} can't be made there; choose another folder`);
      throw unwritable(error, folder);
    }
  return made;
}

/** Removes folders that makeFolder made, as far as nothing has come into them. */
export async function removeEmpty(made: readonly string[]): Promise<void> {
  for (const one of [...made].reverse()) await rmdir(one).catch(() => {});
}
