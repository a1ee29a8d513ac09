import { mixing } from '../rules/channels.ts';
import { channelsOf, withChannels } from '../rules/layout.ts';
import { fail, parameter, vector } from '../rules/shape.ts';
import { ONE } from '../spec.ts';
import type { KernelSpec, OpSpec } from '../spec.ts';
import type { OpOf } from '../../types.ts';

/** [in, out] */
const kernel: KernelSpec = { rank: 2, in: 0, out: [1], linear: true, decays: true, applied: 'output' };

export const dense: OpSpec<OpOf<'dense'>> = {
  inputs: ONE,
  params: { kernel, bias: { out: [0] } },
  shape: (op, step) => {
    const [x] = step.inputs;
    const k = parameter(op, step, 'kernel', kernel.rank);
    const [into, made] = [k[kernel.in], k[kernel.out[0]]];
    if (x.length < 1 || into !== channelsOf(x))
      fail(op, `has a kernel for ${into} features, its input is [${x.join(', ')}]`);
    vector(op, step, 'bias', made);
    return withChannels(x, made);
  },
  channels: (_, step, trail) => mixing(trail, step, kernel),
};
