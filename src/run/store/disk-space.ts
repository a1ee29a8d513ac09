import { lstat, rm, stat, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, removeEmpty } from '../../files/make-folder.ts';
import { unwritable } from '../../files/unwritable.ts';
import { strayMark, sweep } from '../../formats/files.ts';
import { InputError } from '../../graph/errors.ts';

const probeName = '.espalier-probe-';

/**
 * Refuses a folder that can't be made or written or has no room for so many bytes, before anything runs.
 * @returns the folders that were made for it, from the outermost
 * @throws InputError; nothing is left behind then
 */
export async function probeFolder(folder: string, bytes: number): Promise<string[]> {
  const made = await makeFolder(folder);
  const file = path.join(folder, `${probeName}${strayMark()}`);
  try {
    await sweep(folder, probeName, '');
    await writeFile(file, Buffer.alloc(4096), { flag: 'wx' });
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < bytes + 2 ** 20)
      throw new InputError(
        `the disk of ${folder} has ${Math.floor((bavail * bsize) / 2 ** 20)} MB left, too little for the result; free some or write elsewhere with --out`,
      );
  } catch (error) {
    await rm(file, { force: true }).catch(() => {});
    await removeEmpty(made);
    // /proc and its like are there, and take no file
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new InputError(`can't write in ${folder}: no file can be made there; choose another folder`);
    throw unwritable(error, folder);
  } finally {
    await rm(file, { force: true }).catch(() => {});
  }
  return made;
}

/** The same for a file that is to be written. @throws InputError; nothing is left behind then */
export async function probeFile(file: string): Promise<string[]> {
  const about = await stat(file).catch(() => null);
  if (about && !about.isFile())
    throw new InputError(
      `can't write ${file}: it is ${about.isDirectory() ? 'a folder' : 'no plain file'}; name a file`,
    );
  return await probeFolder(path.dirname(file), 0);
}

/** Refuses a link that leads to nothing: it is somebody's, and a file would take its place. @throws InputError */
export async function refuseLooseLink(file: string): Promise<void> {
  const link = (await lstat(file).catch(() => null))?.isSymbolicLink();
  if (!link || (await stat(file).catch(() => null))) return;
  throw new InputError(
    `can't write ${file}: it is a link that leads nowhere or in a circle; name another file`,
  );
}
