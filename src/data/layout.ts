import { InputError } from '../graph/errors.ts';
import { byCodePoint, type Item, type SourceFile, type SplitName } from './source.ts';

const SPLITS: Record<string, SplitName> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
  testing: 'test',
};

/** The split that a folder or archive of this name holds, if it is named so. */
export function splitOf(name: string): SplitName | undefined {
  return Object.hasOwn(SPLITS, name.toLowerCase()) ? SPLITS[name.toLowerCase()] : undefined;
}

export interface Layout {
  readonly classes: string[];
  readonly items: Item[];
  readonly warnings: string[];
}

type Placed = { readonly parts: string[]; readonly file: SourceFile };

/**
 * What the folders above the images mean. `[wrapper/]* [split/] class/ [anything/]* file`: folders that hold
 * everything are stepped over; train, val (valid, validation) and test (training, testing) are splits where they
 * hold class folders; the next folder is the class, and whatever lies below belongs to it.
 *
 * Classes are the folder names in code-point order ("10" before "2"): as Keras and torchvision number them.
 * @param files images only, of one folder or archive
 * @param where for messages
 * @throws InputError for fewer than two classes, or test classes that training doesn't have
 */
export function layOut(files: readonly SourceFile[], where: string): Layout {
  // folders are listed in whatever order the disk has them; warnings must not depend on it
  const sorted = [...files].sort((a, b) => byCodePoint(a.path, b.path));
  const placed = stripWrappers(sorted.map((file) => ({ parts: split(file.path), file })));
  const warnings: string[] = [];
  const bySplit = groupBySplit(placed, warnings);
  return label(bySplit, where, warnings);
}

/** The same for one archive a split (`train.tar.gz` beside `test.tar.gz`). */
export function layOutSplits(archives: ReadonlyMap<SplitName, readonly SourceFile[]>, where: string): Layout {
  const bySplit = new Map<SplitName | 'all', Placed[]>();
  for (const [name, files] of archives) {
    let placed = stripWrappers(files.map((file) => ({ parts: split(file.path), file })));
    if (placed.length && placed.every((p) => p.parts.length > 2 && splitOf(p.parts[0]) === name))
      placed = placed.map(dropFirst);
    bySplit.set(name, placed);
  }
  return label(bySplit, where, []);
}

function split(path: string): string[] {
  // macOS hands out decomposed names; the same folder must be the same class everywhere
  return path
    .normalize('NFC')
    .split('/')
    .filter((part) => part !== '' && part !== '.');
}

function dropFirst(p: Placed): Placed {
  return { parts: p.parts.slice(1), file: p.file };
}

function stripWrappers(placed: Placed[]): Placed[] {
  for (;;) {
    const first = placed[0]?.parts[0];
    const strip =
      placed.length > 0 &&
      splitOf(first) === undefined &&
      placed.every((p) => p.parts[0] === first && p.parts.length > 1) &&
      // a folder whose images lie in it directly is a class, not a wrapper
      placed.some((p) => p.parts.length > 2);
    if (!strip) return placed;
    placed = placed.map(dropFirst);
  }
}

function groupBySplit(placed: Placed[], warnings: string[]): Map<SplitName | 'all', Placed[]> {
  const tops = new Map<string, Placed[]>();
  for (const p of placed) {
    const top = p.parts.length > 1 ? p.parts[0] : '';
    const list = tops.get(top);
    if (list) list.push(p);
    else tops.set(top, [p]);
  }
  const named = [...tops.keys()].filter((top) => splitOf(top) !== undefined);
  const train = named.filter((top) => splitOf(top) === 'train');
  const holdsClasses = train.some((top) => tops.get(top)!.some((p) => p.parts.length > 2));
  const others = [...tops.keys()].filter((top) => top !== '' && splitOf(top) === undefined);
  // a class may well be called "train": it is a split only if classes lie below and it has company or is alone
  if (!holdsClasses || (others.length > 0 && named.length < 2)) return new Map([['all', placed]]);
  if (others.length)
    warnings.push(
      `Left out ${list(others)}: beside ${list(named)}, which ${named.length > 1 ? 'are' : 'is'} the splits.`,
    );
  const result = new Map<SplitName | 'all', Placed[]>();
  for (const top of named) {
    const name = splitOf(top)!;
    result.set(name, [...(result.get(name) ?? []), ...tops.get(top)!.map(dropFirst)]);
  }
  return result;
}

function label(
  bySplit: ReadonlyMap<SplitName | 'all', readonly Placed[]>,
  where: string,
  warnings: string[],
): Layout {
  const labelled = new Map<SplitName | 'all', Placed[]>();
  for (const [name, placed] of bySplit) {
    const inside = placed.filter((p) => p.parts.length > 1);
    const stray = placed.length - inside.length;
    if (stray > 0 && inside.length > 0)
      warnings.push(`Left out ${count(stray, 'image')}${of(name)} outside the class folders.`);
    if (inside.length === 0 && name !== 'all' && name !== 'train')
      warnings.push(`The ${name} images lie in no class folders and so have no labels: left out.`);
    if (inside.length) labelled.set(name, inside);
  }
  const training = labelled.get('train') ?? labelled.get('all');
  if (!training)
    throw new InputError(
      `${where} has no class folders: put the images of each class into a folder named after it.`,
    );
  const classes = [...new Set(training.map((p) => p.parts[0]))].sort(byCodePoint);
  if (classes.length < 2)
    throw new InputError(
      `${where} has one class only (${list(classes)}); a network needs at least two class folders to tell apart.`,
    );
  const index = new Map(classes.map((name, i) => [name, i]));
  const items: Item[] = [];
  for (const name of ['all', 'train', 'validation', 'test'] as const) {
    const placed = labelled.get(name);
    if (!placed) continue;
    const here = new Set(placed.map((p) => p.parts[0]));
    const unknown = [...here].filter((c) => !index.has(c));
    if (unknown.length)
      throw new InputError(
        `${where}: the ${name} split has ${list(unknown)}, which training has not; both need the same class folders.`,
      );
    const missing = classes.filter((c) => !here.has(c));
    if (missing.length) warnings.push(`The ${name} split has no images of ${list(missing)}.`);
    const split = placed.map((p) => itemOf(p, name, index.get(p.parts[0])!));
    // one by one: a call takes no hundred thousand arguments
    for (const item of split.sort((a, b) => byCodePoint(a.name, b.name))) items.push(item);
  }
  return { classes, items, warnings };
}

function itemOf({ parts, file }: Placed, split: SplitName | 'all', label: number): Item {
  return {
    name: `${split}/${parts.join('/')}`,
    split,
    label,
    bytes: file.bytes,
    version: file.version,
    read: async () => ({ kind: 'file', bytes: await file.read() }),
  };
}

function of(name: string): string {
  return name === 'all' ? '' : ` of the ${name} split`;
}

function count(n: number, what: string): string {
  return `${n.toLocaleString('en-US')} ${what}${n === 1 ? '' : 's'}`;
}

/** a, b, c and 4 more */
export function list(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map((name) => `"${name}"`);
  const rest = names.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}
