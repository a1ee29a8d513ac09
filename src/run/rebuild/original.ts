import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { configSuffix, readConfig } from '../../config/files.ts';
import { prunedFile, sourceFile } from '../../config/paths.ts';
import type { Bounds } from '../../config/paths.ts';
import { InputError } from '../../graph/errors.ts';

/** Configs that are looked into, of a folder that has many. */
const MOST_CONFIGS = 200;

/** The model that another was pruned from, as a config beside it says; null where none does. @param bounds where that may lie */
export async function originalOf(model: string, bounds: Bounds = {}): Promise<string | null> {
  const file = path.resolve(model);
  const folder = path.dirname(file);
  const names = (await readdir(folder)).filter((name) => name.endsWith(configSuffix)).sort();
  for (const name of names.slice(0, MOST_CONFIGS))
    try {
      const { source, pruned } = await readConfig(path.join(folder, name));
      if (pruned && (await prunedFile(folder, pruned.path, name)) === file)
        return await sourceFile(folder, source.path, name, bounds);
    } catch (error) {
      // another's, or damaged: it says nothing of this model
      if (!(error instanceof InputError)) throw error;
    }
  return null;
}
