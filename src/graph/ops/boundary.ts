import { nameOf, note } from './rules/channels.ts';
import { channelAxis } from './rules/layout.ts';
import { ANY, NONE } from './spec.ts';
import type { OpSpec } from './spec.ts';
import type { OpOf } from '../types.ts';

export const input: OpSpec<OpOf<'input'>> = {
  inputs: NONE,
  params: {},
  shape: (op) => op.shape,
  channels: (_, { output }, trail) =>
    output.map((size, axis) => (axis === channelAxis(output.length) ? trail.labels.fresh(size) : null)),
};

export const opaque: OpSpec<OpOf<'opaque'>> = {
  inputs: ANY,
  params: {},
  shape: (op) => op.shape,
  channels: (op, step, trail) => {
    for (const axes of step.inputs)
      for (const labels of axes) {
        note(trail, step, 'consumer', labels);
        trail.labels.freeze(
          labels,
          `feeds ${nameOf(step.node)}, and Espalier does not know what ${op.what} does`,
        );
      }
    return step.output.map(() => null);
  },
};
