import { asImage } from '../../../graph/ops/rules/layout.ts';
import type * as z from 'zod';
import type { Interpolation } from '../../../graph/types.ts';
import { fields, flag, only, or, pair, real, size, word } from '../fields.ts';
import type { LayerCall } from '../layer-call.ts';

const names = [
  'nearest',
  'bilinear',
  'bicubic',
  'area',
  'lanczos3',
  'lanczos5',
  'gaussian',
  'mitchellcubic',
] as const;

/** Filters that don't pass through the pixels themselves, so that they blur even where the size stays. */
const BLURRING = new Set<Interpolation>(['gaussian', 'mitchellcubic']);

const interpolation = word(names);

type Size = readonly [number, number];

/** The value at another height and width. */
function resized(call: LayerCall, value: string, to: Size, how: Interpolation, antialias = false): string {
  const { height, width } = asImage(call.builder.shapes.get(value)!)!;
  const same = height === to[0] && width === to[1] && !BLURRING.has(how);
  return call.node(
    same ? { kind: 'identity' } : { kind: 'resize', size: to, interpolation: how, antialias },
    [value],
  );
}

function image(call: LayerCall): Size {
  const { height, width } = call.image();
  return [height, width];
}

/** Height and width of the part (or frame) that has the target's proportions, whole pixels, as Keras computes it. */
function proportions([height, width]: Size, to: Size): Size {
  return [
    Math.trunc(Math.fround(Math.fround(width * to[0]) / to[1])),
    Math.trunc(Math.fround(Math.fround(height * to[1]) / to[0])),
  ];
}

/** The largest part in the middle that has the target's proportions. */
function cropped(call: LayerCall, to: Size): string {
  const [height, width] = image(call);
  const wanted = proportions([height, width], to);
  const h = Math.max(Math.min(height, wanted[0]), 1);
  const w = Math.max(Math.min(width, wanted[1]), 1);
  return cut(call, Math.trunc((height - h) / 2), Math.trunc((width - w) / 2), h, w);
}

function cut(call: LayerCall, top: number, left: number, h: number, w: number): string {
  const [height, width] = image(call);
  const cropping = [top, height - h - top, left, width - w - left] as const;
  if (cropping.every((n) => n === 0)) return call.inputs[0];
  return call.node({ kind: 'crop', cropping }, call.inputs, {}, 'crop');
}

/** With a border of one value, equally wide on both sides, up to the target's proportions. */
function padded(call: LayerCall, to: Size, fill: number): string {
  const [height, width] = image(call);
  const [h, w] = proportions([height, width], to);
  const above = Math.trunc(Math.max(h - height, 0) / 2);
  const beside = Math.trunc(Math.max(w - width, 0) / 2);
  const padding = [above, above, beside, beside] as const;
  if (padding.every((n) => n === 0)) return call.inputs[0];
  return call.node({ kind: 'zeroPad', padding, ...(fill !== 0 && { value: fill }) }, call.inputs, {}, 'pad');
}

const aspects = {
  antialias: flag(false),
  crop_to_aspect_ratio: flag(false),
  pad_to_aspect_ratio: flag(false),
  fill_mode: only('constant').nullish(),
  fill_value: or(real, 0),
};

type Aspects = z.output<z.ZodObject<typeof aspects>>;

function resize(call: LayerCall, to: Size, how: Interpolation, c: Aspects): string {
  image(call);
  if (c.crop_to_aspect_ratio && c.pad_to_aspect_ratio)
    call.fail('has crop_to_aspect_ratio true and pad_to_aspect_ratio true, which is one too many');
  const value = c.crop_to_aspect_ratio
    ? cropped(call, to)
    : c.pad_to_aspect_ratio
      ? padded(call, to, c.fill_value)
      : call.inputs[0];
  return resized(call, value, to, how, c.antialias);
}

export function resizing(call: LayerCall): string {
  const c = fields(call, {
    height: size,
    width: size,
    interpolation: or(interpolation, 'bilinear' as const),
    ...aspects,
  });
  return resize(call, [c.height, c.width], c.interpolation, c);
}

/** keras.ops.image.resize, and tf.image.resize, which calls the interpolation its method. */
export function resizeOperation(call: LayerCall): string {
  const c = fields(call, {
    size: pair,
    interpolation: or(interpolation, null),
    method: or(interpolation, null),
    preserve_aspect_ratio: only(false).nullish(),
    ...aspects,
  });
  return resize(call, c.size, c.interpolation ?? c.method ?? 'bilinear', c);
}

export function centerCrop(call: LayerCall): string {
  const c = fields(call, { height: size, width: size });
  const [height, width] = image(call);
  const to: Size = [c.height, c.width];
  if (height < to[0] || width < to[1]) return resized(call, cropped(call, to), to, 'bilinear');
  const [top, left] = [Math.trunc((height - to[0]) / 2), Math.trunc((width - to[1]) / 2)];
  return call.node({ kind: 'identity' }, [cut(call, top, left, ...to)]);
}

/** When not training, Keras 2 scales the middle to the size; Keras 3 passes on what it is given. */
export function randomCrop(call: LayerCall): string {
  const c = fields(call, { height: size, width: size });
  const [height, width] = image(call);
  call.warn('crops training images at random in Keras; Espalier takes them as Keras does when it predicts');
  if (height === c.height && width === c.width) return call.node({ kind: 'identity' }, call.inputs);
  if (call.keras3)
    call.fail(
      `crops ${height} x ${width} to ${c.height} x ${c.width}, which Keras 3 does in training only, so that its own network doesn't fit when it predicts; use CenterCrop`,
    );
  const to: Size = [c.height, c.width];
  return resized(call, cropped(call, to), to, 'bilinear');
}

export function upSampling(call: LayerCall): string {
  const c = fields(call, {
    size: or(pair, [2, 2] as [number, number]),
    interpolation: or(interpolation, 'nearest' as const),
  });
  if (c.interpolation === 'nearest' || c.interpolation === 'bilinear')
    return call.node({ kind: 'upsample', size: c.size, interpolation: c.interpolation }, call.inputs);
  const [height, width] = image(call);
  return resized(call, call.inputs[0], [height * c.size[0], width * c.size[1]], c.interpolation);
}
