import { InputError } from '../graph/errors.ts';
import { fold, list, type Expected } from './sources/find-splits.ts';
import type { Source } from './source.ts';

/** Which output of a network each class of a set is. */
export interface Numbering {
  /** names by output */
  readonly classes: readonly string[];
  /** by number of the set's own class: the output, or -1 for an empty folder that counts for nothing */
  readonly outputs: Int32Array;
  /** where the order comes from, if not from the folders' names alone */
  readonly from?: string;
  /** what a person should know, one sentence each */
  readonly warnings: readonly string[];
  /** why the network can't be given these images, in a sentence */
  readonly problem?: string;
}

/** The order that a run or a config recorded; 'images': folders with images, as before any was recorded. */
export type Recorded = readonly string[] | 'images';

/**
 * Numbers the classes of a set for a network. By what was recorded, else by the names that travel with the model, else
 * as Keras does: every folder in the order of its name, with or without images; a network with as many outputs as there
 * are folders with images was not trained on the empty ones. Never by what gives the better accuracy.
 * @throws InputError where a folder is none of the recorded classes
 */
export function numberClasses(
  source: Pick<Source, 'classes' | 'empty' | 'form'>,
  where: string,
  expected: Expected = {},
  recorded?: Recorded,
): Numbering {
  if (expected.problem) return { ...plain(source.classes), problem: `${expected.problem}.` };
  const counts = expected.classes === undefined ? [] : [expected.classes].flat();
  const arrays = source.form === 'idx' || source.form === 'npz';
  const warnings: string[] = [];
  const held = source.classes.length - source.empty.size;
  const outputs = fitting(counts, source.classes.length, held);
  if (recorded) {
    const said = beyond(held, where, outputs);
    const known =
      recorded === 'images' || arrays ? withoutEmpty(source) : asRecorded(source, where, recorded);
    const empty = aboutEmpty(source, known.outputs, 'as recorded', 'as recorded');
    return { ...known, warnings: said ? [...empty, said] : empty };
  }
  const labels = arrays ? undefined : usable(asCalled(expected, source.classes), outputs, where, warnings);
  if (labels) return byLabels(source, where, labels, expected.labelsFrom ?? 'the model', warnings);
  return byFolders(source, where, outputs, warnings);
}

/** Of a network with several outputs the one that these folders fit: exactly, else with the fewest classes left over. */
function fitting(counts: readonly number[], folders: number, held: number): number | undefined {
  for (const n of [folders, held]) if (counts.includes(n)) return n;
  const enough = counts.filter((n) => n >= held);
  if (enough.length) return Math.min(...enough);
  return counts.length ? Math.max(...counts) : undefined;
}

function plain(classes: readonly string[]): Numbering {
  return { classes, outputs: Int32Array.from(classes, (_, i) => i), warnings: [] };
}

function withoutEmpty({ classes, empty }: Pick<Source, 'classes' | 'empty'>): Numbering {
  const held = classes.filter((name) => !empty.has(name));
  return { classes: held, outputs: Int32Array.from(classes, placeIn(held)), warnings: [] };
}

function asRecorded(
  { classes, empty }: Pick<Source, 'classes' | 'empty'>,
  where: string,
  recorded: readonly string[],
): Numbering {
  const placeOf = placeIn(recorded);
  const unknown = classes.filter((name) => !empty.has(name) && placeOf(name) < 0);
  if (unknown.length)
    throw new InputError(
      `${where} has ${list(unknown)}, which the recorded classes (${list(recorded)}) lack.`,
    );
  const outputs = Int32Array.from(classes, placeOf);
  return { classes: recorded, outputs, from: 'as recorded', warnings: [] };
}

/** The labels as their file has them, where the folders are rather called so than without numbers or quotes. */
function asCalled(expected: Expected, folders: readonly string[]): Expected {
  const { labels, labelsAsWritten } = expected;
  if (!labels || !labelsAsWritten) return expected;
  const called = (names: readonly string[]) => matched(folders, names).filter((i) => i >= 0).length;
  const n = called(labelsAsWritten);
  return n > 0 && n >= called(labels) ? { ...expected, labels: labelsAsWritten } : expected;
}

/** The labels of a model, unless they can't be those of its outputs. */
function usable(
  { labels, labelsFrom }: Expected,
  classes: number | undefined,
  where: string,
  warnings: string[],
): readonly string[] | undefined {
  if (!labels) return undefined;
  const what = `The class names in ${labelsFrom ?? 'the model'} were not used for ${where}`;
  if (new Set(labels).size < labels.length) warnings.push(`${what}: one of them is there twice.`);
  else if (classes !== undefined && classes !== labels.length)
    warnings.push(`${what}: they are ${labels.length}, and the network tells ${classes} classes apart.`);
  else return labels;
  return undefined;
}

function byLabels(
  source: Pick<Source, 'classes' | 'empty'>,
  where: string,
  labels: readonly string[],
  from: string,
  warnings: string[],
): Numbering {
  const found = matched(source.classes, labels);
  const free = labels.map((_, i) => i).filter((i) => !found.includes(i));
  const left = source.classes
    .map((_, i) => i)
    .filter((i) => found[i] < 0 && !source.empty.has(source.classes[i]));
  const held = source.classes.length - source.empty.size;
  const names = left.map((i) => source.classes[i]);
  const numbering = (problem?: string): Numbering => {
    const classes = [...labels];
    found.forEach((output, i) => {
      if (output >= 0) classes[output] = source.classes[i];
    });
    const how = left.length === held ? "in the order of the folders' names" : `by the names in ${from}`;
    return { classes, outputs: Int32Array.from(found), from: how, warnings, problem };
  };
  if (left.length > free.length)
    return numbering(
      `${where} has ${list(names)}, which ${from} does not name (${list(labels)}): the network tells ${labels.length} classes apart, so it is the set of another network.`,
    );
  left.forEach((i, k) => (found[i] = free[k]));
  warnings.push(...aboutEmpty(source, found, `because ${from} names it`, `because ${from} does not name it`));
  if (left.length === held)
    warnings.push(
      `No folder of ${where} is called as a class in ${from} (${list(labels)}): took the folders for its outputs in the order of their names.`,
    );
  else if (left.length)
    warnings.push(
      `${from} does not name ${list(names)}: took ${left.map((i) => `"${source.classes[i]}" for "${labels[found[i]]}"`).join(', ')}.`,
    );
  if (held < labels.length)
    warnings.push(`The network tells ${labels.length} classes apart, and ${where} has images of ${held}.`);
  return numbering();
}

/** For each folder the label that it is called by, exactly, or but for case, spaces and underscores; -1: none. */
export function matched(folders: readonly string[], labels: readonly string[]): number[] {
  const found = folders.map(placeIn(labels));
  const taken = new Set(found);
  const open = (names: readonly string[], is: (i: number) => boolean) =>
    names.map((name, i) => ({ i, key: fold(name) })).filter(({ i }) => is(i));
  const freeFolders = open(folders, (i) => found[i] < 0);
  const freeLabels = open(labels, (i) => !taken.has(i));
  const candidates = byKey(freeLabels);
  for (const [key, rivals] of byKey(freeFolders)) {
    const labelled = candidates.get(key) ?? [];
    if (labelled.length === 1 && rivals.length === 1) found[rivals[0]] = labelled[0];
  }
  return found;
}

function byFolders(
  source: Pick<Source, 'classes' | 'empty'>,
  where: string,
  outputs: number | undefined,
  warnings: string[],
): Numbering {
  const { classes, empty } = source;
  const held = classes.length - empty.size;
  const drop = empty.size > 0 && outputs === held;
  const numbering = drop ? withoutEmpty(source) : plain(classes);
  warnings.push(
    ...aboutEmpty(
      source,
      numbering.outputs,
      'as Keras does',
      `because the network tells ${outputs} classes apart`,
    ),
  );
  if (drop) return { ...numbering, warnings };
  const n = classes.length;
  const said = beyond(n, where, outputs);
  if (said) warnings.push(said);
  const without = empty.size
    ? ` (${list([...empty.keys()])} without images that can be read among them)`
    : '';
  const problem =
    outputs !== undefined && n > outputs
      ? `the network tells ${outputs} classes apart, but ${where} has ${n}${without}: it is the set of another network`
      : undefined;
  return { ...numbering, warnings, problem };
}

/** Where a name stands first among these; -1: nowhere. There may be a hundred thousand. */
function placeIn(names: readonly string[]): (name: string) => number {
  const places = new Map<string, number>();
  names.forEach((name, i) => places.has(name) || places.set(name, i));
  return (name) => places.get(name) ?? -1;
}

/** Their numbers by key, in order. */
function byKey(found: readonly { readonly i: number; readonly key: string }[]): Map<string, number[]> {
  const numbers = new Map<string, number[]>();
  for (const { i, key } of found) {
    const same = numbers.get(key);
    if (same) same.push(i);
    else numbers.set(key, [i]);
  }
  return numbers;
}

/** What became of the folders without an image that can be read, a sentence for those that count and one for the others. */
function aboutEmpty(
  { classes, empty }: Pick<Source, 'classes' | 'empty'>,
  outputs: ArrayLike<number>,
  why: string,
  whyNot: string,
): string[] {
  const said = (names: readonly string[], then: string): string[] =>
    names.length
      ? [
          `${emptyInWords(names, empty)} hold${names.length > 1 ? '' : 's'} no image that can be read: ${then}.`,
        ]
      : [];
  const all = [...empty.keys()];
  const placeOf = placeIn(classes);
  const isCounted = (name: string) => outputs[placeOf(name)] >= 0;
  const counted = all.filter(isCounted);
  const others = all.filter((name) => !isCounted(name));
  return [
    ...said(others, `not counted, ${whyNot}`),
    ...said(counted, `counted as ${counted.length > 1 ? 'classes' : 'a class'} all the same, ${why}`),
  ];
}

function emptyInWords(names: readonly string[], empty: Source['empty']): string {
  const each = names.map((name) => `"${name}"${empty.get(name) ? ` (${empty.get(name)})` : ''}`);
  return each.length > 5
    ? `${each.slice(0, 5).join(', ')} and ${(each.length - 5).toLocaleString('en-US')} more`
    : each.join(', ');
}

/** A word where the network tells more classes apart than the set has. */
function beyond(n: number, where: string, outputs: number | undefined): string | null {
  return outputs !== undefined && n < outputs
    ? `the network tells ${outputs} classes apart and ${where} has ${n}; unless these are its first ones, in order, accuracies mean nothing`
    : null;
}

/** What has to be recorded so that the same order comes again: nothing where it is that of the folders with images. */
export function toRecord(
  source: Pick<Source, 'classes' | 'empty' | 'form'>,
  { classes }: Numbering,
): readonly string[] | undefined {
  const held = source.classes.filter((name) => !source.empty.has(name));
  const same = held.length === classes.length && held.every((name, i) => name === classes[i]);
  return same ? undefined : classes;
}
