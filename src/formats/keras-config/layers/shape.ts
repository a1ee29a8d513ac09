import { sizeOf } from '../../../graph/shapes.ts';
import type { LayerCall } from '../builder.ts';
import { borders, fields, flag, or, padding, pair, real } from '../fields.ts';
import * as z from 'zod';

export function flatten(call: LayerCall): string {
  fields(call, {});
  return call.node({ kind: 'flatten' }, call.inputs);
}

export function reshape(call: LayerCall): string {
  const c = fields(call, {
    target_shape: z
      .array(
        z
          .number()
          .int()
          .min(-1)
          .nullable()
          .transform((n) => n ?? -1),
      )
      .min(1),
  });
  return call.node({ kind: 'reshape', target: resolveTarget(call, c.target_shape) }, call.inputs);
}

function resolveTarget(call: LayerCall, target: readonly number[]): number[] {
  const total = sizeOf(call.shape);
  const known = target.filter((n) => n !== -1).reduce((a, b) => a * b, 1);
  const open = target.filter((n) => n === -1).length;
  if (open > 1 || (open === 1 && total % known !== 0))
    call.fail(`can't make [${target.join(', ')}] of [${call.shape.join(', ')}]`);
  return target.map((n) => (n === -1 ? total / known : n));
}

export function permute(call: LayerCall): string {
  const c = fields(call, { dims: z.array(z.number().int().min(1)).min(1) });
  return call.node({ kind: 'permute', perm: c.dims.map((d) => d - 1) }, call.inputs);
}

export function pool(kind: 'maxPool' | 'avgPool') {
  return (call: LayerCall): string => {
    const c = fields(call, {
      pool_size: or(pair, [2, 2] as [number, number]),
      strides: or(pair, null),
      padding: or(padding, 'valid' as const),
    });
    return call.node(
      { kind, size: c.pool_size, strides: c.strides ?? c.pool_size, padding: c.padding },
      call.inputs,
    );
  };
}

export function globalPool(kind: 'globalAvgPool' | 'globalMaxPool') {
  return (call: LayerCall): string =>
    call.node({ kind, keepDims: fields(call, { keepdims: flag(false) }).keepdims }, call.inputs);
}

export function zeroPadding(call: LayerCall): string {
  const c = fields(call, { padding: or(borders, [1, 1, 1, 1] as [number, number, number, number]) });
  return call.node({ kind: 'zeroPad', padding: c.padding }, call.inputs);
}

export function cropping(call: LayerCall): string {
  const c = fields(call, { cropping: or(borders, [0, 0, 0, 0] as [number, number, number, number]) });
  return call.node({ kind: 'crop', cropping: c.cropping }, call.inputs);
}

export function upSampling(call: LayerCall): string {
  const c = fields(call, {
    size: or(pair, [2, 2] as [number, number]),
    interpolation: or(z.string(), 'nearest'),
  });
  if (c.interpolation !== 'nearest' && c.interpolation !== 'bilinear')
    call.fail(`uses "${c.interpolation}" interpolation; Espalier executes nearest and bilinear`);
  return call.node({ kind: 'upsample', size: c.size, interpolation: c.interpolation }, call.inputs);
}

export function dropout(spatial: boolean) {
  return (call: LayerCall): string => {
    const c = fields(call, { rate: or(real.min(0).max(1), null), p: or(real.min(0).max(1), null) });
    return call.node({ kind: 'dropout', rate: c.rate ?? c.p ?? 0, spatial }, call.inputs);
  };
}

export function identity(call: LayerCall): string {
  call.expectInputs(1, 1);
  return call.node({ kind: 'identity' }, call.inputs);
}

/** Layers that act on training images only. */
export function augmentation(call: LayerCall): string {
  call.warn('augments training images in Keras; Espalier passes its input on');
  return identity(call);
}
