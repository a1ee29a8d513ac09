import { channelsOf } from '../../../graph/ops/rules/layout.ts';
import { axes, fields, flag, ignored, integer, off, only, or, real } from '../fields.ts';
import type { LayerCall } from '../layer-call.ts';
import type { FieldWriter } from '../written.ts';

export function batchNormalization(call: LayerCall): string {
  const c = fields(call, {
    axis: or(axes, [-1]),
    momentum: or(real, 0.99),
    epsilon: or(real, 1e-3),
    center: flag(true),
    scale: flag(true),
    renorm: off,
    renorm_clipping: ignored,
    renorm_momentum: ignored,
    synchronized: ignored,
    virtual_batch_size: ignored,
    adjustment: only(null).optional(),
    fused: ignored,
  });
  const rank = call.shape.length;
  if (c.axis.length !== 1 || call.axis(c.axis[0], rank) !== rank - 1)
    call.fail(`has axis ${c.axis.join(', ')}; Espalier reads the last axis (channels_last) alone here`);
  if (call.training && call.trainable)
    call.fail(
      "is called with training=True, so that Keras normalises by each batch's own statistics also when it predicts, which Espalier does not execute; build the model without that argument, or freeze the layer",
    );
  const shape = [call.channels];
  const params: Record<string, string> = {};
  if (c.scale) params.gamma = call.param('gamma', shape);
  if (c.center) params.beta = call.param('beta', shape);
  params.mean = call.param('moving_mean', shape, false);
  params.variance = call.param('moving_variance', shape, false);
  return call.node({ kind: 'batchNorm', epsilon: c.epsilon, momentum: c.momentum }, call.inputs, params);
}

export function layerNormalization(call: LayerCall): string {
  const c = fields(call, {
    axis: or(axes, [-1]),
    epsilon: or(real, 1e-3),
    center: flag(true),
    scale: flag(true),
    rms_scaling: off,
  });
  const at = ordered(call, c.axis, c.scale || c.center);
  const shape = at.map((a) => call.shape[a]);
  const params: Record<string, string> = {};
  if (c.scale) params.gamma = call.param('gamma', shape);
  if (c.center) params.beta = call.param('beta', shape);
  return call.node({ kind: 'layerNorm', epsilon: c.epsilon, axes: at }, call.inputs, params);
}

/** Axes as ours; Keras lays factors out in the axes' own order, and then takes them for ones in the picture's. */
function ordered(call: LayerCall, given: readonly number[], factors: boolean): number[] {
  // Keras 3 sorts what is written
  const written = call.keras3 ? [...given].sort((a, b) => a - b) : given;
  const at = written.map((a) => call.axis(a, call.shape.length));
  if (factors && at.some((a, i) => i > 0 && a < at[i - 1]))
    call.fail(
      `has axis ${given.join(', ')}, an order that Espalier doesn't read: Keras mixes up its factors there`,
    );
  return at.sort((a, b) => a - b);
}

/** Keras normalises the last axis alone as it says; of others it takes whole groups from the wrong places. */
export function groupNormalization(call: LayerCall): string {
  const c = fields(call, {
    groups: or(integer, 32),
    axis: or(axes, [-1]),
    epsilon: or(real, 1e-3),
    center: flag(true),
    scale: flag(true),
  });
  const { channels } = call;
  const rank = call.shape.length;
  if (c.axis.length !== 1 || call.axis(c.axis[0], rank) !== rank - 1)
    call.fail(`has axis ${c.axis.join(', ')}; Espalier reads the last axis (channels_last) alone here`);
  const groups = c.groups === -1 ? channels : c.groups;
  if (groups < 1 || channels % groups !== 0)
    call.fail(`has groups ${c.groups}, which don't divide its ${channels} channels`);
  const params: Record<string, string> = {};
  if (c.scale) params.gamma = call.param('gamma', [channels]);
  if (c.center) params.beta = call.param('beta', [channels]);
  // whatever leaves more to choose from: whole groups, or the same places of all groups
  const whole = groups >= channels / groups;
  const size = whole ? channels / groups : groups;
  return call.node(
    { kind: 'groupNorm', epsilon: c.epsilon, fixed: whole ? 'channels' : 'groups', count: size },
    call.inputs,
    params,
  );
}

/** To length 1 along the given axes. Keras 2 takes the least sum of squares to be 1e-12, Keras 3 the least length. */
export function unitNormalization(call: LayerCall): string {
  const c = fields(call, { axis: or(axes, [-1]) });
  const at = c.axis.map((a) => call.axis(a, call.shape.length)).sort((a, b) => a - b);
  return call.node({ kind: 'unitNorm', axes: at, least: call.keras3 ? 1e-12 : 1e-6 }, call.inputs);
}

/** By the root of the mean of squares. */
export function rmsNormalization(call: LayerCall): string {
  const c = fields(call, { axis: or(axes, [-1]), epsilon: or(real, 1e-6) });
  const at = ordered(call, c.axis, true);
  // Keras' own factors fit the last axes alone
  if (at.some((a, i) => a !== call.shape.length - at.length + i))
    call.fail(`has axis ${c.axis.join(', ')}; Espalier reads the last axis, or several last ones, here`);
  const gamma = call.param(
    'scale',
    at.map((a) => call.shape[a]),
  );
  return call.node({ kind: 'layerNorm', epsilon: c.epsilon, axes: at, rms: true }, call.inputs, { gamma });
}

export const groupNormFields: FieldWriter<'groupNorm'> = ({ config, shape }, { fixed, count }) => {
  config.groups = fixed === 'groups' ? count : channelsOf(shape) / count;
};
