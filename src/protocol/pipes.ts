import { lstatSync } from 'node:fs';
import path from 'node:path';

/** How the names of runs' pipes, or of the folders that hold them, begin. */
export const pipePrefix = 'espalier-';

/**
 * Whether a pipe that a file names can be one of our runs': on this machine, of our naming, in a folder that belongs to
 * this user alone. A file may come with somebody else's folder, and name a server of theirs.
 */
export function isRunPipe(pipe: string, platform = process.platform): boolean {
  if (platform === 'win32') return /^\\\\[.?]\\pipe\\espalier-[0-9a-f]{24}$/.test(pipe);
  const folder = path.dirname(pipe);
  if (!path.isAbsolute(pipe) || path.basename(pipe) !== 's') return false;
  if (!path.basename(folder).startsWith(pipePrefix)) return false;
  try {
    const [outer, inner] = [lstatSync(folder), lstatSync(pipe)];
    const mine = process.getuid?.();
    return (
      outer.isDirectory() &&
      (outer.mode & 0o777) === 0o700 &&
      outer.uid === mine &&
      inner.isSocket() &&
      inner.uid === mine
    );
  } catch {
    return false;
  }
}
