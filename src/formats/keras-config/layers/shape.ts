import { sizeOf } from '../../../graph/shapes.ts';
import { borders, fields, flag, ignored, integer, or, padding, pair, reads, share } from '../fields.ts';
import type { LayerCall } from '../layer-call.ts';
import * as z from 'zod';

export function flatten(call: LayerCall): string {
  fields(call, {});
  return call.node({ kind: 'flatten' }, call.inputs);
}

export function reshape(call: LayerCall): string {
  const c = fields(call, {
    target_shape: reads(
      z
        .array(
          integer
            .refine((n) => n >= -1)
            .nullable()
            .transform((n) => n ?? -1),
        )
        .min(1),
      'a list of whole numbers, one of which may be -1',
    ),
  });
  return call.node({ kind: 'reshape', target: resolveTarget(call, c.target_shape) }, call.inputs);
}

function resolveTarget(call: LayerCall, target: readonly number[]): number[] {
  const total = sizeOf(call.shape);
  const known = target.filter((n) => n !== -1).reduce((a, b) => a * b, 1);
  const open = target.filter((n) => n === -1).length;
  if (open > 1 || (open === 1 && total % known !== 0))
    call.fail(`has target_shape [${target.join(', ')}], which can't be made of [${call.shape.join(', ')}]`);
  return target.map((n) => (n === -1 ? total / known : n));
}

export function permute(call: LayerCall): string {
  const c = fields(call, {
    dims: reads(z.array(integer.refine((n) => n >= 1)).min(1), 'a list of whole numbers from 1 on'),
  });
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

/** What acts on training images, or on values in training, alone. */
export function dropout(spatial: boolean) {
  return (call: LayerCall): string => {
    const c = fields(call, { rate: or(share, null), p: or(share, null), noise_shape: ignored });
    warnOfTraining(call);
    return call.node({ kind: 'dropout', rate: c.rate ?? c.p ?? 0, spatial }, call.inputs);
  };
}

export function identity(call: LayerCall): string {
  call.expectInputs(1, 1);
  return call.node({ kind: 'identity' }, call.inputs);
}

/** Layers that act in training only, whatever their settings. */
export function inTrainingOnly(call: LayerCall): string {
  call.ignoreSettings();
  warnOfTraining(call);
  return identity(call);
}

/** Layers that act on training images only. */
export function augmentation(call: LayerCall): string {
  call.warn('augments training images in Keras; Espalier passes its input on');
  return inTrainingOnly(call);
}

function warnOfTraining(call: LayerCall): void {
  if (call.training)
    call.warn(
      'is called with training=True, so that Keras applies it also when it predicts; Espalier does not',
    );
}
