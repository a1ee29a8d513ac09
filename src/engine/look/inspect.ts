import { fullArchitecture } from '../../graph/architecture.ts';
import { costModel, layerCosts } from '../../graph/cost.ts';
import { findGroups } from '../../graph/channels.ts';
import type { AxisChannels } from '../../graph/types.ts';
import type { NetworkView } from '../../protocol/views.ts';
import type { Models } from '../../run/result/model-cache.ts';

/** A network as the panel lists it. @throws InputError where the file can't be read */
export async function inspect(
  models: Models,
  options: { readonly model: string; readonly freeze: readonly string[]; readonly interiorOutputs: boolean },
): Promise<NetworkView> {
  const { model, sha256, bytes } = await models.open(options.model);
  const { graph } = model;
  const { freeze, interiorOutputs } = options;
  const dependencies = findGroups(graph, { freeze, interiorOutputs });
  const full = fullArchitecture(dependencies);
  const costs = layerCosts(graph, dependencies, full);
  const shapeOf = new Map(costs.map((one) => [one.node, [...one.outputShape]]));
  const ends = (ids: readonly string[]) => ids.map((id) => ({ name: id, shape: shapeOf.get(id) ?? [] }));
  const makers = new Set(
    dependencies.groups.flatMap(({ members }) =>
      members.filter(({ role }) => role === 'producer').map(({ node }) => node),
    ),
  );
  return {
    name: model.name,
    format: model.format,
    inputs: ends(graph.inputs),
    outputs: ends(graph.outputs),
    cost: costModel(graph, dependencies)(full),
    layers: graph.nodes.map((node, i) => ({
      node: node.id,
      layer: node.layer,
      type: node.layerType,
      outputShape: [...costs[i].outputShape],
      macs: costs[i].macs,
      params: costs[i].params,
      width: makers.has(node.id) ? (costs[i].outputShape.at(-1) ?? null) : null,
      group: groupOf(dependencies.values[node.id]?.at(-1)),
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

/** The first group along an axis (a concatenation has several); null where it has none. */
export function groupOf(axis: AxisChannels | null | undefined): number | null {
  return axis?.group.find((g) => g >= 0) ?? null;
}
