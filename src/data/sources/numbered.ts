import { Interrupted } from '../../graph/errors.ts';
import { numberClasses, type Numbering, type Recorded } from '../classes.ts';
import { decode } from '../pixels/decode.ts';
import { list, type Expected } from './find-splits.ts';
import { oneClass } from './layout.ts';
import { wayOut } from './pictures.ts';
import { allowedBroken, inParallel } from '../pixels/pixels.ts';
import { reasonOf, type Item, type Source } from '../source.ts';
import type { SplitName } from '../../terms/scores.ts';

/** A folder of images of which none can be decoded: how many there are, and what is wrong with the first. */
interface Ruin {
  readonly images: number;
  readonly first: string;
  readonly reason: string;
}

/**
 * The classes of a set numbered for a network, and the images that count. A folder whose training images can all not be
 * decoded is as good as one without images: named, and a class where the network has an output for it. Arrays are
 * numbered as they are.
 * @param maxBroken the share of images that may be broken
 * @throws InputError where what can be decoded is of one class; Interrupted
 */
export async function numbered<S extends Source>(
  source: S,
  where: string,
  options: { expected?: Expected; recorded?: Recorded; maxBroken?: number; signal?: AbortSignal } = {},
): Promise<{ source: S; numbering: Numbering }> {
  const { expected, recorded, maxBroken = 0.01, signal } = options;
  if (source.unlabelled || expected?.unlabelled === 'asked')
    return { source: without(source), numbering: NONE };
  if (source.form === 'idx' || source.form === 'npz')
    return { source, numbering: mayGoOn(numberClasses(source, where, expected, recorded), expected) };
  const ruins = await ruined(source, signal);
  const full: S = { ...source, empty: withRuins(source, ruins) };
  const held = full.classes.filter((name) => !full.empty.has(name));
  if (ruins.size && held.length === 1) throw oneClass(where, held, full.empty, expected);
  const numbering = numberClasses(full, where, expected, recorded);
  const counts = ({ label }: Item): boolean => numbering.outputs[label] >= 0;
  const items = full.items.every(counts) ? full.items : full.items.filter(counts);
  const warnings = [...numbering.warnings, ...elsewhere(full)];
  const { problem = tooMany(where, ruins, full.classes, items, maxBroken) } = mayGoOn(numbering, expected);
  return { source: { ...full, items }, numbering: { ...numbering, warnings, problem } };
}

/** Of a set without classes. */
const NONE: Numbering = { classes: [], outputs: Int32Array.of(0), warnings: [] };

/** The same images with their labels left out: arrays come with theirs. */
function without<S extends Source>(source: S): S {
  if (source.unlabelled) return source;
  const items = source.items.map((item) => ({ ...item, label: 0 }));
  return { ...source, classes: [], empty: new Map(), items, warnings: [], unlabelled: true };
}

/** A problem with the way out of it, where there is one. */
function mayGoOn(numbering: Numbering, expected?: Expected): Numbering {
  const { problem } = numbering;
  if (problem === undefined) return numbering;
  return { ...numbering, problem: problem.replace(/\.?$/, (end) => `${wayOut(expected)}${end}`) };
}

/** Of training, by the name of the class; none where nothing at all can be decoded, which is reported otherwise. */
async function ruined(source: Source, signal?: AbortSignal): Promise<ReadonlyMap<string, Ruin>> {
  const found = new Map<string, Ruin>();
  const byClass = source.classes.map((): Item[] => []);
  for (const item of source.items)
    if (item.split === 'train' || item.split === 'all') byClass[item.label].push(item);
  const filled = byClass.flatMap((items, label) => (items.length ? [{ items, label }] : []));
  const ruins = new Map<number, Ruin>();
  await inParallel(filled.length, async (k) => {
    const { items, label } = filled[k];
    const ruin = await allBroken(items, signal);
    if (ruin) ruins.set(label, ruin);
  });
  if (ruins.size === filled.length) return found;
  for (const { label } of filled) if (ruins.has(label)) found.set(source.classes[label], ruins.get(label)!);
  return found;
}

/** Stops at the first image that can be decoded, which is nearly always the first. */
async function allBroken(items: readonly Item[], signal?: AbortSignal): Promise<Ruin | undefined> {
  let reason: string | undefined;
  for (const item of items)
    try {
      if (signal?.aborted) throw new Interrupted();
      await decode(await item.read(), { height: 1, width: 1, channels: 1 }, 'nearest');
      return undefined;
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      reason ??= reasonOf(error);
    }
  return { images: items.length, first: items[0].name, reason: reason! };
}

function withRuins({ classes, empty }: Source, ruins: ReadonlyMap<string, Ruin>): Source['empty'] {
  const words = ({ images, reason }: Ruin): string =>
    `${counted(images)} that can't be decoded, the first: ${reason}`;
  return new Map(
    classes.flatMap((name): [string, string | null][] => {
      const ruin = ruins.get(name);
      if (ruin) return [[name, words(ruin)]];
      return empty.has(name) ? [[name, empty.get(name)!]] : [];
    }),
  );
}

/** Images of validation or test whose class training has none of. */
function elsewhere({ classes, empty, items }: Source): string[] {
  const names = new Map<string, number>();
  for (const { label, split } of items) {
    const name = classes[label];
    if (split !== 'train' && split !== 'all' && empty.has(name)) names.set(name, (names.get(name) ?? 0) + 1);
  }
  return [...names].map(
    ([name, n]) =>
      `Training has no image of "${name}" that can be read, though other splits have ${counted(n)}.`,
  );
}

/** A class of the network's whose images are all broken, where these are more than may be. */
function tooMany(
  where: string,
  ruins: ReadonlyMap<string, Ruin>,
  classes: readonly string[],
  items: readonly Item[],
  maxBroken: number,
): string | undefined {
  const here = [...ruins].filter(([name]) => items.some(({ label }) => classes[label] === name));
  const broken = here.reduce((sum, [, { images }]) => sum + images, 0);
  const allowed = allowedBroken(maxBroken, items.length);
  if (broken <= allowed) return undefined;
  const [[name, { images, first, reason }], ...more] = here;
  const others = more.length ? ` (and ${more.map(([other]) => `"${other}"`).join(', ')} alike)` : '';
  return `${where}: none of the ${counted(images)} in "${name}"${others} can be decoded, and ${broken} broken images are more than the ${allowed} let pass; the first is ${first} (${reason}). Replace them, or remove them to go on without images of that class.`;
}

/** The classes that a split has lost with its broken images, in a sentence, unless they were named already. */
export function lostClasses(
  name: SplitName,
  { classes, empty }: Source,
  items: readonly Item[],
  all: Int32Array,
  good: Int32Array,
): string[] {
  const left = new Set(Array.from(good, (i) => items[i].label));
  const lost = new Set(Array.from(all, (i) => items[i].label).filter((label) => !left.has(label)));
  const names = classes.filter((one, label) => lost.has(label) && !empty.has(one));
  return names.length ? [`The ${name} split has no image of ${list(names)} that can be read.`] : [];
}

function counted(n: number): string {
  return `${n.toLocaleString('en-US')} image${n === 1 ? '' : 's'}`;
}
