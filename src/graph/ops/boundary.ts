import { nameOf, note, param } from './rules/channels.ts';
import { channelAxis } from './rules/layout.ts';
import { ANY, NONE } from './spec.ts';
import { InputError } from '../errors.ts';
import type { OpSpec } from './spec.ts';
import type { OpOf } from '../types.ts';

export const input: OpSpec<OpOf<'input'>> = {
  inputs: NONE,
  params: {},
  shape: (op) => op.shape,
  channels: (_, { output }, trail) =>
    output.map((size, axis) => (axis === channelAxis(output.length) ? trail.labels.fresh(size) : null)),
};

export const constant: OpSpec<OpOf<'constant'>> = {
  inputs: NONE,
  // its axes are those of the value
  params: { value: {} },
  shape: (op, { params }) => {
    if (!params.value) throw new InputError(`${op.kind} has no value`);
    return params.value;
  },
  // it makes no channels: those that it meets are in it too, and go with what makes them
  channels: (_, step, trail) =>
    step.output.map((size, axis) => param(trail, step, 'value', axis, trail.labels.fresh(size, false))),
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
