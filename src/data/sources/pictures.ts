import { InputError } from '../../graph/errors.ts';
import { byCodePoint, type Item } from '../source.ts';
import { splitOf } from '../splits/split-names.ts';
import { findSplits, Unclear, type Expected, type Splits } from './find-splits.ts';
import { filled, imagesIn, itemOf, type Folder } from './tree.ts';
import { setSplit } from '../../terms/scores.ts';

/** What is known of a set whose images have no classes. */
export interface Pictures {
  readonly classes: string[];
  readonly empty: ReadonlyMap<string, string | null>;
  readonly items: Item[];
  readonly warnings: readonly string[];
  readonly unlabelled: true;
}

/** What a refusal of class folders adds where their images could be taken without them; else nothing. */
export function wayOut(expected?: Expected): string {
  return expected?.unlabelled === 'may' ? '; --no-labels takes the images without their classes' : '';
}

/**
 * The splits of a set that has no class folders: images directly in one folder, or in folders that are all named plainly
 * as splits, train among them. null where folders could be classes.
 * @param root stripped of wrappers
 * @param wrapper name of a folder that counts for nothing if it holds everything: that of the archive it came in
 */
export function flatSplits(root: Folder, wrapper?: string): Splits | null {
  const tops = filled(root);
  if (tops.length === 0) return new Map([['all', [root]]]);
  if (root.files.length > 0 || tops.some((top) => filled(top).length > 0)) return null;
  if (tops.length === 1 && tops[0].name === wrapper) return new Map([['all', tops]]);
  const roles = tops.map((top) => splitOf(top.name));
  if (!roles.includes('train') || roles.includes(undefined)) return null;
  return new Map(
    setSplit.options.flatMap((split) => {
      const own = tops.filter((_, i) => roles[i] === split);
      return own.length ? [[split, own] as const] : [];
    }),
  );
}

/** The splits of a set whose class folders count for nothing: flat ones, or those that would be taken with classes. */
export function splitsOfAny(root: Folder, warnings: string[], wrapper?: string): Splits {
  const flat = flatSplits(root, wrapper);
  if (flat) return flat;
  try {
    return findSplits(root, warnings);
  } catch (error) {
    if (!(error instanceof Unclear)) throw error;
    return new Map([['all', [root]]]);
  }
}

/**
 * Every image of these splits, without a class.
 * @throws InputError where there are too few to learn from some and to look at others
 */
export function pictures(splits: Splits, where: string, warnings: readonly string[]): Pictures {
  const items: Item[] = [];
  for (const name of ['all', ...setSplit.options] as const) {
    const folders = splits.get(name) ?? [];
    const split: Item[] = [];
    for (const one of folders)
      for (const { parts, file } of imagesIn(one)) {
        // of several parts each keeps its name: they may hold files of the same names
        const whole = folders.length > 1 ? [one.name, ...parts] : parts;
        split.push(itemOf({ parts: whole, file }, name, 0));
      }
    for (const item of split.sort((a, b) => byCodePoint(a.name, b.name))) items.push(item);
  }
  enough(where, items);
  return { classes: [], empty: new Map(), items, warnings, unlabelled: true };
}

/** @throws InputError where a set without classes has one image */
export function enough(where: string, items: readonly Item[]): void {
  if (items.length < 2)
    throw new InputError(
      `${where} has one picture only; at least two are needed, one to learn from and one to measure on.`,
    );
}
