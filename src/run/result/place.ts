import { createHash } from 'node:crypto';
import { lstat, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { formatConfig } from '../../config/format.ts';
import type { PrunedConfig } from '../../config/schema.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { InputError } from '../../graph/errors.ts';
import { Occupied, writeFiles } from '../../formats/files.ts';
import type { LoadedModel } from '../../formats/types.ts';
import { besideOf, writeBeside } from './companions.ts';
import type { Beside } from './companions.ts';
import { modelParts, hashFile, hashModel, outputs } from '../../formats/identity.ts';
import { isOccupied } from './output-names.ts';
import { stagingFolder } from '../store/staging.ts';
import { stampOf } from '../store/written.ts';
import type { Written } from '../../terms/written.ts';

/** The names of what is placed. */
export interface PlacedFiles {
  readonly model: string;
  readonly config: string;
  /** files that belong to the model, beside it */
  readonly beside: readonly Pick<Beside, 'file' | 'sha256'>[];
}

export interface Placing {
  readonly model: Pick<LoadedModel, 'path' | 'format' | 'companions'>;
  /** the folder that the files go into */
  readonly out: string;
  /** for their names: the first that is free, or holds the same already, is taken */
  readonly labels: Iterable<string | undefined>;
  /** SHA-256 of files that may be overwritten */
  readonly replaces?: readonly string[];
  /** a folder of the run's own, for the model while it is written */
  readonly stage: string;
  /** writes the model to a file of its format */
  save(file: string): Promise<void>;
  /** the config for these names. @param sha256 of the model */
  config(files: PlacedFiles, sha256: string): PrunedConfig;
}

/** What was placed, and how to know it again. */
export interface Placed extends Required<Pick<Written, 'model' | 'config' | 'beside' | 'stamp'>> {
  readonly sha256: { readonly model: string; readonly config: string; readonly beside?: readonly string[] };
  readonly written: PrunedConfig;
}

/**
 * Puts a pruned model, the files that belong to it, and its config where nothing else stands: under the first label whose files are not there, are
 * the very same bytes already, or may be overwritten. Somebody else's file is never touched, whenever it came.
 * @throws InputError where the folder can't be written
 */
export async function place(placing: Placing): Promise<Placed> {
  const { model, out, labels, replaces = [] } = placing;
  return await staged(
    placing.stage,
    path.extname(outputs(model, out).model),
    placing.save,
    model.format,
    async (file, sha256) => {
      for (const label of labels) {
        const { model: target, config } = outputs(model, out, label);
        const beside = await besideOf(model, target);
        if (!beside) continue;
        const files = { model: target, config, beside };
        const written = placing.config(files, sha256);
        const text = Buffer.from(formatConfig(written));
        const hashes = { model: sha256, config: createHash('sha256').update(text).digest('hex') };
        const stands = {
          model: await standing(files.model, hashes.model, replaces, hashModel),
          config: await standing(files.config, hashes.config, replaces, hashFile),
        };
        if (stands.model === 'other' || stands.config === 'other') continue;
        try {
          if (stands.model !== 'same') await move(file, files.model, stands.model === 'none');
          try {
            await writeBeside(beside);
            if (stands.config !== 'same')
              await writeFiles([[files.config, text]], undefined, stands.config === 'none');
          } catch (error) {
            // a model without a config tells nobody what it is
            if (error instanceof Occupied && stands.model === 'none') await removeModel(files.model);
            if (error instanceof Occupied)
              for (const one of beside) if (!one.there) await rm(one.file, { force: true });
            throw error;
          }
        } catch (error) {
          // somebody was quicker by a moment
          if (error instanceof Occupied) continue;
          throw error;
        }
        return {
          model: files.model,
          config: files.config,
          beside: beside.map(({ file }) => file),
          sha256: { ...hashes, beside: beside.length ? beside.map((one) => one.sha256) : undefined },
          stamp: await stampOf(files.model),
          written,
        };
      }
      throw new InputError(`there is no free name left in ${out} for the pruned model`);
    },
  );
}

/**
 * Puts one model where it was asked for, if that is free, holds the same already, or may be overwritten.
 * @param replaces SHA-256 of what may be overwritten
 * @throws Occupied where another file stands there by now
 */
export async function placeModel(
  target: string,
  {
    stage,
    format,
    replaces,
    save,
  }: Pick<Placing, 'stage' | 'save'> & {
    readonly format: LoadedModel['format'];
    readonly replaces: readonly string[];
  },
): Promise<void> {
  await staged(stage, path.extname(target), save, format, async (file, sha256) => {
    const stands = await standing(target, sha256, replaces, hashModel);
    if (stands === 'other') throw new Occupied(`${target} is there already`);
    if (stands !== 'same') await move(file, target, stands === 'none');
  });
}

/** Has a model written into a folder of the run's own, and uses it there. */
async function staged<T>(
  stage: string,
  extension: string,
  save: (file: string) => Promise<void>,
  format: LoadedModel['format'],
  use: (file: string, sha256: string) => Promise<T>,
): Promise<T> {
  const folder = stagingFolder(stage);
  await makeFolder(folder);
  try {
    const file = path.join(
      folder,
      format === 'tfjs-layers' && extension !== '.zip' ? 'model.json' : `model${extension}`,
    );
    await save(file);
    return await use(file, await hashModel(file));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Stands = 'none' | 'same' | 'may go' | 'other';

/** What stands where a file is to go. */
async function standing(
  file: string,
  sha256: string,
  replaces: readonly string[],
  hash: (file: string) => Promise<string>,
): Promise<Stands> {
  const there = await lstat(file).catch(() => null);
  if (!there) {
    return path.basename(file) === 'model.json' && (await isOccupied(path.dirname(file))) ? 'other' : 'none';
  }
  if (!(await stat(file).catch(() => null))?.isFile()) return 'other';
  const found = await hash(file).catch(() => null);
  if (found === null) return 'other';
  return found === sha256 ? 'same' : replaces.includes(found) ? 'may go' : 'other';
}

async function move(from: string, to: string, fresh: boolean): Promise<void> {
  const parts = await modelParts(from);
  const files: [string, Uint8Array][] = [];
  for (const part of parts) {
    const name = part === from ? path.basename(to) : path.relative(path.dirname(from), part);
    files.push([path.join(path.dirname(to), name), await readFile(part)]);
  }
  // the file that names the others last
  await writeFiles([...files.slice(1), files[0]], undefined, fresh);
}

async function removeModel(file: string): Promise<void> {
  for (const part of await modelParts(file)) await rm(part, { force: true });
}
