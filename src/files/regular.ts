import { constants, type ReadStream, type Stats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { InputError } from '../graph/errors.ts';

/** Largest file that is read whole: a JavaScript buffer can't hold more on every supported Node. */
export const LARGEST_WHOLE = 2 ** 31 - 1;

/** A path that leads to no file, or to one that is too large; the message is a clause: "it is a pipe, not a file". */
class FileRefused extends Error {}

/**
 * Opens a regular file for reading, links followed. A pipe, device or socket is refused at once: reading one may
 * wait for ever or never end, and opening one may already do something.
 * @throws FileRefused, or the system's error (see whyUnreadable)
 */
export async function openRegular(file: string): Promise<{ handle: FileHandle; size: number }> {
  refuseOther(await stat(file));
  // by now it may be another: opening a pipe must not wait, and what was opened is what counts
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const info = await handle.stat();
    refuseOther(info);
    return { handle, size: info.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * A regular file's bytes.
 * @param most bytes that it may have
 * @throws FileRefused, or the system's error (see whyUnreadable)
 */
export async function readRegular(file: string, most = LARGEST_WHOLE): Promise<Buffer> {
  const { handle, size } = await openRegular(file);
  try {
    if (size > most)
      throw new FileRefused(`it has ${size} bytes, more than the ${most} that Espalier reads of such a file`);
    return await readAll(handle, size);
  } finally {
    await handle.close();
  }
}

/** The first `size` bytes of an open file, fewer where it ends before; one that grows meanwhile isn't followed. */
export async function readAll(handle: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let have = 0;
  while (have < size) {
    const { bytesRead } = await handle.read(bytes, have, Math.min(size - have, 2 ** 30), have);
    if (bytesRead === 0) break;
    have += bytesRead;
  }
  return bytes.subarray(0, have);
}

/** A regular file as a stream, which closes it. @throws FileRefused, or the system's error */
export async function streamRegular(
  file: string,
  options: { start?: number; end?: number; highWaterMark?: number } = {},
): Promise<ReadStream> {
  const { handle } = await openRegular(file);
  return handle.createReadStream(options);
}

function refuseOther(info: Stats): void {
  if (info.isFile()) return;
  const kind = info.isDirectory()
    ? 'a folder'
    : info.isFIFO()
      ? 'a pipe'
      : info.isSocket()
        ? 'a socket'
        : 'a device';
  throw new FileRefused(`it is ${kind}, not a file`);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead in a circle',
  Z_BUF_ERROR: 'what is packed in it ends too early',
  Z_DATA_ERROR: 'what is packed in it is damaged',
  ERR_INVALID_ARG_VALUE: 'its name has a character that no file name can have',
};

/** Why a file can't be read or written, as a clause; undefined where the error isn't a file's. */
export function whyUnreadable(error: unknown): string | undefined {
  if (error instanceof FileRefused) return error.message;
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === 'string' ? (reasons[code] ?? code) : undefined;
}

/** A file's error as an InputError of one sentence ("can't read …: it is not there"); anything else as it is. */
export function fileError(error: unknown, what: string): unknown {
  const why = error instanceof InputError ? undefined : whyUnreadable(error);
  return why === undefined ? error : new InputError(`${what}: ${why}`);
}
