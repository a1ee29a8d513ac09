import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, mkdtemp, realpath, rmdir, unlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pipePrefix } from '../../protocol/pipes.ts';

/** A socket's whole path may have so many bytes on every system. */
const longest = 100;

/**
 * Where a run's process can be reached: a name that nobody else can take, in a folder of its own.
 *
 * The folder's name follows from the run, so that a process finds there what one before it left when it was killed,
 * without asking any file of the run's folder, which may be somebody else's.
 */
export async function makePlace(run: string): Promise<{ pipe: string; folder: string | null }> {
  if (process.platform === 'win32')
    return { pipe: `\\\\.\\pipe\\${pipePrefix}${randomBytes(12).toString('hex')}`, folder: null };
  const real = await realpath(run).catch(() => path.resolve(run));
  const name = `${pipePrefix}${createHash('sha256').update(real).digest('hex').slice(0, 16)}`;
  const roots = [os.tmpdir(), '/tmp'];
  const root = roots.find((one) => path.join(one, name, 's').length < longest) ?? '/tmp';
  const wanted = path.join(root, name);
  await removePlace(wanted);
  const folder = await mkdir(wanted, { mode: 0o700 }).then(
    () => wanted,
    // somebody else's, or not empty: that one is left alone
    async () => await mkdtemp(path.join(root, pipePrefix)),
  );
  return { pipe: path.join(folder, 's'), folder };
}

/** Takes away the socket and its folder, where both are ours and nothing else is in it. */
export async function removePlace(folder: string): Promise<void> {
  const about = await lstat(folder).catch(() => null);
  const ours = about?.isDirectory() && about.uid === process.getuid?.() && (about.mode & 0o777) === 0o700;
  if (!ours) return;
  const socket = path.join(folder, 's');
  if ((await lstat(socket).catch(() => null))?.isSocket()) await unlink(socket).catch(() => {});
  // never with what is in it
  await rmdir(folder).catch(() => {});
}
