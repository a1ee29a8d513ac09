import * as z from 'zod';
import { integer } from '../../fields.ts';

/** Python's start:stop:step. */
const ends = z.object({ start: integer.nullish(), stop: integer.nullish(), step: integer.nullish() });
export type Ends = z.output<typeof ends>;

/** A slice as Keras 3 writes it, or as Keras 2 does. */
const slice = z.union([
  z.object({ class_name: z.literal('__slice__'), config: ends }).transform(({ config }) => config),
  ends.strict(),
]);
const ellipsis = z.object({ class_name: z.literal('__ellipsis__') });

/** One thing in brackets: some of an axis, one position of it, or an axis of length 1 that is new (null). */
export interface KeyItem {
  /** where it stands among those in brackets */
  readonly at: number;
  /** of the value, the batch being 0; of a new axis, how many come before it */
  readonly axis: number;
  readonly what: Ends | number | null;
}

/** What stands in brackets for a value of so many axes, the batch included; undefined where Python takes no such thing. */
export function keyItems(key: unknown, axes: number): KeyItem[] | undefined {
  const given = Array.isArray(key) ? (key as unknown[]) : [key];
  const isRest = (item: unknown) => ellipsis.safeParse(item).success;
  const taken = given.filter((item) => item !== null && !isRest(item)).length;
  if (taken > axes || given.filter(isRest).length > 1) return undefined;
  const found: KeyItem[] = [];
  let axis = 0;
  for (const [at, item] of given.entries()) {
    if (isRest(item)) axis += axes - taken;
    else if (item === null) found.push({ at, axis, what: null });
    else {
      const read = typeof item === 'number' && Number.isInteger(item) ? item : slice.safeParse(item).data;
      if (read === undefined) return undefined;
      found.push({ at, axis: axis++, what: read });
    }
  }
  return found;
}

/** How far apart the positions of a slice are. */
export const stepOf = ({ step }: Ends): number => step ?? 1;

/** Where Python begins on an axis of this size, and how many positions it takes; a step of 0 takes none. */
export function sliceOf(what: Ends, size: number): { first: number; count: number } {
  const step = stepOf(what);
  const [least, most] = step > 0 ? [0, size] : [-1, size - 1];
  const at = (n: number) => Math.min(most, Math.max(least, n < 0 ? n + size : n));
  const first = what.start == null ? (step > 0 ? 0 : size - 1) : at(what.start);
  const stop = what.stop == null ? (step > 0 ? size : -1) : at(what.stop);
  return { first, count: step === 0 ? 0 : Math.max(0, Math.ceil((stop - first) / step)) };
}

/** The slice of positions that are a step apart; to the end where the old one went there. */
export function sliceFor(positions: readonly number[], { stop, step }: Ends): Ends {
  const by = step ?? 1;
  const behind = positions[positions.length - 1] + Math.sign(by);
  return { start: positions[0], stop: stop == null || behind < 0 ? null : behind, step };
}
