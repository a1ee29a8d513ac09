import { InputError } from '../../graph/errors.ts';
import { findSplits, fold, list, Unclear, type Expected, type Splits } from './find-splits.ts';
import { byCodePoint, type Item, type Listing } from '../source.ts';
import { looseSplitOf, splitOf } from '../splits/split-names.ts';
import { flatSplits, pictures, splitsOfAny, wayOut } from './pictures.ts';
import { filled, imagesIn, itemOf, treeOf, whatElse, within, type Folder } from './tree.ts';
import type { SplitName } from '../../terms/scores.ts';
import { setSplit } from '../../terms/scores.ts';

export interface Layout {
  readonly classes: string[];
  /** see Source */
  readonly empty: ReadonlyMap<string, string | null>;
  readonly items: Item[];
  readonly warnings: readonly string[];
  /** see Source */
  readonly unlabelled?: true;
}

/**
 * What the folders above the images mean. `[wrapper/]* [split/] class/ [anything/]* file`: folders that hold
 * everything are stepped over; what lies on top are splits by their names or because the same class folders lie below
 * each (see findSplits); the next folder is the class, and whatever lies below belongs to it.
 *
 * Classes are the folder names in code-point order ("10" before "2"), those without an image among them: as Keras
 * numbers them.
 * Where there are no class folders, or they are to count for nothing, all images are taken without classes, if they may
 * be (Expected.unlabelled).
 * @param listing of one folder or archive
 * @param where for messages
 * @param expected of the network that the images are for
 * @param wrapper name that the archive gives to a folder around everything
 * @throws InputError for fewer than two classes with images, test classes that training doesn't have, or where it isn't
 * clear which folders are the classes
 */
export function layOut(listing: Listing, where: string, expected?: Expected, wrapper?: string): Layout {
  const root = treeOf(listing);
  const warnings: string[] = [];
  const top = stripWrappers(root);
  if (expected?.unlabelled === 'asked') return pictures(splitsOfAny(top, warnings, wrapper), where, warnings);
  const flat = expected?.unlabelled === 'may' ? flatSplits(top, wrapper) : null;
  if (flat) return pictures(flat, where, warnings);
  try {
    return label(findSplits(top, warnings, expected), root, where, warnings, expected);
  } catch (error) {
    if (!(error instanceof Unclear)) throw error;
    throw new InputError(
      `${where}: below ${list(error.tops)} lie the same folders, ${list(error.below)}, so it isn't clear which of them are the classes: name the ones on top train, val or test if they are splits, or give a folder with the class folders alone${wayOut(expected)}.`,
    );
  }
}

/** The same for one archive a split (`train.tar.gz` beside `test.tar.gz`). */
export function layOutSplits(
  archives: ReadonlyMap<SplitName, Listing>,
  where: string,
  expected?: Expected,
): Layout {
  const splits = new Map<SplitName, Folder[]>();
  for (const [name, listing] of archives) {
    let top = stripWrappers(treeOf(listing));
    const [only, ...more] = filled(top);
    if (only && !more.length && !top.files.length && filled(only).length && looseSplitOf(only.name) === name)
      top = stripWrappers(only);
    splits.set(name, [top]);
  }
  const flat = [...splits.values()].flat().every((one) => filled(one).length === 0);
  if (expected?.unlabelled === 'asked' || (expected?.unlabelled === 'may' && flat))
    return pictures(splits, where, []);
  return label(splits, undefined, where, [], expected);
}

/** Down to where folders begin to mean something. */
function stripWrappers(root: Folder): Folder {
  for (let at = root; ;) {
    const [only, ...more] = filled(at);
    const strip =
      only &&
      more.length === 0 &&
      at.files.length === 0 &&
      splitOf(only.name) === undefined &&
      // a folder whose images lie in it directly is a class, not a wrapper
      filled(only).length > 0;
    if (!strip) return at;
    at = only;
  }
}

function label(
  splits: Splits,
  root: Folder | undefined,
  where: string,
  warnings: string[],
  expected?: Expected,
): Layout {
  for (const [name, folders] of splits) {
    const stray = folders.reduce((sum, one) => sum + one.files.length, 0);
    const inside = folders.some((one) => filled(one).length > 0);
    if (stray > 0 && inside)
      warnings.push(`Left out ${count(stray, 'image')}${of(name)} outside the class folders.`);
    if (!inside && name !== 'all' && name !== 'train')
      warnings.push(`The ${name} images lie in no class folders and so have no labels: left out.`);
  }
  const training = splits.get('train') ?? splits.get('all') ?? [];
  const folders = training.flatMap((one) => within(one));
  const held = new Set(folders.filter(({ images }) => images > 0).map(({ name }) => name));
  if (held.size === 0)
    throw new InputError(
      `${where} has no class folders: put the images of each class into a folder named after it.`,
    );
  folders.push(...onlyElsewhere(splits, folders, held.size, expected));
  const classes = [...new Set(folders.map(({ name }) => name))].sort(byCodePoint);
  const empty = new Map(
    folders.filter(({ name }) => !held.has(name)).map((one) => [one.name, whatElse(one)] as const),
  );
  if (held.size < 2) throw oneClass(where, [...held], empty, expected);
  if (root) warnings.push(...leftOut(root, new Set(folders)));
  const index = new Map(classes.map((name, i) => [name, i]));
  const items: Item[] = [];
  for (const name of ['all', ...setSplit.options] as const) {
    const here = splits.get(name);
    if (!here?.some((one) => filled(one).length > 0)) continue;
    const named = namesIn(here, name, index, where, warnings);
    const present = new Set(named.values());
    const missing = [...held].sort(byCodePoint).filter((c) => !present.has(c));
    if (missing.length) warnings.push(`The ${name} split has no images of ${list(missing)}.`);
    const split: Item[] = [];
    for (const one of here)
      for (const own of filled(one)) {
        // of several parts each keeps its name: they may hold files of the same names
        const above = here.length > 1 ? [named.get(own.name)!, one.name] : [named.get(own.name)!];
        for (const { parts, file } of imagesIn(own))
          split.push(itemOf({ parts: [...above, ...parts], file }, name, index.get(above[0])!));
      }
    // one by one: a call takes no hundred thousand arguments
    for (const item of split.sort((a, b) => byCodePoint(a.name, b.name))) items.push(item);
  }
  return { classes, empty, items, warnings };
}

/**
 * Empty class folders that training lacks and another split has: Keras numbers that split with them. A network with as many
 * outputs as training has folders, or folders with images, knows nothing of them.
 */
function onlyElsewhere(
  splits: Splits,
  training: readonly Folder[],
  held: number,
  expected: Expected | undefined,
): Folder[] {
  const names = new Set(training.map(({ name }) => name));
  const counts = [expected?.classes ?? []].flat();
  if (counts.includes(names.size) || counts.includes(held)) return [];
  const known = new Set([...names].map(fold));
  return [...splits]
    .filter(([split]) => split === 'validation' || split === 'test')
    .flatMap(([, folders]) => folders)
    .filter((one) => filled(one).length > 0)
    .flatMap((one) => within(one))
    .filter(({ name, images }) => images === 0 && !known.has(fold(name)));
}

/** The refusal of a set that holds images of one class alone. */
export function oneClass(
  where: string,
  held: readonly string[],
  empty: Layout['empty'],
  expected?: Expected,
): InputError {
  const others = empty.size
    ? `; ${list([...empty.keys()])} hold${empty.size > 1 ? '' : 's'} none that can be read`
    : '';
  return new InputError(
    `${where} has one class only (${list(held)}); a network needs at least two class folders to tell apart${others}${wayOut(expected)}.`,
  );
}

/** The class of each class folder of a split: its own name, or training's that differs in case or spaces alone. */
function namesIn(
  folders: readonly Folder[],
  split: SplitName | 'all',
  index: ReadonlyMap<string, number>,
  where: string,
  warnings: string[],
): Map<string, string> {
  const own = [...new Set(folders.flatMap((one) => filled(one).map(({ name }) => name)))];
  const result = new Map(own.filter((name) => index.has(name)).map((name) => [name, name]));
  const unknown: string[] = [];
  for (const name of own) {
    if (result.has(name)) continue;
    const alike = [...index.keys()].filter((known) => fold(known) === fold(name));
    const rivals = own.filter((other) => fold(other) === fold(name));
    if (alike.length === 1 && rivals.length === 1) {
      result.set(name, alike[0]);
      warnings.push(`Took "${name}" of the ${split} split for training's "${alike[0]}".`);
    } else unknown.push(name);
  }
  if (unknown.length)
    throw new InputError(
      `${where}: the ${split} split has ${list(unknown)}, which training has not; both need the same class folders.`,
    );
  return result;
}

/** Folders that hold no image, nor does any below them, the outermost of them; class folders are reported elsewhere. */
function leftOut(root: Folder, classes: ReadonlySet<Folder>): string[] {
  const found: string[] = [];
  const look = (at: Folder): void => {
    for (const one of within(at))
      if (one.images > 0) look(one);
      else if (!classes.has(one)) found.push(`"${one.path}"`);
  };
  look(root);
  if (found.length === 0) return [];
  const some =
    found.length > 3
      ? `${found.slice(0, 3).join(', ')} and ${(found.length - 3).toLocaleString('en-US')} more`
      : found.join(', ');
  return [`Left out ${count(found.length, 'folder')} without images: ${some}.`];
}

function of(name: string): string {
  return name === 'all' ? '' : ` of the ${name} split`;
}

function count(n: number, what: string): string {
  return `${n.toLocaleString('en-US')} ${what}${n === 1 ? '' : 's'}`;
}
