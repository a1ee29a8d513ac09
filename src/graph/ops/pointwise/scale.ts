import { perAxis, perChannel, unchanged } from '../rules/channels.ts';
import { channelAxis, channelsOf } from '../rules/layout.ts';
import { checkAxis, fail, parameter, same, vector } from '../rules/shape.ts';
import { ONE } from '../spec.ts';
import type { OpSpec } from '../spec.ts';
import type { OpOf } from '../../types.ts';

export const scale: OpSpec<OpOf<'scale'>> = {
  inputs: ONE,
  params: { gamma: { out: [0], start: 1 } },
  shape: (op, step) => {
    const [x] = step.inputs;
    parameter(op, step, 'gamma', 1);
    vector(op, step, 'gamma', channelsOf(x));
    return x;
  },
  channels: (_, step, trail) => perChannel(trail, step, ['gamma']),
};

export const normalize: OpSpec<OpOf<'normalize'>> = {
  inputs: ONE,
  // their axes are those that the op names
  params: { mean: { kept: 'constant' }, variance: { start: 1, kept: 'constant' } },
  shape: (op, step) => {
    const [x] = step.inputs;
    for (const a of op.axes) checkAxis(op, a, x.length);
    const n = op.axes.map((a) => x[a]);
    for (const role of ['mean', 'variance'])
      if (!same(parameter(op, step, role, n.length), n))
        fail(op, `has ${role} [${step.params[role].join(', ')}], expected [${n.join(', ')}]`);
    return x;
  },
  channels: (op, step, trail) => perAxis(trail, step, ['mean', 'variance'], op.axes),
};

export const affine: OpSpec<OpOf<'affine'>> = {
  inputs: ONE,
  params: {},
  shape: (op, { inputs: [x] }) => {
    for (const values of [op.scale, op.offset])
      if (values.length !== 1 && values.length !== channelsOf(x))
        fail(op, `has ${values.length} values, its input has ${channelsOf(x)} channels`);
    return x;
  },
  channels: (_, step) => unchanged(step),
  narrow: (op, { rank, output }) => {
    const stay = output(channelAxis(rank));
    if (!stay || !ordered(op)) return op;
    const cut = (values: readonly number[]) =>
      values.length === 1 ? values : Array.from(stay, (p) => values[p]);
    const kept = Array.from(stay, (p) => op.kept?.[p] ?? p);
    return { ...op, scale: cut(op.scale), offset: cut(op.offset), kept };
  },
  ordered,
};

/** Its constants are part of the graph, and not of the weights. */
function ordered(op: OpOf<'affine'>): boolean {
  return op.scale.length > 1 || op.offset.length > 1;
}
