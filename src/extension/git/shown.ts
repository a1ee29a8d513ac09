import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describeConfig } from '../../config/describe.ts';
import { readConfig } from '../../config/files.ts';
import { prunedFile } from '../../config/paths.ts';
import type { PrunedConfig } from '../../config/schema.ts';
import { InputError } from '../../graph/errors.ts';
import { t } from '../l10n.ts';
import type { Shown } from '../types.ts';

/** A config that is about to be committed, held to what it was when it was read. */
export interface Held {
  readonly config: PrunedConfig;
  /** throws where the config or its model is another by now */
  check(): Promise<void>;
}

/**
 * Reads a config for a commit.
 * @param hashModel SHA-256 of a model with its weight files
 * @param shown what the user sees
 * @throws InputError where the files on disk are not those that are shown
 */
export async function heldConfig(
  file: string,
  hashModel: (file: string) => Promise<string>,
  shown?: Shown,
): Promise<Held> {
  // in this order: what changes in between is found by the check
  const before = await hashFile(file).catch(() => null);
  const config = await readConfig(file);
  const name = path.basename(file);
  if (shown && before !== shown.config)
    throw new InputError(
      t(
        '{0} is not the one that is shown: by now it holds {1}. Write the candidate that you mean under another name (Write model…), then commit that.',
        name,
        describeConfig(config),
      ),
    );
  const model = config.pruned && (await prunedFile(path.dirname(file), config.pruned.path, name));
  const hashOf = async () => (model ? await hashModel(model).catch(() => null) : null);
  const found = await hashOf();
  if (shown && found !== null && found !== shown.model)
    throw new InputError(
      t(
        '{0} is not the model that was written with {1}: another file took its place. Write the candidate that you mean under another name (Write model…), then commit that.',
        path.basename(model!),
        name,
      ),
    );
  // what belongs to it is what this config says, also without anything shown
  const beside = model === undefined ? [] : (config.pruned?.beside ?? []);
  const changed = async () => {
    for (const { path: one, sha256 } of beside) {
      const now = await hashFile(path.join(path.dirname(model!), one)).catch(() => null);
      if (now !== null && now !== sha256) return one;
    }
    return null;
  };
  const other = await changed();
  if (other !== null)
    throw new InputError(
      t(
        '{0} is not the one that was written with {1}: its content is another by now. Write the model anew, or apply the config.',
        other,
        name,
      ),
    );
  return {
    config,
    async check() {
      const same = (await hashFile(file).catch(() => null)) === before && (await hashOf()) === found;
      if (same && (await changed()) === null) return;
      throw new InputError(
        t('{0} or its model changed while you were asked; nothing was committed. Look at it again.', name),
      );
    },
  };
}

async function hashFile(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
