import { createHash } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Occupied, writeFiles } from '../formats/files.ts';
import type { LoadedModel } from '../formats/types.ts';

/** A file that goes beside a model, and whether it is to be written. */
export interface Beside {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  /** it stands there already, with the same content */
  readonly there: boolean;
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

/** Writes those that are not there. @throws Occupied where another file came to stand there meanwhile */
export async function writeBeside(beside: readonly Beside[]): Promise<void> {
  const missing = beside.filter(({ there }) => !there);
  await writeFiles(
    missing.map(({ file, bytes }) => [file, bytes] as const),
    undefined,
    true,
  );
}

/**
 * The same for a model that was just written, where nothing else depends on it.
 * @returns the files beside it; a word where another's are in the way
 */
export async function travel(
  model: Pick<LoadedModel, 'companions'>,
  out: string,
): Promise<{ readonly files: readonly Pick<Beside, 'file' | 'sha256'>[]; readonly note?: string }> {
  const beside = await besideOf(model, out);
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
