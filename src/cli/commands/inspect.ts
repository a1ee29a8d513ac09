import { fullArchitecture } from '../../graph/architecture.ts';
import { costModel, layerCosts } from '../../graph/cost.ts';
import { findGroups } from '../../graph/channels.ts';
import { loadModel } from '../../formats/index.ts';
import { bytes, count } from '../../report/text.ts';
import type { Output } from '../output.ts';
import { table } from '../output.ts';

/** `espalier inspect MODEL` */
export async function inspect(
  output: Output,
  [file]: string[],
  options: { freeze?: string[]; interiorOutputs?: boolean },
): Promise<void> {
  const model = await loadModel(file);
  const { graph } = model;
  const dependencies = findGroups(graph, {
    freeze: options.freeze,
    interiorOutputs: options.interiorOutputs,
  });
  const cost = costModel(graph, dependencies)(fullArchitecture(dependencies));
  const costs = layerCosts(graph, dependencies, fullArchitecture(dependencies));
  const groupOf = new Map<string, number>();
  for (const group of dependencies.groups)
    for (const member of group.members) if (member.role === 'producer') groupOf.set(member.node, group.index);
  const layers = graph.nodes.map((node, i) => {
    const group = dependencies.groups[groupOf.get(node.id) ?? -1];
    return {
      layer: node.layer,
      type: node.layerType,
      outputShape: costs[i].outputShape,
      width: group && (costs[i].outputShape.at(-1) ?? null),
      macs: costs[i].macs,
      params: costs[i].params,
      group: group?.id ?? null,
    };
  });
  const byId = new Map(dependencies.groups.map((group) => [group.id, group]));
  const shapeOf = new Map(costs.map((one) => [one.node, one.outputShape]));
  const ends = (ids: readonly string[]) => ids.map((id) => ({ name: id, shape: shapeOf.get(id) }));
  output.data({
    format: model.format,
    name: model.name,
    inputs: ends(graph.inputs),
    outputs: ends(graph.outputs),
    ...cost,
    layers,
    groups: dependencies.groups.map((group) => ({
      id: group.id,
      channels: group.size,
      prunable: group.frozen === undefined,
      reason: group.frozen ?? null,
      members: group.members,
    })),
    labels: model.labels ?? null,
    warnings: model.warnings,
  });
  if (output.json) return;
  for (const warning of model.warnings) output.note(`note: ${warning}`);
  const rows = layers
    .filter((one) => one.group !== null || one.macs || one.params)
    .map((one) => {
      const group = one.group === null ? undefined : byId.get(one.group);
      return [
        one.layer,
        one.type,
        one.outputShape.join('×'),
        one.macs ? count(one.macs) : '',
        one.params ? count(one.params) : '',
        group ? (group.frozen === undefined ? group.id : `${group.id}, fixed: ${group.frozen}`) : '',
      ];
    });
  rows.push(['total', '', '', count(cost.macs), count(cost.params), '']);
  const shape = (end: { shape?: readonly number[] }) => end.shape?.join('×') ?? '?';
  output.print(
    `${model.name} (${model.format}): ${ends(graph.inputs).map(shape).join(', ')} → ${ends(graph.outputs).map(shape).join(', ')}`,
  );
  output.print(table(['layer', 'type', 'output', 'MACs', 'params', 'channel group'], rows, [0, 1, 2, 5]));
  const open = dependencies.groups.filter((group) => group.frozen === undefined);
  const channels = open.reduce((sum, group) => sum + group.size, 0);
  output.print(
    `${count(cost.macs)} MACs, ${count(cost.params)} parameters (${bytes(cost.bytes)}), ${bytes(cost.peakActivationBytes)} of activations at most; ` +
      (open.length
        ? `${open.length} of ${dependencies.groups.length} groups can lose channels (${channels} channels)`
        : 'nothing can be pruned'),
  );
}
