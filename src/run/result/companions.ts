import { createHash } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Occupied, writeFiles } from '../../formats/files.ts';
import type { LoadedModel } from '../../formats/types.ts';

/** A file that goes beside a model, and whether it is to be written. */
export interface Beside {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  /** it stands there already, with the same content */
  readonly there: boolean;
  /** another file stands there, and gives way */
  readonly replaces?: boolean;
}

/** What lies, or is to lie, beside a model that a run wrote before. */
export interface BesideAgain {
  /** null where another's file is in the way */
  readonly beside: readonly Beside[] | null;
  /** files of the run's that hold something else by now */
  readonly changed: readonly string[];
  /** names of those that nothing is left to write from */
  readonly lost: readonly string[];
}

/**
 * Where the files that belong to a model go beside one that is made of it: under their own names, or after the new model's
 * where another file has that. `cnn4.labels.txt` becomes `cnn4.pruned.labels.txt`.
 * @param out the new model's file; in a .zip they go inside
 * @returns null where another file stands under both names
 */
export async function besideOf(
  { companions = [] }: Pick<LoadedModel, 'companions'>,
  out: string,
): Promise<Beside[] | null> {
  if (path.extname(out).toLowerCase() === '.zip') return [];
  const folder = path.dirname(out);
  const stem = path.parse(out).name;
  const result: Beside[] = [];
  for (const { name, own, bytes } of companions) {
    const names = own === null ? [name, `${stem}.${name}`] : [`${stem}.${own}`];
    let placed: Beside | undefined;
    for (const one of names) {
      const file = path.join(folder, one);
      const stands = await standing(file, bytes);
      if (stands === 'other') continue;
      placed = { file, bytes, sha256: hashOf(bytes), there: stands === 'same' };
      break;
    }
    if (!placed) return null;
    result.push(placed);
  }
  return result;
}

/**
 * The same where a run wrote the model before: what it wrote beside it goes where it put it, whatever lies there by now.
 * @param recorded the files that the run wrote there
 */
export async function besideAgain(
  { companions = [] }: Pick<LoadedModel, 'companions'>,
  out: string,
  recorded: readonly Pick<Beside, 'file' | 'sha256'>[],
): Promise<BesideAgain> {
  const beside: Beside[] = [];
  const changed: string[] = [];
  const lost: string[] = [];
  const free = [...companions];
  const stem = path.parse(out).name;
  for (const { file, sha256 } of recorded) {
    const base = path.basename(file);
    const same = free.findIndex(({ bytes }) => hashOf(bytes) === sha256);
    const named = free.findIndex(({ name, own }) => [name, `${stem}.${own ?? name}`].includes(base));
    const [from] = same < 0 && named < 0 ? [] : free.splice(same < 0 ? named : same, 1);
    const held = await lstat(file).catch(() => null);
    const found = held?.isFile() ? hashOf(await readFile(file).catch(() => new Uint8Array())) : null;
    if (found === sha256) {
      beside.push({ file, sha256, bytes: from?.bytes ?? (await readFile(file)), there: true });
      continue;
    }
    const there = from !== undefined && found === hashOf(from.bytes);
    if (held && !there) changed.push(file);
    if (from)
      beside.push({ file, sha256: hashOf(from.bytes), bytes: from.bytes, there, replaces: held !== null });
    else lost.push(base);
  }
  const others = await besideOf({ companions: free }, out);
  return { beside: others && [...beside, ...others], changed, lost };
}

/** Writes those that are not there. @throws Occupied where another file came to stand there meanwhile */
export async function writeBeside(beside: readonly Beside[]): Promise<void> {
  const missing = beside.filter(({ there }) => !there);
  for (const fresh of [true, false])
    await writeFiles(
      missing
        .filter(({ replaces = false }) => replaces !== fresh)
        .map(({ file, bytes }) => [file, bytes] as const),
      undefined,
      fresh,
    );
}

/**
 * The same for a model that was just written, where nothing else depends on it.
 * @param known what goes where, where that was looked at before
 * @returns the files beside it; a word where another's are in the way
 */
export async function travel(
  model: Pick<LoadedModel, 'companions'>,
  out: string,
  known?: BesideAgain,
): Promise<{ readonly files: readonly Beside[]; readonly note?: string }> {
  const beside = known ? known.beside : await besideOf(model, out);
  try {
    if (!beside) throw new Occupied('');
    await writeBeside(beside);
    return { files: beside };
  } catch (error) {
    if (!(error instanceof Occupied)) throw error;
    const names = model.companions!.map(({ name }) => name).join(', ');
    return { files: [], note: `${names} was not written beside ${out}: another file of the name is there` };
  }
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function standing(file: string, bytes: Uint8Array): Promise<'none' | 'same' | 'other'> {
  const about = await lstat(file).catch(() => null);
  if (!about) return 'none';
  if (!about.isFile() || about.size !== bytes.length) return 'other';
  const found = await readFile(file).catch(() => null);
  return found && Buffer.compare(found, bytes) === 0 ? 'same' : 'other';
}
