import type { LayerCall } from '../builder.ts';
import { fields, flag, or, real } from '../fields.ts';
import * as z from 'zod';

const integer = z.number().int();
const axes = z.union([integer.transform((n) => [n]), z.array(integer).min(1)]);

export function batchNormalization(call: LayerCall): string {
  const c = fields(call, {
    axis: or(axes, [-1]),
    momentum: or(real, 0.99),
    epsilon: or(real, 1e-3),
    center: flag(true),
    scale: flag(true),
    renorm: flag(false),
  });
  const rank = call.shape.length;
  if (c.axis.length !== 1 || call.axis(c.axis[0], rank) !== rank - 1)
    call.fail(`normalises axis ${c.axis.join(', ')}; Espalier reads the last axis (channels_last) only`);
  if (c.renorm) call.fail('uses renorm, which Espalier does not execute');
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
    rms_scaling: flag(false),
  });
  if (c.rms_scaling) call.fail('uses rms_scaling, which Espalier does not execute');
  const at = c.axis.map((a) => call.axis(a, call.shape.length)).sort((a, b) => a - b);
  const shape = at.map((a) => call.shape[a]);
  const params: Record<string, string> = {};
  if (c.scale) params.gamma = call.param('gamma', shape);
  if (c.center) params.beta = call.param('beta', shape);
  return call.node({ kind: 'layerNorm', epsilon: c.epsilon, axes: at }, call.inputs, params);
}

/** A number, a list, or a list inside lists of one. */
const flatValues = z.preprocess(
  (v) => {
    let inner = v;
    while (Array.isArray(inner) && inner.length === 1 && Array.isArray(inner[0])) inner = inner[0];
    return inner;
  },
  z.union([real.transform((n) => [n]), z.array(real).min(1)]),
);

const values = z.union([real.transform((n) => [n]), z.array(real).min(1)]);

export function rescaling(call: LayerCall): string {
  const c = fields(call, { scale: values, offset: or(values, [0]) });
  return call.node({ kind: 'affine', scale: c.scale, offset: c.offset }, call.inputs);
}

/** (x - mean) / sqrt(variance) with constants of the configuration. */
export function normalization(call: LayerCall): string {
  const c = fields(call, {
    axis: or(axes, []),
    mean: or(flatValues, null),
    variance: or(flatValues, null),
    invert: flag(false),
  });
  if (!c.mean || !c.variance)
    call.fail(
      'was adapted to data, so that its constants are weights, which Espalier does not read; replace it by a Rescaling layer',
    );
  if (c.invert) call.fail('uses invert, which Espalier does not execute');
  const rank = call.shape.length;
  const last = c.axis.length === 0 || (c.axis.length === 1 && call.axis(c.axis[0], rank) === rank - 1);
  if (!last) call.fail(`normalises axis ${c.axis.join(', ')}; Espalier reads the last axis only`);
  const n = Math.max(c.mean.length, c.variance.length);
  const at = (values: readonly number[], i: number) => values[values.length === 1 ? 0 : i];
  const scale = Array.from({ length: n }, (_, i) => 1 / Math.max(Math.sqrt(at(c.variance!, i)), 1e-7));
  const offset = scale.map((k, i) => -at(c.mean!, i) * k);
  return call.node({ kind: 'affine', scale, offset }, call.inputs);
}
