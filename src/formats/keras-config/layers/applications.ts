import { fields, ignored, real, size } from '../fields.ts';
import type { LayerCall } from '../layer-call.ts';
import type { FieldWriter } from '../written.ts';

/** ConvNeXt's: x * gamma, a number a channel. */
export function layerScale(call: LayerCall): string {
  const c = fields(call, { projection_dim: size, init_values: ignored });
  if (c.projection_dim !== call.channels)
    call.fail(`has projection_dim ${c.projection_dim}, its input has ${call.channels} channels`);
  return call.node({ kind: 'scale' }, call.inputs, { gamma: call.param('gamma', [c.projection_dim]) });
}

/** InceptionResNetV2's: the first value plus the second times a number. */
export function customScaleLayer(call: LayerCall): string {
  const c = fields(call, { scale: real });
  call.expectInputs(2, 2);
  const [x, y] = call.inputs;
  const scaled = call.node({ kind: 'affine', scale: [c.scale], offset: [0] }, [y], {}, 'scale');
  return call.node({ kind: 'add' }, [x, scaled]);
}

export const layerScaleFields: FieldWriter<'scale'> = ({ config, graph, node }) => {
  config.projection_dim = graph.params[node.params.gamma].shape[0];
};
