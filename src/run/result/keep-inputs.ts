import path from 'node:path';
import { isImagePath } from '../../data/source.ts';
import { isWithin, realOf } from '../../files/real-path.ts';
import { modelFile, modelParts } from '../../formats/identity.ts';
import { labelFiles } from '../../formats/labels.ts';
import { InputError } from '../../graph/errors.ts';

/** What a command reads; paths from the current folder. */
export interface Inputs {
  readonly models?: readonly string[];
  readonly configs?: readonly string[];
  /** a folder of images, or one file of them */
  readonly images?: string;
}

/** Files in a folder of images other than pictures. */
const arrays = /(\.npz|ubyte(\.gz)?)$/i;

/**
 * Refuses to write over what a command reads, by force or not: nothing could be made from it any more.
 * @param targets files that are to be written
 * @throws InputError naming the first that is an input
 */
export async function keepInputs(
  targets: readonly string[],
  { models = [], configs = [], images }: Inputs,
): Promise<void> {
  const known = new Map<string, string>();
  const add = async (file: string, what: string) => {
    const real = await linkless(file);
    if (!known.has(real)) known.set(real, what);
  };
  for (const config of configs) await add(config, 'the config');
  for (const named of models) {
    const model = await modelFile(path.resolve(named));
    const [whole, ...weights] = await modelParts(model);
    await add(whole, 'the model');
    for (const one of weights) await add(one, `weights of the model ${path.basename(model)}`);
    for (const one of await labelFiles(model))
      await add(one, `the class names of the model ${path.basename(model)}`);
  }
  const from = images === undefined ? null : await linkless(images);
  for (const target of targets) {
    const real = await linkless(target);
    const what = known.get(real) ?? (from !== null && isOfImages(real, from) ? 'of the images' : null);
    if (what !== null)
      throw new InputError(
        `${target} is ${what} that this command reads, and is not overwritten, not even by force; name another file`,
      );
  }
}

function isOfImages(file: string, images: string): boolean {
  if (file === images) return true;
  return isWithin(images, file) && (isImagePath(file) || arrays.test(file));
}

/** A file without links on its way; behind one that leads nowhere, as it is named. */
async function linkless(file: string): Promise<string> {
  return (await realOf(file)) ?? path.resolve(file);
}
