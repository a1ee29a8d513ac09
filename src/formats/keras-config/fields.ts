import * as z from 'zod';
import type { LayerCall } from './layer-call.ts';
import { truthy } from './settings.ts';

/** Sizes in a configuration that are larger than this are damage, not design. */
const LIMIT = 2 ** 24;

/** Python's True and False are the numbers 1 and 0. */
const number = (schema: z.ZodNumber) =>
  z.preprocess((value) => (typeof value === 'boolean' ? Number(value) : value), schema);

export const size = number(z.number().int().min(1).max(LIMIT));
export const real = number(z.number());
export const integer = number(z.number().int());
/** A share of all, 0 to 1. */
export const share = number(z.number().min(0).max(1));
const one = z.union([size, z.tuple([size]).transform(([n]) => n)]);

/** A pair of sizes, which Keras also writes as one number. */
export const pair = z.union([
  z.tuple([size, size]).transform(([a, b]): [number, number] => [a, b]),
  one.transform((n): [number, number] => [n, n]),
]);

export const count = number(z.number().int().min(0).max(LIMIT));
/** [top, bottom, left, right] from n, [vertical, horizontal] or [[top, bottom], [left, right]]. */
export const borders = z.union([
  count.transform((n): [number, number, number, number] => [n, n, n, n]),
  z.tuple([count, count]).transform(([a, b]): [number, number, number, number] => [a, a, b, b]),
  z
    .tuple([z.tuple([count, count]), z.tuple([count, count])])
    .transform(([[t, b], [l, r]]): [number, number, number, number] => [t, b, l, r]),
]);

export const padding = z
  .string()
  .transform((s) => s.toLowerCase())
  .pipe(z.enum(['same', 'valid']));

/** A condition that old versions leave out; anything that Python takes for one. */
export const flag = (otherwise: boolean) =>
  z
    .unknown()
    .optional()
    .transform((v) => (v === null || v === undefined ? otherwise : truthy(v)));

/** A setting that only matters in training. */
export const ignored = z.unknown().optional();

/** A value with a default where Keras leaves it out or writes null. */
export const or = <T extends z.ZodType, D>(schema: T, otherwise: D) =>
  schema.nullish().transform((v) => (v ?? otherwise) as z.output<T> | D);

/**
 * The layer's settings by a schema; each that it names counts as understood.
 * @throws InputError in one sentence for what does not fit
 */
export function fields<T extends z.ZodRawShape>(call: LayerCall, shape: T): z.output<z.ZodObject<T>> {
  const result = z.object(shape).safeParse(call.settings(Object.keys(shape)));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  call.fail(`has a wrong "${issue.path.join('.')}": ${issue.message}`);
}
