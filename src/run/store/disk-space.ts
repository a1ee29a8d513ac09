import { mkdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { strayMark, sweep } from '../../formats/files.ts';
import { InputError } from '../../graph/errors.ts';
import { unwritable } from './file-errors.ts';

const probeName = '.espalier-probe-';

/**
 * Refuses a folder that can't be made or written or has no room for so many bytes, before anything runs.
 * @throws InputError
 */
export async function probeFolder(folder: string, bytes: number): Promise<void> {
  await makeFolder(folder);
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
    // /proc and its like are there, and take no file
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new InputError(`can't write in ${folder}: no file can be made there; choose another folder`);
    throw unwritable(error, folder);
  } finally {
    await rm(file, { force: true }).catch(() => {});
  }
}

/** The same for a file that is to be written. @throws InputError */
export async function probeFile(file: string): Promise<void> {
  const about = await stat(file).catch(() => null);
  if (about && !about.isFile())
    throw new InputError(
      `can't write ${file}: it is ${about.isDirectory() ? 'a folder' : 'no plain file'}; name a file`,
    );
  await probeFolder(path.dirname(file), 0);
}

/**
 * Makes a folder and those above it. Step by step: Node's own never comes to an end where a file system takes no new
 * folders and says that the one above is missing (/proc).
 * @throws InputError where one of them is a file or can't be made
 */
export async function makeFolder(folder: string): Promise<void> {
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
  for (const one of missing)
    try {
      await mkdir(one);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // another process was quicker
      if (code === 'EEXIST' && (await stat(one).catch(() => null))?.isDirectory()) continue;
      if (code === 'ENOENT')
        throw new InputError(`can't write in ${folder}: ${one} can't be made there; choose another folder`);
      throw unwritable(error, folder);
    }
}
