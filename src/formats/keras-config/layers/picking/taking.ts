import * as z from 'zod';
import { channelAxis, channelsOf } from '../../../../graph/ops/rules/layout.ts';
import { axes, fields, ignored, integer, only, or, reads, size } from '../../fields.ts';
import { shortly } from '../../layer-call.ts';
import type { Constant, LayerCall, OperationReader } from '../../layer-call.ts';
import { perSample } from '../reductions.ts';
import { gathered, positionsBy } from './positions.ts';

const indexList = reads(z.union([integer, z.array(integer).min(1)]), 'a whole number, or a list of them');

/** keras.ops.take, whose positions are an operand, and tf.gather, whose are a setting: in any order, again and again. */
export const take: OperationReader = (call: LayerCall, operands, tensorflow) => {
  const [x, listed] = operands;
  if (typeof x !== 'string' || typeof listed === 'string')
    call.fail('takes positions that the network computes; Espalier reads whole numbers there');
  const c = fields(call, {
    axis: or(integer, null),
    indices: or(indexList, null),
    batch_dims: only(0).nullish(),
    validate_indices: ignored,
  });
  const given = listed ? asIndices(call, listed) : c.indices;
  if (given === null) call.fail('has no indices; Espalier reads whole numbers here');
  const shape = call.builder.shapes.get(x)!;
  if (c.axis === null && !tensorflow)
    call.fail('has no axis, so that it takes of all images of a batch; Espalier reads the axes of an image');
  const [axis] = perSample(call, [c.axis ?? 0], shape.length);
  const many = typeof given === 'number' ? [given] : given;
  const positions = many.map((p) => (p < 0 && !tensorflow ? p + shape[axis] : p));
  if (positions.some((p) => p < 0 || p >= shape[axis]))
    call.fail(`has indices ${shortly(given)} for an axis of ${shape[axis]}; Espalier reads positions on it`);
  if (typeof given !== 'number') return gathered(call, x, axis, positions);
  return withoutAxis(call, gathered(call, x, axis, positions, { part: 'taken' }), axis);
};

/** One position along an axis is left, and the axis is taken away. */
export function withoutAxis(call: LayerCall, x: string, axis: number, part?: string): string {
  const target = call.builder.shapes.get(x)!.filter((_, a) => a !== axis);
  if (target.length === 0)
    call.fail('leaves one number of an image; Espalier reads values of one axis or more');
  return call.node({ kind: 'reshape', target }, [x], {}, part);
}

function asIndices(call: LayerCall, { values, depth }: Constant): number | number[] {
  if (depth > 1 || !values.every(Number.isInteger))
    call.fail(`takes the positions ${shortly(values)}; Espalier reads a whole number, or a list of them`);
  return depth === 0 ? values[0] : [...values];
}

/** Axes back to front: keras.ops.flip, tf.reverse. */
export function flip(call: LayerCall, x: string): string {
  const c = fields(call, { axis: or(axes, null) });
  if (c.axis === null)
    call.fail('has no axis, so that it turns the batch about, too; Espalier reads the axes of an image');
  return backwards(call, x, perSample(call, c.axis, call.builder.shapes.get(x)!.length));
}

/** An image with its rows (0) or columns (1) back to front. */
export const flipImage = (axis: number) => (call: LayerCall, x: string) => backwards(call, x, [axis]);

function backwards(call: LayerCall, x: string, over: readonly number[]): string {
  return each(call, x, [...new Set(over)], (n) => [n, (k) => n - 1 - k]);
}

/** Positions shifted, those at the end to the beginning. */
export function roll(call: LayerCall, x: string): string {
  const c = fields(call, { shift: integer, axis: or(integer, null) });
  if (c.axis === null)
    call.fail('has no axis, so that it shifts over all images of a batch; Espalier reads one of an image');
  const [axis] = perSample(call, [c.axis], call.builder.shapes.get(x)!.length);
  return each(call, x, [axis], (n) => [n, (k) => (((k - c.shift) % n) + n) % n]);
}

/** Every position several times in a row. */
export function repeat(call: LayerCall, x: string): string {
  const c = fields(call, { repeats: size, axis: or(integer, null) });
  if (c.axis === null)
    call.fail('has no axis, so that it makes one row of the batch; Espalier reads one of an image');
  const [axis] = perSample(call, [c.axis], call.builder.shapes.get(x)!.length);
  return each(call, x, [axis], (n) => [n * c.repeats, (k) => Math.floor(k / c.repeats)]);
}

/** The whole of an axis several times. */
export function tile(call: LayerCall, x: string): string {
  const many = reads(z.array(size), 'a list of whole numbers from 1 on, the batch first');
  const c = fields(call, { repeats: or(many, null), multiples: or(many, null) });
  const given = c.repeats ?? c.multiples ?? call.fail('has no repeats');
  const shape = call.builder.shapes.get(x)!;
  if (given.length !== shape.length + 1 || given[0] !== 1)
    call.fail(
      `has repeats ${shortly(given)}; Espalier reads one number for each axis here, and 1 for the batch`,
    );
  const over = shape.flatMap((_, a) => (given[a + 1] > 1 ? [a] : []));
  return each(call, x, over, (n, axis) => [n * given[axis + 1], (k) => k % n]);
}

/** The one channel of a picture as red, green and blue. */
export function greyToRgb(call: LayerCall, x: string): string {
  const shape = call.builder.shapes.get(x)!;
  if (channelsOf(shape) !== 1) call.fail(`needs an input of one channel, got [${shape.join(', ')}]`);
  return each(call, x, [channelAxis(shape.length)], () => [3, () => 0]);
}

/** Axis after axis, by how many positions it has then and which each of them is. */
function each(
  call: LayerCall,
  x: string,
  over: readonly number[],
  rule: (size: number, axis: number) => [count: number, at: (k: number) => number],
): string {
  const last = over.length - 1;
  if (last < 0) return call.node({ kind: 'identity' }, [x]);
  return over.reduce((value, axis, i) => {
    const [count, at] = rule(call.builder.shapes.get(value)![axis], axis);
    const part = i < last ? `axis${axis + 1}` : undefined;
    return gathered(call, value, axis, positionsBy(call, count, at), { part });
  }, x);
}
