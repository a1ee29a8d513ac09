import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { configSuffix, readConfig } from '../../config/files.ts';
import { formatRanges } from '../../config/ranges.ts';
import { writeFileWhole } from '../../formats/files.ts';
import type { Diff } from '../../graph/diff.ts';
import { InputError } from '../../graph/errors.ts';
import type { Facts } from '../../graph/facts.ts';
import { diffMarkdown, diffPage, mixing } from '../../report/diff.ts';
import { visible } from '../../report/escape.ts';
import { aboutRows, costRows, metricRows, noMetrics, sign } from '../../report/facts.ts';
import { count } from '../../report/text.ts';
import type { Compared } from '../../run/rebuild/compare.ts';
import { compareWhole } from '../../run/rebuild/facts.ts';
import { keepInputs } from '../../run/result/keep-inputs.ts';
import type { Inputs } from '../../run/result/keep-inputs.ts';
import { Models } from '../../run/result/model-cache.ts';
import { probeFile } from '../../run/store/disk-space.ts';
import { parseRevision, rootOf } from '../../run/rebuild/revision.ts';
import type { AtRevision } from '../../run/rebuild/revision.ts';
import type { Output } from '../output.ts';
import { table } from '../output.ts';
import { mayOverwrite } from '../overwrite.ts';
import type { Obstacle } from '../overwrite.ts';

/** `espalier diff A [B]`: two models, two configs, or a model and a config; each a file, or as a git revision has it */
export async function diff(
  output: Output,
  [a, b]: (string | undefined)[],
  options: { html?: string; markdown?: true | string; rev?: string; source?: string; force?: boolean },
): Promise<void> {
  const files = [options.html, options.markdown].filter((one) => typeof one === 'string');
  if (files.length === 2 && path.resolve(files[0]) === path.resolve(files[1]))
    throw new InputError(`--html and --markdown name the same file ${files[0]}; name two`);
  const [one, two] = await sides(a!, b, options.rev);
  if (files.length) await keepInputs(files, await inputsOf([one, two], options.source));
  await mayOverwrite(await standing(files), {
    force: options.force,
    json: output.json,
    elsewhere: 'name another file',
  });
  for (const file of files) await probeFile(path.resolve(file));
  const bounds = { source: options.source, roots: [process.cwd()] };
  const { diff: found, facts, labels, warnings } = await compareWhole(one, two, new Models(), bounds);
  if (options.html)
    await writeFileWhole(path.resolve(options.html), Buffer.from(diffPage(found, labels, facts, warnings)));
  const markdown = options.markdown ? diffMarkdown(found, labels, facts, warnings) : '';
  if (typeof options.markdown === 'string')
    await writeFileWhole(path.resolve(options.markdown), Buffer.from(markdown));
  for (const warning of warnings) output.note(`warning: ${warning}`);
  const { metrics, about, costs } = facts;
  output.data({ a: labels.a, b: labels.b, metrics, about, costs, ...found, warnings });
  if (options.markdown === true) output.print(markdown);
  else if (!options.html && !options.markdown) output.print(text(found, facts, labels));
  else
    for (const file of [options.html, options.markdown])
      if (file) output.print(`wrote ${path.resolve(file)}`);
}

/** The files of the working tree that are read: also the models that configs name, where these can be read. */
async function inputsOf(
  sides: readonly (Compared | AtRevision)[],
  source: string | undefined,
): Promise<Inputs> {
  const models = source === undefined ? [] : [source];
  const configs: string[] = [];
  for (const side of sides) {
    if (side.kind === 'model') models.push(side.file);
    if (side.kind !== 'config') continue;
    const { file } = side;
    configs.push(file);
    // a config that can't be read is said when it is compared
    const config = await readConfig(file).catch(() => null);
    for (const one of [config?.source.path, config?.pruned?.path])
      if (one !== undefined) models.push(path.resolve(path.dirname(file), one));
  }
  return { models, configs };
}

/** Of these files, those that are there: nothing of a diff is worth somebody's model. */
async function standing(files: readonly string[]): Promise<Obstacle[]> {
  const found: Obstacle[] = [];
  for (const file of files) if (await lstat(file).catch(() => null)) found.push({ file: path.resolve(file) });
  return found;
}

/** What is compared. With `--rev` the first is the file as that revision has it, and the second the file as it is. */
async function sides(
  a: string,
  b: string | undefined,
  revision: string | undefined,
): Promise<[Compared | AtRevision, Compared | AtRevision]> {
  if (revision === undefined) {
    if (b === undefined)
      throw new InputError(
        `name what to compare ${a} with: a second file, or a revision of it by --rev, as in --rev HEAD~1`,
      );
    return [await side(a), await side(b)];
  }
  if (parseRevision(a, process.cwd()))
    throw new InputError(`--rev says the revision of ${a}: name the file alone`);
  return [{ kind: 'revision', file: path.resolve(a), revision }, await side(b ?? a)];
}

/** `REVISION:PATH`, else a file: a pruned config by its name, else a model. */
async function side(argument: string): Promise<Compared | AtRevision> {
  const cwd = process.cwd();
  const named = parseRevision(argument, cwd);
  if (!named)
    return {
      kind: argument.endsWith(configSuffix) ? 'config' : 'model',
      file: argument,
      label: path.basename(argument),
    };
  // as git has it: from the root, unless it begins with a dot
  const from = /^\.\.?\//.test(named.path) ? cwd : await rootOf(cwd);
  return { kind: 'revision', file: path.resolve(from, named.path), revision: named.revision };
}

function text(found: Diff, facts: Facts, labels: { readonly a: string; readonly b: string }): string {
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
  const metrics = metricRows(facts);
  const figures = [...metrics, ...aboutRows(facts), ...costRows(facts)].map(
    ({ name, a, b, change, verdict }) => [name, a, b, [sign(verdict), change].filter(Boolean).join(' ')],
  );
  const lines = [
    ...(metrics.length ? [] : [noMetrics]),
    table(['', labels.a, labels.b, ''], figures, [0, 3]),
    '',
    table(['layer', 'type', 'channels', 'MACs', ''], rows, [0, 1, 4]),
    ...(['onlyInA', 'onlyInB'] as const)
      .filter((side) => found[side].length)
      .map(
        (side) =>
          `only in ${side === 'onlyInA' ? 'the first' : 'the second'}: ${found[side].map(visible).join(', ')}`,
      ),
  ];
  return lines.join('\n');
}
