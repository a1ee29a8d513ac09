import type { Pair } from '../../../graph/types.ts';
import type { LayerCall } from '../layer-call.ts';
import { counts, fields, flag, ignored, only, or, padding, pair, size } from '../fields.ts';
import { fusedActivation } from './activation.ts';
import type { FieldWriter } from '../written.ts';

const UNIT: Pair = [1, 1];

const window = {
  kernel_size: pair,
  strides: or(pair, UNIT),
  padding: or(padding, 'valid' as const),
  dilation_rate: or(pair, UNIT),
  use_bias: flag(true),
};

/** tf.keras writes these where the layer has none. */
const one = only(1).nullish();

function bias(call: LayerCall, use: boolean, channels: number): Record<string, string> {
  return use ? { bias: call.param('bias', [channels]) } : {};
}

/** Keras 2 takes groups here, too, and computes as if there were one. */
const regardless = or(size, 1);

export function conv2d(call: LayerCall): string {
  const c = fields(call, { ...window, filters: size, groups: or(size, 1) });
  call.image();
  if (call.channels % c.groups !== 0 || c.filters % c.groups !== 0)
    call.fail(
      `has groups ${c.groups}, which don't divide its ${call.channels} channels and ${c.filters} filters`,
    );
  const params = {
    kernel: call.param('kernel', [...c.kernel_size, call.channels / c.groups, c.filters]),
    ...bias(call, c.use_bias, c.filters),
  };
  const { strides, padding, dilation_rate: dilation, groups } = c;
  const value = call.node({ kind: 'conv2d', strides, padding, dilation, groups }, call.inputs, params);
  return fusedActivation(call, value);
}

export function depthwiseConv2d(call: LayerCall): string {
  const c = fields(call, { ...window, depth_multiplier: or(size, 1), groups: one, filters: ignored });
  call.image();
  const params = {
    kernel: call.param('depthwise_kernel', [...c.kernel_size, call.channels, c.depth_multiplier]),
    ...bias(call, c.use_bias, call.channels * c.depth_multiplier),
  };
  const { strides, padding, dilation_rate: dilation } = c;
  const value = call.node({ kind: 'depthwiseConv2d', strides, padding, dilation }, call.inputs, params);
  return fusedActivation(call, value);
}

/** A depthwise convolution, then a 1x1 one that has the bias. */
export function separableConv2d(call: LayerCall): string {
  const c = fields(call, { ...window, filters: size, depth_multiplier: or(size, 1), groups: regardless });
  call.image();
  const middle = call.channels * c.depth_multiplier;
  const depthwise = call.param('depthwise_kernel', [...c.kernel_size, call.channels, c.depth_multiplier]);
  const pointwise = call.param('pointwise_kernel', [1, 1, middle, c.filters]);
  const { strides, padding, dilation_rate: dilation } = c;
  const spread = call.node(
    { kind: 'depthwiseConv2d', strides, padding, dilation },
    call.inputs,
    { kernel: depthwise },
    'depthwise',
  );
  const value = call.node(
    { kind: 'conv2d', strides: UNIT, padding: 'valid', dilation: UNIT, groups: 1 },
    [spread],
    { kernel: pointwise, ...bias(call, c.use_bias, c.filters) },
  );
  return fusedActivation(call, value);
}

export function conv2dTranspose(call: LayerCall): string {
  const c = fields(call, {
    ...window,
    filters: size,
    groups: regardless,
    output_padding: or(counts, null),
  });
  call.image();
  const params = {
    kernel: call.param('kernel', [...c.kernel_size, c.filters, call.channels]),
    ...bias(call, c.use_bias, c.filters),
  };
  const { strides, padding, dilation_rate: dilation } = c;
  const value = call.node(
    {
      kind: 'conv2dTranspose',
      strides,
      padding,
      dilation,
      ...(c.output_padding && { outputPadding: c.output_padding }),
    },
    call.inputs,
    params,
  );
  return fusedActivation(call, value);
}

export function dense(call: LayerCall): string {
  const c = fields(call, { units: size, use_bias: flag(true) });
  const params = {
    kernel: call.param('kernel', [call.channels, c.units]),
    ...bias(call, c.use_bias, c.units),
  };
  return fusedActivation(call, call.node({ kind: 'dense' }, call.inputs, params));
}

/** Keras 2 takes no notice of groups here, but loads no layer whose filters aren't a multiple of them. */
export const transposedFields: FieldWriter<'conv2dTranspose'> = ({ config }) => {
  if ('groups' in config && Number(config.filters) % Number(config.groups) !== 0) config.groups = 1;
};
