import { formatRanges } from '../config/ranges.ts';
import { escape } from './text.ts';
import type { GroupSummary, LayerSummary } from '../terms/run-events.ts';

/** One layer of a channel diff. */
export interface DiffRow {
  readonly layer: string;
  readonly type: string;
  /** number of channels before */
  readonly size: number;
  readonly kept: readonly number[];
  /** what the channels are tied to, or why none may go */
  readonly note: string;
  readonly frozen: boolean;
}

/** The rows of a diff from groups, layers and the kept channels of each group. */
export function diffRows(
  groups: readonly GroupSummary[],
  layers: readonly LayerSummary[],
  kept: readonly (readonly number[])[],
): DiffRow[] {
  return layers.map(({ layer, type, group: index }) => {
    const group = groups[index];
    const others = group.producers.length - 1;
    const tied = others > 0 ? `tied to ${others} other ${others === 1 ? 'layer' : 'layers'}` : 'own group';
    return {
      layer,
      type,
      size: group.size,
      kept: kept[index],
      note: group.frozen ?? tied,
      frozen: group.frozen !== undefined,
    };
  });
}

/** A strip of cells for each layer: filled where a channel is kept, hollow where it is removed. */
export function channelDiff(rows: readonly DiffRow[]): string {
  return rows.map(rowHtml).join('\n');
}

function rowHtml(row: DiffRow): string {
  const kept = new Set(row.kept);
  const cells = Array.from({ length: row.size }, (_, c) => (kept.has(c) ? '<i></i>' : '<i class=x></i>'));
  const kind = `strip${row.size > 160 ? ' dense' : ''}${row.frozen ? ' kept' : ''}`;
  const removed = row.size - kept.size;
  const spoken = removed
    ? `keeps ${kept.size} of ${row.size} channels: ${formatRanges(row.kept)}`
    : `keeps all ${row.size} channels`;
  const width = removed ? `${row.size} → <b>${kept.size}</b>` : `${row.size}`;
  const note = row.frozen ? `<span class="warn">fixed: ${escape(row.note)}</span>` : escape(row.note);
  return (
    `<div class="layer"><span title="${escape(row.layer)}"><span class="mono">${escape(row.layer)}</span> <span class="dim">${escape(row.type)}</span></span>` +
    `<span class="mono">${width}</span>` +
    `<span class="${kind}" role="img" aria-label="${escape(spoken)}" title="${escape(spoken)}">${cells.join('')}</span>` +
    `<span class="dim" title="${escape(row.note)}">${note}</span></div>`
  );
}

/** "kept 413" and "removed 275", over layers. */
export function diffLegend(rows: readonly DiffRow[]): string {
  const kept = rows.reduce((sum, row) => sum + row.kept.length, 0);
  const all = rows.reduce((sum, row) => sum + row.size, 0);
  return `<span class="chip"><span class="good" aria-hidden="true">■</span> kept ${kept}</span> <span class="chip"><span class="bad" aria-hidden="true">□</span> removed ${all - kept}</span>`;
}
