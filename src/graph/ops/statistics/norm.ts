import { nameOf, note, param, perAxis, perChannel, unchanged } from '../rules/channels.ts';
import { channelAxis, channelsOf, withChannels } from '../rules/layout.ts';
import { checkAxis, fail, same, vector } from '../rules/shape.ts';
import { ONE } from '../spec.ts';
import type { ChannelStep, OpSpec, ParamSpecs, Trail } from '../spec.ts';
import type { AxisLabels } from '../rules/labels.ts';
import type { OpOf } from '../../types.ts';

const scaleAndOffset = { gamma: { out: [0], start: 1 }, beta: { out: [0] } } as const satisfies ParamSpecs;

const statistics = {
  mean: { out: [0], kept: 'statistic' },
  variance: { out: [0], start: 1, kept: 'statistic' },
} as const satisfies ParamSpecs;

export const batchNorm: OpSpec<OpOf<'batchNorm'>> = {
  inputs: ONE,
  params: { ...scaleAndOffset, ...statistics },
  shape: (op, step) => {
    const [x] = step.inputs;
    if (x.length < 1) fail(op, 'needs an input with channels');
    for (const role of ['gamma', 'beta', 'mean', 'variance']) vector(op, step, role, channelsOf(x));
    return x;
  },
  channels: (_, step, trail) => perChannel(trail, step, ['gamma', 'beta', 'mean', 'variance']),
};

export const layerNorm: OpSpec<OpOf<'layerNorm'>> = {
  inputs: ONE,
  // their axes are those that the op names
  params: { gamma: { start: 1 }, beta: {} },
  shape: (op, { inputs: [x], params }) => {
    if (op.axes.length === 0) fail(op, 'names no axis');
    for (const a of op.axes) checkAxis(op, a, x.length);
    const n = op.axes.map((a) => x[a]);
    for (const role of ['gamma', 'beta']) {
      const p = params[role];
      if (p && !same(p, n)) fail(op, `has ${role} [${p.join(', ')}], expected [${n.join(', ')}]`);
    }
    return x;
  },
  // removing a channel also removes it from the statistics; see statisticsOverChannels in channels.ts
  channels: (op, step, trail) => perAxis(trail, step, ['gamma', 'beta'], op.axes),
  pools: ({ axes }) => ({ what: 'statistics', axes }),
};

export const groupNorm: OpSpec<OpOf<'groupNorm'>> = {
  inputs: ONE,
  params: scaleAndOffset,
  shape: (op, step) => {
    const [x] = step.inputs;
    const channels = channelsOf(x);
    if (x.length < 1 || channels % op.count !== 0)
      fail(
        op,
        `has ${op.count} ${op.fixed === 'groups' ? 'groups' : 'channels a group'}, its input is [${x.join(', ')}]`,
      );
    for (const role of ['gamma', 'beta']) vector(op, step, role, channels);
    return x;
  },
  channels: (op, step, trail) => byGroups(trail, step, op),
  pools: (op, rank) => ({ what: 'statistics', axes: op.fixed === 'groups' ? [channelAxis(rank)] : [] }),
};

export const unitNorm: OpSpec<OpOf<'unitNorm'>> = {
  inputs: ONE,
  params: {},
  shape: (op, { inputs: [x] }) => {
    if (op.axes.length === 0) fail(op, 'names no axis');
    for (const a of op.axes) checkAxis(op, a, x.length);
    return x;
  },
  // as in layer norm, a channel that goes also goes from the sum
  channels: (_, step) => unchanged(step),
  pools: ({ axes }) => ({ what: 'length', axes }),
};

/**
 * Where the number of groups stays, the channels at one place of every group go together, so that all stay equally wide;
 * else whole groups come and go, and the others' statistics are what they were.
 */
function byGroups(trail: Trail, step: ChannelStep, op: OpOf<'groupNorm'>): AxisLabels[] {
  const x = step.inputs[0];
  const last = channelAxis(x.length);
  const uneven = `joins fixed channels in the groups of ${nameOf(step.node)}`;
  x.forEach((labels, axis) => {
    if (axis === last) return;
    note(trail, step, 'consumer', labels);
    trail.labels.freeze(labels, `${nameOf(step.node)} takes its statistics over these positions`);
  });
  let channels = x[last];
  if (channels) {
    const n = channels.length;
    const size = op.fixed === 'groups' ? n / op.count : op.count;
    if (op.fixed === 'groups') trail.labels.fold(channels, size, uneven);
    else {
      // position g * size + k at k * groups + g, so that the channels of one group are a period apart
      const groups = n / size;
      const turned = Int32Array.from(
        { length: n },
        (_, i) => x[last]![(i % groups) * size + Math.floor(i / groups)],
      );
      trail.labels.fold(turned, groups, uneven);
    }
  }
  for (const role of ['gamma', 'beta']) channels = param(trail, step, role, 0, channels);
  return withChannels(x, channels);
}
