import { lstat, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { isWithin, realOf } from '../files/real-path.ts';
import { InputError } from '../graph/errors.ts';
import { modelEndings } from '../terms/written.ts';

/** Where a config's paths may lead. */
export interface Bounds {
  /** folders below which the source may lie, beside the config's own and its git repository's */
  readonly roots?: readonly string[];
  /** the source, named by the user: the config's path is not looked at */
  readonly source?: string;
}

/**
 * The file that a config's `pruned.path` names: a model's name, in the config's folder or below it, whatever links there
 * are. It may be written, so nothing that only looks like a model is let through.
 * @param folder where the config's relative paths start
 * @param name what to call the config in messages
 * @throws InputError in one sentence
 */
export async function prunedFile(folder: string, given: string, name: string): Promise<string> {
  const refuse = (why: string) =>
    new InputError(
      `${name}: its pruned.path ${quoted(given)} ${why}; it is a path below the config's folder`,
    );
  const wrong = oddities(given);
  if (wrong) throw refuse(wrong);
  const parts = given.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw refuse('leads out of its folder');
  if (parts.some((part) => part.startsWith('.'))) throw refuse('leads into a hidden folder or file');
  if (parts.some((part) => /[. ]$/.test(part))) throw refuse('has a part that ends in a dot or a space');
  const last = parts.at(-1)?.toLowerCase() ?? '';
  const endings = [...modelEndings, 'zip'];
  if (
    last !== 'model.json' &&
    !endings.some((ending) => last.length > ending.length + 1 && last.endsWith(`.${ending}`))
  )
    throw refuse(`isn't the name of a model (.${endings.join(', .')} or model.json)`);
  const file = path.resolve(folder, ...parts);
  const real = await realOf(file);
  if (!real || !isBelow(await realRoot(folder), real)) throw refuse('leads out of its folder by a link');
  const about = await stat(file).catch(() => null);
  if (about && !about.isFile()) throw refuse("isn't a file");
  return file;
}

/**
 * The model that a config's `source.path` names: a file, or a folder with a model.json, below the config's folder, its git
 * repository, or one of the roots.
 * @throws InputError in one sentence
 */
export async function sourceFile(
  folder: string,
  given: string,
  name: string,
  { roots = [], source }: Bounds = {},
): Promise<string> {
  if (source !== undefined) return path.resolve(source);
  const refuse = (why: string) =>
    new InputError(
      `${name}: its source.path ${quoted(given)} ${why}; if you mean it, name the model yourself with --source FILE`,
    );
  const wrong = oddities(given);
  if (wrong) throw refuse(wrong);
  const file = path.resolve(folder, given);
  const real = await realOf(file);
  const repository = await repositoryOf(folder);
  const allowed = await Promise.all(
    [folder, ...(repository ? [repository] : []), ...roots].map((root) => realRoot(root)),
  );
  if (!real || !allowed.some((root) => isBelow(root, real)))
    throw refuse("leads out of the config's folder, its repository and the current folder");
  const about = await stat(file).catch(() => null);
  // its reader says what is missing
  if (about && !about.isFile() && !about.isDirectory()) throw refuse("isn't a file");
  return file;
}

/** Names that Windows takes for devices, with any ending. */
const devices = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³])\s*(\.|$)/i;

/** What no path of a config may be, on any system: configs are passed around. Null where all is well. */
export function oddities(given: string): string | null {
  if (/[\u0000-\u001f\u007f]/.test(given)) return 'holds a control character';
  if (given.includes('\\')) return 'holds a backslash';
  if (given.startsWith('/')) return 'is absolute';
  if (/^[a-z]:/i.test(given)) return 'names a drive';
  if (process.platform === 'win32' && given.includes(':')) return 'holds a colon';
  const device = given.split('/').find((part) => devices.test(part));
  if (device !== undefined) return `names a device (${device})`;
  return null;
}

async function realRoot(folder: string): Promise<string> {
  return await realpath(folder).catch(() => path.resolve(folder));
}

function isBelow(root: string, file: string): boolean {
  return file !== root && isWithin(root, file);
}

/** The innermost folder above that holds a `.git`; null where there is none. */
async function repositoryOf(folder: string): Promise<string | null> {
  for (let at = path.resolve(folder); ;) {
    if (await lstat(path.join(at, '.git')).catch(() => null)) return at;
    const parent = path.dirname(at);
    if (parent === at) return null;
    at = parent;
  }
}

function quoted(given: string): string {
  const text = given.length > 80 ? `${given.slice(0, 77)}...` : given;
  return JSON.stringify(text);
}

/** A path as the config holds it: relative, with forward slashes. */
export function relative(folder: string, file: string): string {
  const text = path.relative(path.resolve(folder), path.resolve(file)).split(path.sep).join('/');
  return text || '.';
}
