import { fields, flag, ignored, integer, or, real } from '../fields.ts';
import type { LayerCall } from '../layer-call.ts';
import * as z from 'zod';

const axes = z.union([integer.transform((n) => [n]), z.array(integer).min(1)]);

export function batchNormalization(call: LayerCall): string {
  const c = fields(call, {
    axis: or(axes, [-1]),
    momentum: or(real, 0.99),
    epsilon: or(real, 1e-3),
    center: flag(true),
    scale: flag(true),
    renorm: flag(false),
    renorm_clipping: ignored,
    renorm_momentum: ignored,
    synchronized: ignored,
    virtual_batch_size: ignored,
    adjustment: z.null().optional(),
    fused: ignored,
  });
  const rank = call.shape.length;
  if (c.axis.length !== 1 || call.axis(c.axis[0], rank) !== rank - 1)
    call.fail(`normalises axis ${c.axis.join(', ')}; Espalier reads the last axis (channels_last) only`);
  if (c.renorm) call.fail('uses renorm, which Espalier does not execute');
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

const values = z.union([real.transform((n) => [n]), z.array(real).min(1)]);

export function rescaling(call: LayerCall): string {
  const c = fields(call, { scale: values, offset: or(values, [0]) });
  return call.node({ kind: 'affine', scale: c.scale, offset: c.offset }, call.inputs);
}
