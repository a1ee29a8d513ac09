import { nameOf, param, unchanged } from '../rules/channels.ts';
import { broadcastShape } from '../rules/sizes.ts';
import { checkAxis, fail, parameter, same } from '../rules/shape.ts';
import { ONE } from '../spec.ts';
import type { OpSpec } from '../spec.ts';
import type { OpOf } from '../../types.ts';

export const activation: OpSpec<OpOf<'activation'>> = {
  inputs: ONE,
  params: {},
  shape: (_, { inputs: [x] }) => x,
  channels: (_, step) => unchanged(step),
  probabilities: (op) => (op.activation === 'sigmoid' ? 'each' : undefined),
};

export const prelu: OpSpec<OpOf<'prelu'>> = {
  inputs: ONE,
  // an axis of length 1 is shared
  params: { alpha: {} },
  shape: (op, step) => {
    const [x] = step.inputs;
    const alpha = parameter(op, step, 'alpha', x.length);
    if (!same(broadcastShape([x, alpha]) ?? [], x))
      fail(op, `has alpha [${alpha.join(', ')}], its input is [${x.join(', ')}]`);
    return x;
  },
  channels: (_, step, trail) => {
    const alpha = step.paramShape('alpha')!;
    return step.inputs[0].map((labels, axis) =>
      alpha[axis] === 1 ? labels : param(trail, step, 'alpha', axis, labels),
    );
  },
};

export const glu: OpSpec<OpOf<'glu'>> = {
  inputs: ONE,
  params: {},
  shape: (op, { inputs: [x] }) => {
    checkAxis(op, op.axis, x.length);
    if (x[op.axis] % 2 !== 0) fail(op, `halves an axis of ${x[op.axis]}`);
    return x.map((d, a) => (a === op.axis ? d / 2 : d));
  },
  channels: (op, step, trail) => {
    const uneven = `joins fixed values with others in ${nameOf(step.node)}`;
    return step.inputs[0].map((labels, a) =>
      a === op.axis ? trail.labels.fold(labels, step.output[a], uneven) : labels,
    );
  },
};
