import type { Diff, LayerDiff } from '../graph/diff.ts';
import type { Facts } from '../graph/facts.ts';
import { formatRanges } from '../config/ranges.ts';
import { code, plain } from './escape.ts';
import { aboutRows, costRows, metricRows, noMetrics, sign } from './facts.ts';
import type { FactRow } from './facts.ts';
import { page } from './style.ts';
import { count, escape } from './text.ts';

interface Names {
  readonly a: string;
  readonly b: string;
}

/**
 * A comparison of two networks as one page that needs nothing else: figures first, then channel by channel.
 * @param warnings what a side says that isn't so
 */
export function diffPage(diff: Diff, names: Names, facts: Facts, warnings: readonly string[] = []): string {
  const metrics = metricRows(facts);
  const rows = mixing(diff).map(rowHtml).join('\n');
  const alone = [
    ['Only in the first', diff.onlyInA],
    ['Only in the second', diff.onlyInB],
  ] as const;
  const lists = alone
    .filter(([, layers]) => layers.length)
    .map(
      ([title, layers]) =>
        `<section class="wide"><h2>${title}</h2><div class="body mono">${layers.map(escape).join(', ')}</div></section>`,
    );
  const legend =
    '<span class="chip"><span class="good">■</span> in both</span> <span class="chip"><span class="bad">□</span> removed</span> <span class="chip">▧ added</span>';
  return page(
    `${escape(names.a)} against ${escape(names.b)}`,
    `<header><h1>${escape(names.a)} <span class="dim">against</span> ${escape(names.b)}</h1></header>
<main>
${warned(warnings)}<section class="wide"><h2>Accuracy</h2><div class="body">${metrics.length ? factTable(metrics) : `<p class="dim">${noMetrics}</p>`}</div></section>
${section('How they came about', aboutRows(facts))}
${section('Cost', costRows(facts))}
<section class="wide"><h2>Channels <span class="grow"></span>${legend}</h2><div>${rows}</div></section>
${lists.join('\n')}
</main>`,
  );
}

function warned(warnings: readonly string[]): string {
  if (!warnings.length) return '';
  const lines = warnings.map((text) => `<p class="bad">${escape(text)}</p>`).join('');
  return `<section class="wide"><h2>Warning</h2><div class="body">${lines}</div></section>\n`;
}

function section(title: string, rows: readonly FactRow[]): string {
  return rows.length
    ? `<section class="wide"><h2>${title}</h2><div class="body">${factTable(rows)}</div></section>`
    : '';
}

function factTable(rows: readonly FactRow[]): string {
  const lines = rows.map(({ name, a, b, change, verdict }) => {
    // colour by the verdict alone: a smaller number is no gain in itself
    const colour = verdict === 'better' ? 'good' : verdict === 'worse' ? 'bad' : 'dim';
    return `<tr><td class="dim">${escape(name)}</td><td>${escape(a)}</td><td>${escape(b)}</td><td class="${colour}">${[sign(verdict), escape(change)].filter(Boolean).join(' ')}</td></tr>`;
  });
  return `<div class="scroll"><table><tbody>${lines.join('')}</tbody></table></div>`;
}

/** The layers that make channels; batch norms and activations only pass them on, so they would say all twice. */
export function mixing(diff: Diff): LayerDiff[] {
  return diff.layers.filter(({ macs }) => macs.a > 0 || macs.b > 0);
}

function rowHtml({ layer, layerType, width, macs, channels }: LayerDiff): string {
  const widths = width.a === width.b ? `${width.a}` : `${width.a} → <b>${width.b}</b>`;
  const cost = macs.a === macs.b ? '' : `${count(macs.a)} → ${count(macs.b)} MACs`;
  let strip = '<span></span>';
  if (channels) {
    const kinds = new Map<number, string>();
    for (const i of channels.kept) kinds.set(i, '<i></i>');
    for (const i of channels.removed) kinds.set(i, '<i class=x></i>');
    for (const i of channels.added) kinds.set(i, '<i class=a></i>');
    const cells = [...kinds].sort(([i], [j]) => i - j).map(([, cell]) => cell);
    const spoken = [
      `${channels.kept.length} in both`,
      channels.removed.length && `removed: ${formatRanges(channels.removed)}`,
      channels.added.length && `added: ${formatRanges(channels.added)}`,
    ];
    const text = spoken.filter(Boolean).join('; ');
    strip = `<span class="strip${cells.length > 160 ? ' dense' : ''}" role="img" aria-label="${text}" title="${text}">${cells.join('')}</span>`;
  }
  return `<div class="layer"><span title="${escape(layer)}"><span class="mono">${escape(layer)}</span> <span class="dim">${escape(layerType)}</span></span><span class="mono">${widths}</span>${strip}<span class="dim">${cost}</span></div>`;
}

/** The same for a pull request. */
export function diffMarkdown(
  diff: Diff,
  names: Names,
  facts: Facts,
  warnings: readonly string[] = [],
): string {
  const layers = mixing(diff);
  const moved = layers.filter(
    ({ width, channels }) => width.a !== width.b || channels?.removed.length || channels?.added.length,
  );
  const metrics = metricRows(facts);
  const figures = [...metrics, ...costRows(facts), ...aboutRows(facts)];
  const lines = [
    `### ${code(names.a)} against ${code(names.b)}`,
    '',
    ...warnings.flatMap((text) => [`**Warning:** ${plain(text)}.`, '']),
    ...(metrics.length ? [] : [noMetrics, '']),
    `| | ${code(names.a)} | ${code(names.b)} | |`,
    '| --- | ---: | ---: | --- |',
    ...figures.map(({ name, a, b, change, verdict }) => {
      const by = [sign(verdict), plain(change)].filter(Boolean).join(' ');
      return `| ${name} | ${plain(a)} | ${plain(b)} | ${by} |`;
    }),
    '',
    '| layer | channels | MACs | removed | added |',
    '| --- | ---: | ---: | --- | --- |',
    ...moved.map(
      ({ layer, width, macs, channels }) =>
        `| ${code(layer)} | ${width.a} → ${width.b} | ${count(macs.a)} → ${count(macs.b)} | ${formatRanges(channels?.removed ?? [])} | ${formatRanges(channels?.added ?? [])} |`,
    ),
  ];
  const still = layers.length - moved.length;
  if (still) lines.push('', `${still} ${still === 1 ? 'layer keeps' : 'layers keep'} all channels.`);
  const only = (name: string, list: readonly string[]) =>
    list.length && lines.push('', `Only in ${code(name)}: ${list.map(code).join(', ')}.`);
  only(names.a, diff.onlyInA);
  only(names.b, diff.onlyInB);
  return `${lines.join('\n')}\n`;
}
