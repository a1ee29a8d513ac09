import { InputError } from '../../graph/errors.ts';

const reasons: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  ENOTDIR: 'a part of its path is not a folder',
  EEXIST: 'a part of its path is not a folder',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  EINVAL: 'its name is not one for a folder there',
  EFBIG: 'the file would be too large',
};

/** A file-system error as one sentence; anything else as it is. */
export function unwritable(error: unknown, where: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (error instanceof InputError || !code || !reasons[code]) return error;
  return new InputError(`can't write in ${where}: ${reasons[code]}; free it or choose another folder`);
}
