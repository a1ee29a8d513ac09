import * as z from 'zod';
import type { LayerCall } from './builder.ts';

/** Sizes in a configuration that are larger than this are damage, not design. */
const LIMIT = 2 ** 24;

export const size = z.number().int().min(1).max(LIMIT);
export const real = z.number();
const one = z.union([size, z.tuple([size]).transform(([n]) => n)]);

/** A pair of sizes, which Keras also writes as one number. */
export const pair = z.union([
  z.tuple([size, size]).transform(([a, b]): [number, number] => [a, b]),
  one.transform((n): [number, number] => [n, n]),
]);

const count = z.number().int().min(0).max(LIMIT);
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

/** A boolean that old versions leave out. */
export const flag = (otherwise: boolean) =>
  z
    .boolean()
    .nullish()
    .transform((v) => v ?? otherwise);

/** A value with a default where Keras leaves it out or writes null. */
export const or = <T extends z.ZodType, D>(schema: T, otherwise: D) =>
  schema.nullish().transform((v) => (v ?? otherwise) as z.output<T> | D);

/** The layer's settings by a schema; what does not fit is named in one sentence. */
export function fields<T extends z.ZodRawShape>(call: LayerCall, shape: T): z.output<z.ZodObject<T>> {
  if (call.config.data_format === 'channels_first')
    call.fail(
      'has data_format "channels_first"; Espalier reads channels_last models: convert it in Keras first',
    );
  const result = z.object(shape).safeParse(call.config);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  call.fail(`has a wrong "${issue.path.join('.')}": ${issue.message}`);
}
