import { mixing, nameOf, note, param, slides } from '../rules/channels.ts';
import { IMAGE, imageOf } from '../rules/layout.ts';
import { repeatEach } from '../rules/labels.ts';
import { transposedSize } from '../rules/sizes.ts';
import { fail, image, parameter, slid, vector } from '../rules/shape.ts';
import { ONE } from '../spec.ts';
import type { ChannelStep, KernelSpec, OpSpec, ParamSpec, Trail } from '../spec.ts';
import type { AxisLabels } from '../rules/labels.ts';
import type { OpOf } from '../../types.ts';

const bias: ParamSpec = { out: [0] };

/** [kh, kw, cin / groups, cout] */
const kernel: KernelSpec = {
  rank: 4,
  window: [0, 1],
  in: 2,
  out: [3],
  linear: true,
  decays: true,
  applied: 'output',
};

export const conv2d: OpSpec<OpOf<'conv2d'>> = {
  inputs: ONE,
  params: { kernel, bias },
  shape: (op, step) => {
    const x = image(op, step);
    const k = parameter(op, step, 'kernel', kernel.rank);
    const [into, made] = [k[kernel.in], k[kernel.out[0]]];
    if (op.groups < 1 || into * op.groups !== x[2])
      fail(op, `has a kernel for ${into} x ${op.groups} channels, its input has ${x[2]}`);
    if (made % op.groups !== 0) fail(op, `has ${made} filters, not divisible by its ${op.groups} groups`);
    vector(op, step, 'bias', made);
    return slid(x, k, op, made);
  },
  channels: (op, step, trail) =>
    op.groups === 1 ? mixing(trail, step, kernel) : grouped(trail, step, op.groups),
  narrow: (op, cut) => {
    // conv groups of a single input channel come and go with it; others all stay, and get narrower alike
    if (op.groups === 1 || cut.runsAlong('kernel', kernel.in)) return op;
    const groups = cut.input(IMAGE.channels)?.length;
    return groups === undefined ? op : { ...op, groups };
  },
};

/** [kh, kw, cin, multiplier]; output channel c * multiplier + m is of input c */
const depthwise: KernelSpec = { ...kernel, in: 2, out: [2, 3] };

export const depthwiseConv2d: OpSpec<OpOf<'depthwiseConv2d'>> = {
  inputs: ONE,
  params: { kernel: depthwise, bias },
  shape: (op, step) => {
    const x = image(op, step);
    const k = parameter(op, step, 'kernel', depthwise.rank);
    const [own, multiplier] = depthwise.out.map((a) => k[a]);
    if (own !== x[2]) fail(op, `has a kernel for ${own} channels, its input has ${x[2]}`);
    vector(op, step, 'bias', own * multiplier);
    return slid(x, k, op, own * multiplier);
  },
  channels: (_, step, trail) => {
    slides(trail, step);
    const channels = param(trail, step, 'kernel', depthwise.in, step.inputs[0][IMAGE.channels]);
    const multiplier = step.paramShape('kernel')![depthwise.out[1]];
    return imageOf<AxisLabels>(null, null, param(trail, step, 'bias', 0, repeatEach(channels, multiplier)));
  },
};

/** [kh, kw, cout, cin], Keras' order */
const transposed: KernelSpec = { ...kernel, in: 3, out: [2], applied: 'input' };

export const conv2dTranspose: OpSpec<OpOf<'conv2dTranspose'>> = {
  inputs: ONE,
  params: { kernel: transposed, bias },
  shape: (op, step) => {
    const x = image(op, step);
    const k = parameter(op, step, 'kernel', transposed.rank);
    const [into, made] = [k[transposed.in], k[transposed.out[0]]];
    if (into !== x[2]) fail(op, `has a kernel for ${into} channels, its input has ${x[2]}`);
    vector(op, step, 'bias', made);
    const [height, width] = transposedSize([x[0], x[1]], [k[0], k[1]], op);
    return imageOf(height, width, made);
  },
  channels: (_, step, trail) => mixing(trail, step, transposed),
};

/**
 * Channel i of every conv group is tied to channel i of the others, on both sides, so that all conv groups stay
 * equally wide. With one input channel a group it is a depthwise convolution, and whole conv groups come and go.
 */
function grouped(trail: Trail, step: ChannelStep, groups: number): AxisLabels[] {
  const x = step.inputs[0][IMAGE.channels];
  const shape = step.paramShape('kernel')!;
  const [into, [out]] = [shape[kernel.in], kernel.out];
  slides(trail, step);
  if (into === 1) {
    const channels = param(trail, step, 'kernel', out, repeatEach(x, shape[out] / groups));
    return imageOf<AxisLabels>(null, null, param(trail, step, 'bias', 0, channels));
  }
  const uneven = `joins fixed channels in the conv groups of ${nameOf(step.node)}`;
  const consumed = param(trail, step, 'kernel', kernel.in, trail.labels.fold(x, into, uneven));
  const known = trail.params.get(step.node.params.kernel)?.[out];
  let made = known ?? null;
  if (!made) {
    made = trail.labels.fresh(shape[out]);
    trail.labels.fold(made, shape[out] / groups, uneven);
  }
  param(trail, step, 'kernel', out, made);
  const channels = param(trail, step, 'bias', 0, made);
  note(trail, step, 'consumer', consumed);
  note(trail, step, 'producer', channels);
  return imageOf<AxisLabels>(null, null, channels);
}
