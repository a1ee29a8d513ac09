import { loadModel } from '../../formats/index.ts';
import { visible } from '../../report/escape.ts';
import { bytes, count } from '../../report/text.ts';
import { outlineOf } from '../../run/rebuild/outline.ts';
import type { End } from '../../run/rebuild/outline.ts';
import { InputError } from '../../graph/errors.ts';
import type { Output } from '../output.ts';
import { table } from '../output.ts';
import { dataOptions } from './data-options.ts';
import type { SensitivityFlags } from './sensitivity.ts';

/** `espalier inspect MODEL`, with `--sensitivity` also what narrowing each group would do */
export async function inspect(
  output: Output,
  [file]: string[],
  options: SensitivityFlags & { readonly freeze?: string[]; readonly interiorOutputs?: boolean },
): Promise<void> {
  refuseIdle(options);
  const model = await loadModel(file);
  const outline = outlineOf(model.graph, {
    freeze: options.freeze,
    interiorOutputs: options.interiorOutputs,
  });
  const { dependencies, cost, inputs, outputs } = outline;
  // what trains and scores is loaded only for this
  const measuring = options.sensitivity ? await import('./sensitivity.ts') : null;
  const sensitivity = await measuring?.sensitivityOf(model, dependencies, options);
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
    ...(sensitivity && { sensitivity }),
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
  if (sensitivity) output.print(`\n${measuring!.sensitivityText(sensitivity, cost.macs)}`);
}

/** @throws InputError where images are said something of, but nothing is measured on them */
function refuseIdle({ sensitivity, ...rest }: SensitivityFlags): void {
  // refuses what is said of images without any
  dataOptions(rest);
  const flags = ['data', 'effort', 'seed', 'roundTo', 'backend', 'threads'] as const;
  const lone = sensitivity ? undefined : flags.find((key) => rest[key] !== undefined);
  if (!lone) return;
  const name = lone.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
  throw new InputError(`--${name} says how the sensitivity is measured: add --sensitivity, or leave it out`);
}
