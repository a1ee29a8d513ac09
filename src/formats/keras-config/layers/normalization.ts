import * as z from 'zod';
import { sizeOf } from '../../../graph/shapes.ts';
import { fields, flag, integer, numbers, or, reads } from '../fields.ts';
import type { LayerCall } from '../layer-call.ts';
import { isObject } from '../plain.ts';
import type { FieldWriter } from '../written.ts';

/** None, one or several: null is one mean and variance for all. */
const axes = reads(
  z.union([z.null().transform((): number[] => []), integer.transform((n) => [n]), z.array(integer)]),
  'a whole number, a list of them, or null',
);

/** Numbers in lists of lists, and the lengths of those. */
interface Block {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const block = z.unknown().transform((value, context): Block => {
  const found = blockOf(value);
  if (found) return found;
  context.addIssue('numbers, or lists of equally many');
  return z.NEVER;
});

function blockOf(value: unknown): Block | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return { shape: [], values: [value] };
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const parts = value.map(blockOf);
  const shape = parts[0]?.shape.join();
  if (!parts.every((part) => part !== undefined && part.shape.join() === shape)) return undefined;
  return { shape: [parts.length, ...parts[0]!.shape], values: parts.flatMap((part) => part!.values) };
}

export function rescaling(call: LayerCall): string {
  const c = fields(call, { scale: numbers, offset: or(numbers, [0]) });
  return call.node({ kind: 'affine', scale: c.scale, offset: c.offset }, call.inputs);
}

/**
 * (x - mean) / sqrt(variance), or the inverse, with a mean and variance for each position along `axis` (null: one for
 * all). They are weights where the layer was adapted to data, or will be, and constants where they were given.
 */
export function normalization(call: LayerCall): string {
  const c = fields(call, {
    axis: axes.optional().transform((a) => a ?? [-1]),
    mean: or(block, null),
    variance: or(block, null),
    invert: flag(false),
  });
  const shape = call.shape;
  const at = [...new Set(c.axis.map((a) => call.axis(a, shape.length)))].sort((a, b) => a - b);
  if (!c.mean || !c.variance) {
    const sizes = at.map((a) => shape[a]);
    const params = {
      mean: call.param('mean', sizes, false),
      variance: call.param('variance', sizes, false),
    };
    return call.node({ kind: 'normalize', axes: at, invert: c.invert }, call.inputs, params);
  }
  const mean = alongChannels(call, c.mean, at);
  const variance = alongChannels(call, c.variance, at);
  const n = Math.max(mean.length, variance.length);
  const pick = (from: readonly number[], i: number) => from[from.length === 1 ? 0 : i];
  const deviations = Array.from({ length: n }, (_, i) => Math.max(Math.sqrt(pick(variance, i)), 1e-7));
  // subtracted first, as Keras does it, where the product of the two would have few digits left
  const far = deviations.some((d, i) => Math.abs(pick(mean, i)) > FAR * d);
  if (far && !c.invert) {
    const centred = call.node(
      { kind: 'affine', scale: [1], offset: mean.map((m) => -m) },
      call.inputs,
      {},
      'centred',
    );
    return call.node({ kind: 'affine', scale: deviations.map((d) => 1 / d), offset: [0] }, [centred]);
  }
  const scale = c.invert ? deviations : deviations.map((d) => 1 / d);
  const offset = scale.map((k, i) => (c.invert ? pick(mean, i) : -pick(mean, i) * k));
  return call.node({ kind: 'affine', scale, offset }, call.inputs);
}

/** How many deviations from 0 a mean may be for x * k - mean * k to be as exact as (x - mean) * k, nearly. */
const FAR = 32;

/** Constants as one number a channel, or one for all; other places in the picture have no constants of their own here. */
function alongChannels(call: LayerCall, { shape, values }: Block, at: readonly number[]): readonly number[] {
  if (values.length === 1) return values;
  const last = call.shape.length - 1;
  const alone = sizeOf(shape.slice(0, -1)) === 1 && at.at(-1) === last && values.length === call.channels;
  if (!alone)
    call.fail(
      `has constants of shape [${shape.join(', ')}] for the axes ${at.map((a) => a + 1).join(', ')}; Espalier reads one for each channel, or one for all`,
    );
  return values;
}

/**
 * Cuts constants along channels where they are written: in the settings of Rescaling and Normalization, else among the
 * arguments of an operation's call. A list of another length is none of them.
 */
export const constantFields: FieldWriter<'affine'> = ({ entry, config }, { kept }) => {
  if (!kept) return;
  for (const key of ['scale', 'offset', 'mean', 'variance'])
    if (key in config) config[key] = cutLists(config[key], kept);
  if (entry.class_name !== 'Rescaling' && entry.class_name !== 'Normalization')
    entry.inbound_nodes = cutLists(entry.inbound_nodes, kept);
};

/** Every list of numbers that has all the kept positions, with those alone; other values as they are. */
function cutLists(value: unknown, kept: readonly number[]): unknown {
  if (Array.isArray(value)) {
    const numbers = value.length > 1 && value.every((v) => typeof v === 'number');
    if (numbers) return kept[kept.length - 1] < value.length ? kept.map((p) => value[p] as number) : value;
    return value.map((v) => cutLists(v, kept));
  }
  if (!isObject(value) || value.class_name === '__keras_tensor__') return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, cutLists(v, kept)]));
}
