import { areParts, looseSplitOf, splitOf } from '../splits/split-names.ts';
import { filled, gathered, type Folder } from './tree.ts';
import type { SplitName } from '../../terms/scores.ts';

/** What the folders on top of a set are: its splits, parts of one set ("all"), or the classes themselves ("all"). */
export type Splits = ReadonlyMap<SplitName | 'all', readonly Folder[]>;

/** Below several folders lie the same ones, and nothing says which of the two are the classes. */
export class Unclear extends Error {
  constructor(
    readonly tops: readonly string[],
    readonly below: readonly string[],
  ) {
    super('unclear');
  }
}

/** What is known of the network that images are for. */
export interface Expected {
  /** classes that it tells apart, of each output that can be asked for them; absent where none can */
  readonly classes?: number | readonly number[];
  /** the names of its classes in the order of its outputs */
  readonly labels?: readonly string[];
  /** the file that they stand in */
  readonly labelsFrom?: string;
  /** another reading of that file, for folders that are called so: its lines with their numbers ("2 cent") */
  readonly labelsAsWritten?: readonly string[];
  /** what is wrong with its output, in a clause: it tells no classes apart */
  readonly problem?: string;
  /** images may be taken without classes: where there are no class folders, or although there are; absent: they may not */
  readonly unlabelled?: 'may' | 'asked';
}

/**
 * Which folders are splits. By name where they are named plainly (train, val, test) and hold class folders; by
 * structure where the same class folders lie below each: then looser names tell which is which (training_set, dev),
 * and what isn't named is reported. Class folders with splits inside (cat/train, cat/test) are turned round.
 * @param root stripped of wrappers
 * @throws Unclear
 */
export function findSplits(root: Folder, warnings: string[], expected: Expected = {}): Splits {
  const tops = filled(root);
  const inner = new Map(tops.map((top) => [top, unwrapped(top)]));
  const classes = new Map(
    tops.map((top) => [top, new Set(filled(inner.get(top)!).map(({ name }) => fold(name)))]),
  );
  const share = (a: Folder, b: Folder) => overlap(classes.get(a)!, classes.get(b)!);
  const all: Splits = new Map([['all', [root]]]);

  const training = trainingOf(tops, classes);
  const roles = new Map<Folder, SplitName | 'evaluation'>();
  if (training)
    for (const top of tops) {
      const loose = looseSplitOf(top.name);
      const agrees = top === training || classes.get(top)!.size === 0 || share(top, training);
      const role = splitOf(top.name) ?? (agrees ? loose : undefined);
      if (role) roles.set(top, role);
    }
  const rest = tops.filter((top) => !roles.has(top));
  if (training && roles.size === 1 && rest.length === 1 && share(rest[0], training)) {
    roles.set(rest.pop()!, 'test');
    warnings.push(rolesSentence(roles));
  }
  // a class may well be called "train": it is a split only if classes lie below and it has company or is alone
  if (training && (roles.size > 1 || (rest.length === 0 && splitOf(training.name)))) {
    if (rest.length)
      warnings.push(
        `Left out ${list(rest.map(({ name }) => name))}: beside ${list([...roles.keys()].map(({ name }) => name))}, which ${roles.size > 1 ? 'are' : 'is'} the splits.`,
      );
    if (
      [...roles.keys()].some((top) => !splitOf(top.name)) &&
      !warnings.some((one) => one === rolesSentence(roles))
    )
      warnings.push(rolesSentence(roles));
    return grouped(roles, inner);
  }
  if (root.files.length > 0) return all;
  const turned = turnedRound(tops);
  if (turned) return turned;
  const holding = tops.filter((top) => classes.get(top)!.size > 1);
  const deeper = holding.length === 1 && tops.length > 1 && !classesLike(tops, holding[0], inner);
  if (deeper) {
    const splits = findSplits(inner.get(holding[0])!, warnings, expected);
    if (!splits.has('all')) {
      warnings.push(
        `Left out ${list(tops.filter((top) => top !== holding[0]).map(({ name }) => name))}: "${holding[0].name}" holds the splits.`,
      );
      return splits;
    }
  }
  if (tops.length < 2 || holding.length < tops.length) return all;
  const largest = holding.reduce((a, b) => (classes.get(b)!.size > classes.get(a)!.size ? b : a));
  if (!holding.every((top) => share(top, largest))) return all;
  return unnamed(tops, inner, classes, warnings, expected) ?? all;
}

/** The same class folders below each, and none is named train: by the other names, as parts, or by the network. */
function unnamed(
  tops: readonly Folder[],
  inner: ReadonlyMap<Folder, Folder>,
  classes: ReadonlyMap<Folder, ReadonlySet<string>>,
  warnings: string[],
  expected: Expected,
): Splits | null {
  const names = tops.map(({ name }) => name);
  const folders = tops.map((top) => inner.get(top)!);
  const roles = new Map<Folder, SplitName | 'evaluation'>();
  for (const top of tops) {
    const role = looseSplitOf(top.name);
    if (role) roles.set(top, role);
  }
  if (roles.size > 0 && roles.size < tops.length) {
    for (const top of tops) if (!roles.has(top)) roles.set(top, 'train');
    warnings.push(rolesSentence(roles));
    return grouped(roles, inner);
  }
  const pooled = (): Splits => {
    warnings.push(`Took ${list(names)} for parts of one set, because the same class folders lie in each.`);
    return new Map([['all', folders]]);
  };
  if (areParts(names)) return pooled();
  const sets = tops.map((top) => classes.get(top)!);
  const same = sets.every((set) => set.size === sets[0].size && [...set].every((name) => sets[0].has(name)));
  if (!same) return null;
  const below = filled(folders[0]).map(({ name }) => name);
  const known = new Set(expected.labels?.map(fold));
  const named = (list: readonly string[]) => list.every((name) => known.has(fold(name)));
  if (named(below) !== named(names)) return named(below) ? pooled() : null;
  if (expected.classes !== undefined && below.length !== names.length) {
    const counts = [expected.classes].flat();
    if (counts.includes(below.length)) return pooled();
    if (counts.includes(names.length)) return null;
  }
  throw new Unclear(names, below);
}

/** The folder that holds what is learned from: named train, and with class folders inside. */
function trainingOf(
  tops: readonly Folder[],
  classes: ReadonlyMap<Folder, ReadonlySet<string>>,
): Folder | undefined {
  const plain = tops.find((top) => splitOf(top.name) === 'train' && filled(top).length > 0);
  return plain ?? tops.find((top) => looseSplitOf(top.name) === 'train' && classes.get(top)!.size > 1);
}

/** cat/train, cat/test, dog/train, ...: the classes are on top and each holds its own splits. */
function turnedRound(tops: readonly Folder[]): Splits | null {
  if (tops.length < 2) return null;
  const splits = new Map<SplitName, [string, Folder][]>();
  for (const top of tops) {
    const parts = filled(top);
    if (top.files.length > 0 || parts.length === 0) return null;
    for (const part of parts) {
      const role = splitOf(part.name);
      if (!role || part.files.length === 0) return null;
      const list = splits.get(role) ?? [];
      if (list.some(([name]) => name === top.name)) return null;
      splits.set(role, [...list, [top.name, part]]);
    }
  }
  if (splits.size < 2 || splits.get('train')?.length !== tops.length) return null;
  return new Map([...splits].map(([split, folders]) => [split, [gathered(split, folders)]]));
}

/** Whether a folder with class folders may be a class like those beside it: they have folders inside as well. */
function classesLike(tops: readonly Folder[], one: Folder, inner: ReadonlyMap<Folder, Folder>): boolean {
  return tops.some((top) => top !== one && filled(inner.get(top)!).length > 0);
}

/** training_set/training_set/cats: a folder that holds nothing but one more. */
function unwrapped(top: Folder): Folder {
  for (let at = top; ;) {
    const [only, ...more] = filled(at);
    if (!only || more.length || at.files.length || filled(only).length === 0) return at;
    at = only;
  }
}

function grouped(
  roles: ReadonlyMap<Folder, SplitName | 'evaluation'>,
  inner: ReadonlyMap<Folder, Folder>,
): Splits {
  const result = new Map<SplitName, Folder[]>();
  for (const [top, role] of roles) {
    const split = settled(role, roles);
    result.set(split, [...(result.get(split) ?? []), inner.get(top)!]);
  }
  return result;
}

/** "eval" is the test split where there is no other, and the validation split beside one. */
function settled(
  role: SplitName | 'evaluation',
  roles: ReadonlyMap<Folder, SplitName | 'evaluation'>,
): SplitName {
  if (role !== 'evaluation') return role;
  return [...roles.values()].includes('test') ? 'validation' : 'test';
}

function rolesSentence(roles: ReadonlyMap<Folder, SplitName | 'evaluation'>): string {
  const what = { train: 'training', validation: 'validation', test: 'test' };
  const each = [...roles].map(([{ name }, role]) => `"${name}" for the ${what[settled(role, roles)]} images`);
  return `The same class folders lie below each: took ${each.join(', ')}.`;
}

/** Two lists of classes that are one list, but for a few that one of them lacks. */
function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const both = [...a].filter((name) => b.has(name)).length;
  return both > 0 && 2 * both >= Math.min(a.size, b.size);
}

/** A name with case, spaces, underscores and hyphens made alike. */
export function fold(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim();
}

/** a, b, c and 4 more */
export function list(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map((name) => `"${name}"`);
  const rest = names.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}
