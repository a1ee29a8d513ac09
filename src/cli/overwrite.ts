import path from 'node:path';
import { InputError } from '../graph/errors.ts';
import { visible } from '../report/escape.ts';
import { ask } from './ask.ts';

/** A file that a command would overwrite; `run`: that this run is about to write. */
export interface Obstacle {
  readonly file: string;
  readonly run?: string;
}

/**
 * Asks, in a terminal, whether files may be overwritten; `--force` says so beforehand.
 * @throws InputError where nobody can be asked, or the answer is no
 */
export async function mayOverwrite(
  found: readonly Obstacle[],
  {
    force = false,
    json = false,
    elsewhere = 'write elsewhere with --out',
  }: { readonly force?: boolean; readonly json?: boolean; readonly elsewhere?: string },
): Promise<void> {
  if (!found.length || force) return;
  const [{ file, run }] = found;
  const name = shown(file);
  const what = run
    ? `${name} is what the run ${run} will write, which is at work`
    : `${name} is there already, and is not of this command's making`;
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
  const refused = `${what}${more}; ${elsewhere}, or overwrite it with --force`;
  const names = found.map((one) => shown(one.file)).join(', ');
  if (json || !(await ask(`${what}${more}. Overwrite ${names}?`))) throw new InputError(refused);
}

/** A path as it is easiest to read: relative where it is below. */
export function shown(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return visible(relative.startsWith('..') ? file : relative);
}
