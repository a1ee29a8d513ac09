import type { NetworkView } from '../../protocol/views.ts';
import { outlineOf } from '../../run/rebuild/outline.ts';
import type { End } from '../../run/rebuild/outline.ts';
import type { Models } from '../../run/result/model-cache.ts';

/** A network as the panel lists it. @throws InputError where the file can't be read */
export async function inspect(
  models: Models,
  options: { readonly model: string; readonly freeze: readonly string[]; readonly interiorOutputs: boolean },
): Promise<NetworkView> {
  const { model, sha256, bytes } = await models.open(options.model);
  const { dependencies, cost, inputs, outputs, layers } = outlineOf(model.graph, {
    freeze: options.freeze,
    interiorOutputs: options.interiorOutputs,
  });
  const end = ({ name, shape }: End) => ({ name, shape: [...shape] });
  return {
    name: model.name,
    format: model.format,
    inputs: inputs.map(end),
    outputs: outputs.map(end),
    cost,
    layers: layers.map(({ node, layer, type, outputShape, macs, params, width, carries }) => ({
      node,
      layer,
      type,
      outputShape: [...outputShape],
      macs,
      params,
      width,
      group: carries,
    })),
    groups: dependencies.groups.map(({ id, size, frozen, members }) => ({
      id,
      channels: size,
      frozen: frozen ?? null,
      members: members.map(({ layer, node, role }) => ({ layer, node, role })),
    })),
    labels: model.labels ? [...model.labels] : null,
    warnings: [...model.warnings],
    sha256,
    fileBytes: bytes,
  };
}
