import { spatial } from '../rules/channels.ts';
import { imageOf } from '../rules/layout.ts';
import { image } from '../rules/shape.ts';
import { ONE } from '../spec.ts';
import type { OpSpec } from '../spec.ts';
import type { OpOf } from '../../types.ts';

export const zeroPad: OpSpec<OpOf<'zeroPad'>> = {
  inputs: ONE,
  params: {},
  passes: 'pixels',
  shape: (op, step) => {
    const [h, w, channels] = image(op, step);
    const [top, bottom, left, right] = op.padding;
    return imageOf(h + top + bottom, w + left + right, channels);
  },
  channels: (_, step, trail) => spatial(trail, step),
};

export const crop: OpSpec<OpOf<'crop'>> = {
  inputs: ONE,
  params: {},
  passes: 'pixels',
  shape: (op, step) => {
    const [h, w, channels] = image(op, step);
    const [top, bottom, left, right] = op.cropping;
    return imageOf(h - top - bottom, w - left - right, channels);
  },
  channels: (_, step, trail) => spatial(trail, step),
};

export const upsample: OpSpec<OpOf<'upsample'>> = {
  inputs: ONE,
  params: {},
  shape: (op, step) => {
    const [h, w, channels] = image(op, step);
    return imageOf(h * op.size[0], w * op.size[1], channels);
  },
  channels: (_, step, trail) => spatial(trail, step),
};

export const resize: OpSpec<OpOf<'resize'>> = {
  inputs: ONE,
  params: {},
  passes: 'pixels',
  shape: (op, step) => {
    const [, , channels] = image(op, step);
    return imageOf(op.size[0], op.size[1], channels);
  },
  channels: (_, step, trail) => spatial(trail, step),
};
