import type { Diff, LayerDiff } from '../graph/diff.ts';
import { formatRanges } from '../config/ranges.ts';
import { code } from './escape.ts';
import { page } from './style.ts';
import { bytes, change, count, escape } from './text.ts';

interface Names {
  readonly a: string;
  readonly b: string;
}

/** A channel-level diff of two networks as one page that needs nothing else. */
export function diffPage(diff: Diff, names: Names): string {
  const { a, b } = diff.total;
  const pair = (name: string, was: string, is: string, by: string) =>
    `<span class="dim">${name}</span><span><span class="dim">${was} →</span> ${is}</span><span class="${by.startsWith('+') ? 'bad' : 'good'}">${by}</span>`;
  const totals = [
    pair('MACs', count(a.macs), count(b.macs), change(a.macs, b.macs)),
    pair('Parameters', count(a.params), count(b.params), change(a.params, b.params)),
    pair('Weights', bytes(a.bytes), bytes(b.bytes), change(a.bytes, b.bytes)),
  ];
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
<section class="wide"><h2>Cost</h2><div class="body"><div class="pairs">${totals.join('')}</div></div></section>
<section class="wide"><h2>Channels <span class="grow"></span>${legend}</h2><div>${rows}</div></section>
${lists.join('\n')}
</main>`,
  );
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
export function diffMarkdown(diff: Diff, names: Names): string {
  const { a, b } = diff.total;
  const layers = mixing(diff);
  const moved = layers.filter(
    ({ width, channels }) => width.a !== width.b || channels?.removed.length || channels?.added.length,
  );
  const lines = [
    `### ${code(names.a)} against ${code(names.b)}`,
    '',
    `MACs ${count(a.macs)} → ${count(b.macs)} (${change(a.macs, b.macs)}), parameters ${count(a.params)} → ${count(b.params)} (${change(a.params, b.params)}).`,
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
  if (diff.onlyInA.length) lines.push('', `Only in ${code(names.a)}: ${diff.onlyInA.map(code).join(', ')}.`);
  if (diff.onlyInB.length) lines.push('', `Only in ${code(names.b)}: ${diff.onlyInB.map(code).join(', ')}.`);
  return `${lines.join('\n')}\n`;
}
