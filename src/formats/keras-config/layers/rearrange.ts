import * as z from 'zod';
import { sizeOf } from '../../../graph/shapes.ts';
import { count, fields, flag, integer, or } from '../fields.ts';
import type { LayerCall } from '../layer-call.ts';
import type { OperationReader } from './operation.ts';

const axes = z.union([integer.transform((n) => [n]), z.array(integer).min(1)]);

/** Axes as ours, without the batch; each operation on a whole batch is refused. */
function perSample(call: LayerCall, given: readonly number[], rank: number): number[] {
  return given.map((axis) => {
    if (axis === 0 || axis === -rank - 1)
      call.fail('acts over the images of a batch, which Espalier does not execute');
    return call.axis(axis, rank);
  });
}

/** Mean, maximum, minimum or sum over some axes. */
export function reduction(how: 'mean' | 'max' | 'min' | 'sum') {
  return (call: LayerCall, x: string): string => {
    const c = fields(call, { axis: or(axes, null), keepdims: flag(false) });
    const rank = call.builder.shapes.get(x)!.length;
    if (c.axis === null) call.fail('acts over the images of a batch, which Espalier does not execute');
    const over = [...new Set(perSample(call, c.axis, rank))].sort((a, b) => a - b);
    const image = rank === 3 && over.join() === '0,1';
    if (image && how === 'mean') return call.node({ kind: 'globalAvgPool', keepDims: c.keepdims }, [x]);
    if (image && how === 'max') return call.node({ kind: 'globalMaxPool', keepDims: c.keepdims }, [x]);
    return call.node({ kind: 'reduce', how, axes: over, keepDims: c.keepdims }, [x]);
  };
}

/** Keras' newshape and TensorFlow's shape, batch axis first, with at most one length left to be found. */
export function reshapeOperation(call: LayerCall, x: string): string {
  const lengths = z.array(integer.nullable().transform((n) => n ?? -1)).min(2);
  const c = fields(call, { newshape: or(lengths, null), shape: or(lengths, null) });
  const [batch, ...target] = c.newshape ?? c.shape ?? call.fail('has no new shape that Espalier reads');
  const size = sizeOf(call.builder.shapes.get(x)!);
  if (batch !== -1 || target.includes(-1) || sizeOf(target) !== size)
    call.fail(
      `reshapes to [${[batch, ...target].join(', ')}]; Espalier reads -1 for the batch and ${size} values an image behind it`,
    );
  return call.node({ kind: 'reshape', target }, [x]);
}

export function transpose(call: LayerCall, x: string): string {
  const order = z.array(integer);
  const c = fields(call, {
    axes: or(order, null),
    perm: or(order, null),
    conjugate: z.literal(false).nullish(),
  });
  const rank = call.builder.shapes.get(x)!.length;
  const given =
    c.axes ?? c.perm ?? call.fail('turns all axes about, the batch too, which Espalier does not execute');
  if (given[0] !== 0) call.fail('moves the batch axis, which Espalier does not execute');
  return call.node({ kind: 'permute', perm: perSample(call, given.slice(1), rank) }, [x]);
}

export function expandDims(call: LayerCall, x: string): string {
  const { axis } = fields(call, { axis: integer });
  const target = [...call.builder.shapes.get(x)!];
  const [at] = perSample(call, [axis], target.length + 1);
  target.splice(at, 0, 1);
  return call.node({ kind: 'reshape', target }, [x]);
}

export function squeeze(call: LayerCall, x: string): string {
  const c = fields(call, { axis: or(axes, null) });
  const shape = call.builder.shapes.get(x)!;
  if (c.axis === null)
    call.fail('takes away whichever axes are 1, which Espalier does not execute; name them');
  const gone = perSample(call, c.axis, shape.length);
  if (gone.some((a) => shape[a] !== 1))
    call.fail(`takes away an axis of [${shape.join(', ')}] that is not 1`);
  return call.node({ kind: 'reshape', target: shape.filter((_, a) => !gone.includes(a)) }, [x]);
}

/** Zeros around a picture. */
export function pad(call: LayerCall, x: string): string {
  const borders = z.array(z.tuple([count, count])).length(4);
  const c = fields(call, {
    pad_width: or(borders, null),
    paddings: or(borders, null),
    mode: z
      .string()
      .regex(/^constant$/i)
      .nullish(),
    constant_values: z.literal(0).nullish(),
  });
  const given = c.pad_width ?? c.paddings ?? call.fail('has no padding that Espalier reads');
  const [batch, [top, bottom], [left, right], channels] = given;
  if ([...batch, ...channels].some((n) => n !== 0))
    call.fail('pads the batch or the channels, which Espalier does not execute');
  return call.node({ kind: 'zeroPad', padding: [top, bottom, left, right] }, [x]);
}

export const concatenation: OperationReader = (call: LayerCall, operands) => {
  const { axis } = fields(call, { axis: or(integer, 0) });
  const ids = operands.map((x) => (typeof x === 'string' ? x : call.fail('joins constants')));
  const [at] = perSample(call, [axis], call.builder.shapes.get(ids[0])!.length);
  return call.node({ kind: 'concat', axis: at }, ids);
};
