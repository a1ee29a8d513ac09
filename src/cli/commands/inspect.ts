import { loadModel } from '../../formats/index.ts';
import { visible } from '../../report/escape.ts';
import { bytes, count } from '../../report/text.ts';
import { outlineOf } from '../../run/rebuild/outline.ts';
import type { End } from '../../run/rebuild/outline.ts';
import type { Output } from '../output.ts';
import { table } from '../output.ts';

/** `espalier inspect MODEL` */
export async function inspect(
  output: Output,
  [file]: string[],
  options: { freeze?: string[]; interiorOutputs?: boolean },
): Promise<void> {
  const model = await loadModel(file);
  const outline = outlineOf(model.graph, {
    freeze: options.freeze,
    interiorOutputs: options.interiorOutputs,
  });
  const { dependencies, cost, inputs, outputs } = outline;
  output.data({
    format: model.format,
    name: model.name,
    inputs,
    outputs,
    ...cost,
    layers: outline.layers.map(({ layer, type, outputShape, macs, params, makes, width }) => ({
      layer,
      type,
      outputShape,
      ...(makes && { width }),
      macs,
      params,
      group: makes?.id ?? null,
    })),
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
  const rows = outline.layers
    .filter(({ makes, macs, params }) => makes || macs || params)
    .map(({ layer, type, outputShape, macs, params, makes }) => [
      layer,
      type,
      outputShape.join('×'),
      macs ? count(macs) : '',
      params ? count(params) : '',
      makes ? (makes.frozen === undefined ? makes.id : `${makes.id}, fixed: ${makes.frozen}`) : '',
    ]);
  rows.push(['total', '', '', count(cost.macs), count(cost.params), '']);
  const shapes = (ends: readonly End[]) => ends.map(({ shape }) => shape.join('×')).join(', ');
  output.print(`${visible(model.name)} (${model.format}): ${shapes(inputs)} → ${shapes(outputs)}`);
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
