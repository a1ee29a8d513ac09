import { randomBytes } from 'node:crypto';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../graph/errors.ts';
import { unwritable } from './folder.ts';

/**
 * Refuses a folder that can't be written or has no room for so many bytes, before anything runs.
 * @throws InputError
 */
export async function probeFolder(folder: string, bytes: number): Promise<void> {
  const file = path.join(folder, `.espalier-probe-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(file, Buffer.alloc(4096), { flag: 'wx' });
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < bytes + 2 ** 20)
      throw new InputError(
        `the disk of ${folder} has ${Math.floor((bavail * bsize) / 2 ** 20)} MB left, too little for the result; free some or write elsewhere with --out`,
      );
  } catch (error) {
    throw unwritable(error, folder);
  } finally {
    await rm(file, { force: true }).catch(() => {});
  }
}
