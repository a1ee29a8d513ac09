import { slides, spatial } from '../rules/channels.ts';
import { IMAGE, imageOf } from '../rules/layout.ts';
import { image, slid } from '../rules/shape.ts';
import { ONE } from '../spec.ts';
import type { OpSpec } from '../spec.ts';
import type { OpOf } from '../../types.ts';

const windowed: OpSpec<OpOf<'maxPool' | 'avgPool'>> = {
  inputs: ONE,
  params: {},
  shape: (op, step) => {
    const x = image(op, step);
    return slid(x, op.size, op, x[2]);
  },
  channels: (_, step, trail) => spatial(trail, step),
};

const global: OpSpec<OpOf<'globalAvgPool' | 'globalMaxPool'>> = {
  inputs: ONE,
  params: {},
  shape: (op, step) => {
    const [, , channels] = image(op, step);
    return op.keepDims ? imageOf(1, 1, channels) : [channels];
  },
  channels: (op, step, trail) => {
    if (op.keepDims) return spatial(trail, step);
    slides(trail, step);
    return [step.inputs[0][IMAGE.channels]];
  },
};

export { windowed as maxPool, windowed as avgPool, global as globalAvgPool, global as globalMaxPool };
