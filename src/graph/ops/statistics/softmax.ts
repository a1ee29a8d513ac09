import { nameOf, note, unchanged } from '../rules/channels.ts';
import { checkAxis } from '../rules/shape.ts';
import { ONE } from '../spec.ts';
import type { OpSpec } from '../spec.ts';
import type { OpOf } from '../../types.ts';

export const logSoftmax: OpSpec<OpOf<'softmax' | 'logSoftmax'>> = {
  inputs: ONE,
  params: {},
  shape: (op, { inputs: [x] }) => {
    checkAxis(op, op.axis, x.length);
    return x;
  },
  channels: (op, step, trail) => {
    const labels = step.inputs[0][op.axis];
    note(trail, step, 'consumer', labels);
    trail.labels.freeze(labels, `softmax in ${nameOf(step.node)} mixes all channels`);
    return unchanged(step);
  },
};

export const softmax: OpSpec<OpOf<'softmax'>> = {
  ...logSoftmax,
  probabilities: ({ axis }) => ({ along: axis }),
};
