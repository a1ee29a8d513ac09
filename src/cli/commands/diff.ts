import path from 'node:path';
import { configSuffix } from '../../config/files.ts';
import { formatRanges } from '../../config/ranges.ts';
import { writeFileWhole } from '../../formats/files.ts';
import type { Diff } from '../../graph/diff.ts';
import { diffMarkdown, diffPage, mixing } from '../../report/diff.ts';
import { change, count } from '../../report/text.ts';
import { compare } from '../../run/compare.ts';
import type { Compared } from '../../run/compare.ts';
import { Models } from '../../run/models.ts';
import type { Output } from '../output.ts';
import { table } from '../output.ts';

/** `espalier diff A B`: two models, two configs, or a model and a config */
export async function diff(
  output: Output,
  [a, b]: string[],
  options: { html?: string; markdown?: true | string; source?: string },
): Promise<void> {
  const bounds = { source: options.source, roots: [process.cwd()] };
  const { diff: found, warnings } = await compare(side(a), side(b), new Models(), bounds);
  const names = { a: path.basename(a), b: path.basename(b) };
  if (options.html)
    await writeFileWhole(path.resolve(options.html), Buffer.from(diffPage(found, names, warnings)));
  const markdown = options.markdown ? diffMarkdown(found, names, warnings) : '';
  if (typeof options.markdown === 'string')
    await writeFileWhole(path.resolve(options.markdown), Buffer.from(markdown));
  for (const warning of warnings) output.note(`warning: ${warning}`);
  output.data({ a, b, ...found, warnings });
  if (options.markdown === true) output.print(markdown);
  else if (!options.html && !options.markdown) output.print(text(found));
  else
    for (const file of [options.html, options.markdown])
      if (file) output.print(`wrote ${path.resolve(file)}`);
}

/** A file as a side: a pruned config by its name, else a model. */
function side(file: string): Compared {
  return file.endsWith(configSuffix) ? { kind: 'config', file } : { kind: 'model', file };
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
