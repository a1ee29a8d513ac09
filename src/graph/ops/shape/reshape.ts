import { nameOf } from '../rules/channels.ts';
import { reshapeLabels } from '../rules/reshape-labels.ts';
import { fail, same } from '../rules/shape.ts';
import { sizeOf } from '../rules/sizes.ts';
import { ONE } from '../spec.ts';
import type { ChannelStep, OpSpec, Trail } from '../spec.ts';
import type { AxisLabels } from '../rules/labels.ts';
import type { OpOf } from '../../types.ts';

export const flatten: OpSpec<OpOf<'flatten'>> = {
  inputs: ONE,
  params: {},
  passes: 'elements',
  shape: (_, { inputs: [x] }) => [sizeOf(x)],
  channels: (_, step, trail) => reshaped(trail, step),
};

export const reshape: OpSpec<OpOf<'reshape'>> = {
  inputs: ONE,
  params: {},
  passes: 'elements',
  shape: (op, { inputs: [x] }) => {
    if (sizeOf(op.target) !== sizeOf(x))
      fail(op, `can't make [${op.target.join(', ')}] of [${x.join(', ')}]`);
    return op.target;
  },
  channels: (op, step, trail) => reshaped(trail, step, op.along),
  narrow: (op, { output }) => ({
    ...op,
    target: op.target.map((size, a) => output(a)?.length ?? size),
  }),
};

export const permute: OpSpec<OpOf<'permute'>> = {
  inputs: ONE,
  params: {},
  shape: (op, { inputs: [x] }) => {
    if (
      op.perm.length !== x.length ||
      !same(
        [...op.perm].sort((a, b) => a - b),
        [...x.keys()],
      )
    )
      fail(op, `has the permutation [${op.perm.join(', ')}], its input is [${x.join(', ')}]`);
    return op.perm.map((a) => x[a]);
  },
  channels: (op, { inputs: [x] }) => op.perm.map((axis) => x[axis]),
};

function reshaped(trail: Trail, step: ChannelStep, along?: readonly number[]): AxisLabels[] {
  const from = step.inputShapes[0];
  const reason = `reshaping [${from.join(', ')}] to [${step.output.join(', ')}] in ${nameOf(step.node)} does not keep channels apart`;
  return reshapeLabels(trail.labels, step.inputs[0], from, step.output, { reason, along });
}
