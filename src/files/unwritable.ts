import { whyUnreadable } from './regular.ts';
import { InputError } from '../graph/errors.ts';

/** What else keeps a folder from being made or written in than what keeps a file from being read. */
const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'a part of its path is not a folder',
  EINVAL: 'its name is not one for a folder there',
  EFBIG: 'the file would be too large',
};

/** A file-system error as one sentence; anything else as it is. */
export function unwritable(error: unknown, where: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (error instanceof InputError || !code) return error;
  // the caller, who knows what it was, says what is missing
  const reason = reasons[code] ?? (code === 'ENOENT' ? undefined : whyUnreadable(error));
  if (reason === undefined) return error;
  return new InputError(`can't write in ${where}: ${reason}; free it or choose another folder`);
}
