import path from 'node:path';
import { configSuffix } from '../../config/files.ts';
import { formatRanges } from '../../config/ranges.ts';
import { writeFileWhole } from '../../formats/files.ts';
import { loadModel } from '../../formats/index.ts';
import { diffGraphs, diffKept } from '../../graph/diff.ts';
import type { Diff } from '../../graph/diff.ts';
import { fullArchitecture, leadingChannels } from '../../graph/architecture.ts';
import { InputError } from '../../graph/errors.ts';
import { diffMarkdown, diffPage, mixing } from '../../report/diff.ts';
import { change, count } from '../../report/text.ts';
import { rebuild } from '../../run/rebuild.ts';
import type { Rebuilt } from '../../run/rebuild.ts';
import { hashModel, modelFile } from '../../run/measure.ts';
import type { Output } from '../output.ts';
import { table } from '../output.ts';

/** `espalier diff A B` */
export async function diff(
  output: Output,
  [a, b]: string[],
  options: { html?: string; markdown?: true | string },
): Promise<void> {
  const found = await diffOf(a, b);
  const names = { a: path.basename(a), b: path.basename(b) };
  if (options.html) await writeFileWhole(path.resolve(options.html), Buffer.from(diffPage(found, names)));
  const markdown = options.markdown ? diffMarkdown(found, names) : '';
  if (typeof options.markdown === 'string')
    await writeFileWhole(path.resolve(options.markdown), Buffer.from(markdown));
  output.data({ a, b, ...found });
  if (options.markdown === true) output.print(markdown);
  else if (!options.html && !options.markdown) output.print(text(found));
  else
    for (const file of [options.html, options.markdown])
      if (file) output.print(`wrote ${path.resolve(file)}`);
}

/** Two models, two configs of one model, or a model and a config of it. */
async function diffOf(a: string, b: string): Promise<Diff> {
  const [first, second] = [await configOf(a), await configOf(b)];
  if (!first && !second) return diffGraphs((await loadModel(a)).graph, (await loadModel(b)).graph);
  const one = (first ?? second)!;
  const full = leadingChannels(one.dependencies, fullArchitecture(one.dependencies));
  if (first && second) {
    if (first.config.source.sha256 !== second.config.source.sha256)
      throw new InputError(`${a} and ${b} were made from different models; compare the models themselves`);
    return diffKept(one.source.graph, one.dependencies, first.kept, second.kept);
  }
  const model = await modelFile(first ? b : a);
  // the config's own source has all channels; another model is compared by its widths alone
  if ((await hashModel(model)) === one.config.source.sha256)
    return diffKept(
      one.source.graph,
      one.dependencies,
      first ? first.kept : full,
      second ? second.kept : full,
    );
  const { graph } = await loadModel(model);
  return first ? diffGraphs(first.pruned.graph, graph) : diffGraphs(graph, second!.pruned.graph);
}

async function configOf(file: string): Promise<Rebuilt | null> {
  return file.endsWith(configSuffix) ? await rebuild(file) : null;
}

function text(found: Diff): string {
  const rows = mixing(found).map(({ layer, layerType, width, macs, channels }) => [
    layer,
    layerType,
    width.a === width.b ? `${width.a}` : `${width.a} → ${width.b}`,
    macs.a === macs.b ? count(macs.a) : `${count(macs.a)} → ${count(macs.b)}`,
    channels
      ? [
          channels.removed.length ? `− ${formatRanges(channels.removed)}` : '',
          channels.added.length ? `+ ${formatRanges(channels.added)}` : '',
        ]
          .filter(Boolean)
          .join('  ')
      : '',
  ]);
  const { a, b } = found.total;
  const lines = [
    table(['layer', 'type', 'channels', 'MACs', ''], rows, [0, 1, 4]),
    ...(['onlyInA', 'onlyInB'] as const)
      .filter((side) => found[side].length)
      .map((side) => `only in ${side === 'onlyInA' ? 'the first' : 'the second'}: ${found[side].join(', ')}`),
    `MACs ${count(a.macs)} → ${count(b.macs)} (${change(a.macs, b.macs)}), parameters ${count(a.params)} → ${count(b.params)} (${change(a.params, b.params)})`,
  ];
  return lines.join('\n');
}
