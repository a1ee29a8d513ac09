import * as z from 'zod';
import { shortly } from './layer-call.ts';
import type { LayerCall } from './layer-call.ts';
import { truthy } from './settings.ts';

/** Sizes in a configuration that are larger than this are damage, not design. */
const LIMIT = 2 ** 24;

/**
 * A setting that is read by a schema, with what is read in words: every setting says in its refusal what would have been
 * right, and never what a schema calls it.
 */
export const reads = <T extends z.ZodType>(schema: T, what: string) =>
  z.unknown().transform((value, context): z.output<T> => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    context.addIssue(what);
    return z.NEVER;
  });

/** Python's True and False are the numbers 1 and 0. */
const number = (schema: z.ZodNumber, what: string) =>
  reads(
    z.preprocess((value) => (typeof value === 'boolean' ? Number(value) : value), schema),
    what,
  );

export const size = number(z.number().int().min(1).max(LIMIT), 'a whole number from 1 on');
export const count = number(z.number().int().min(0).max(LIMIT), 'a whole number from 0 on');
export const real = number(z.number(), 'a number');
/** A number, or an infinite one, which is no limit. */
export const limit = reads(
  z.unknown().refine((v): v is number => typeof v === 'number' && !Number.isNaN(v)),
  'a number',
);
export const integer = number(z.number().int(), 'a whole number');
/** A share of all, 0 to 1. */
export const share = number(z.number().min(0).max(1), 'a number from 0 to 1');
/** One value alone. */
export const only = <const V extends string | number | boolean | null>(value: V) =>
  reads(z.literal(value), `${shortly(value)} alone`);

/** One of several words, however they are capitalised. */
export const word = <const W extends readonly [string, ...string[]]>(words: W) =>
  reads(
    z
      .string()
      .transform((s) => s.toLowerCase())
      .pipe(z.enum(words)),
    words.length === 1 ? `"${words[0]}" alone` : words.map((w) => `"${w}"`).join(', '),
  );

const one = z.union([size, z.tuple([size]).transform(([n]) => n)]);

/** A pair of sizes, which Keras also writes as one number. */
export const pair = reads(
  z.union([
    z.tuple([size, size]).transform(([a, b]): [number, number] => [a, b]),
    one.transform((n): [number, number] => [n, n]),
  ]),
  'one whole number from 1 on, or two of them',
);

/** The same from 0 on. */
export const counts = reads(
  z.union([z.tuple([count, count]), count.transform((n): [number, number] => [n, n])]),
  'one whole number from 0 on, or two of them',
);

/** [top, bottom, left, right] from n, [vertical, horizontal] or [[top, bottom], [left, right]]. */
export const borders = reads(
  z.union([
    count.transform((n): [number, number, number, number] => [n, n, n, n]),
    z.tuple([count, count]).transform(([a, b]): [number, number, number, number] => [a, a, b, b]),
    z
      .tuple([z.tuple([count, count]), z.tuple([count, count])])
      .transform(([[t, b], [l, r]]): [number, number, number, number] => [t, b, l, r]),
  ]),
  'one whole number from 0 on, two of them, or two pairs of them',
);

export const padding = word(['same', 'valid']);

/** Axes, as a list; Keras writes one alone as a number, too. */
export const axes = reads(
  z.union([integer.transform((n) => [n]), z.array(integer).min(1)]),
  'a whole number, or a list of them',
);

/** Numbers, one for all or a list of one each. */
export const numbers = reads(
  z.union([real.transform((n) => [n]), z.array(real).min(1)]),
  'a number, or a list of one for each channel',
);

/** A condition that old versions leave out; anything that Python takes for one. */
export const flag = (otherwise: boolean) =>
  z
    .unknown()
    .optional()
    .transform((v) => (v === null || v === undefined ? otherwise : truthy(v)));

/** A condition that must not hold. */
export const off = reads(
  z.unknown().refine((v) => !truthy(v)),
  'false alone',
).nullish();

/** A setting that only matters in training. */
export const ignored = z.unknown().optional();

/** A value with a default where Keras leaves it out or writes null. */
export const or = <T extends z.ZodType, D>(schema: T, otherwise: D) =>
  schema.nullish().transform((v) => (v ?? otherwise) as z.output<T> | D);

/**
 * The layer's settings by a schema; each that it names counts as understood.
 * @throws InputError in one sentence for what does not fit: the setting, its value, and what is read
 */
export function fields<T extends z.ZodRawShape>(call: LayerCall, shape: T): z.output<z.ZodObject<T>> {
  const given = call.settings(Object.keys(shape));
  const result = z.object(shape).safeParse(given);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  const name = String(path[0]);
  const has = name in given ? `has ${name} ${shortly(given[name])}` : `has no ${name}`;
  call.fail(`${has}; Espalier reads ${message} here`);
}
