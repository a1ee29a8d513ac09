import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { DiffLayerView, DiffView } from '../../src/protocol/views.ts';
import { Bar } from '../components/bar.tsx';
import { VirtualList } from '../components/virtual-list.tsx';
import type { Column } from '../components/virtual-list.tsx';
import { amount, change, percent } from '../format.ts';
import { hoveredGroup, litGroup, selectedGroup } from '../state.ts';
import { t } from '../strings.ts';
import { layerRows, makesChannels } from './rows.ts';
import { all, heights, search, sort } from './state.ts';
import { Strip } from './strip-view.tsx';
import type { Cell, Fate } from './strip.ts';

/** What the pointer or the keyboard is at: a cell of a layer. */
interface At {
  readonly row: number;
  readonly first: number;
  readonly end: number;
  /** pixels in the window; null for the keyboard */
  readonly x: number | null;
  readonly y: number | null;
}

function fate(letter: string): string {
  return { k: t('kept'), r: t('removed'), a: t('added'), x: t('on neither side') }[letter as Fate];
}

/** A cell in words: "conv2d, channel 12: removed, importance 0.31". */
function cellWords(layer: DiffLayerView, { first, end }: At): string {
  const channels = layer.channels!;
  const importance = layer.importance;
  if (end - first === 1)
    return [
      t('{0}, channel {1}: {2}', layer.layer, first, fate(channels[first])),
      ...(importance ? [t('importance {0}', importance[first].toFixed(2))] : []),
    ].join(', ');
  const letters = channels.slice(first, end);
  const parts = [...new Set(letters)].map(
    (letter) => `${[...letters].filter((one) => one === letter).length} ${fate(letter)}`,
  );
  const mean =
    importance && importance.slice(first, end).reduce((sum, value) => sum + value, 0) / (end - first);
  return [
    t('{0}, channels {1} to {2}: {3}', layer.layer, first, end - 1, parts.join(', ')),
    ...(mean !== null ? [t('importance {0} on average', mean.toFixed(2))] : []),
  ].join(', ');
}

/** The layers of a comparison, each with its channels as a strip. */
export function LayerList({ diff, compact = false }: { diff: DiffView; compact?: boolean }) {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(400);
  const at = useSignal<At | null>(null);
  const keyed = useComputed(() => (at.value?.x === null ? at.value : null));
  const order = useMemo(
    () => layerRows(diff.layers, compact ? '' : search.value, sort.value, !compact && all.value),
    [diff, compact ? '' : search.value, sort.value, !compact && all.value],
  );
  const columns = useMemo(() => headings(compact), [compact]);
  useEffect(() => {
    const measure = () => {
      const found = frame.current?.querySelector<HTMLElement>('.strip')?.clientWidth;
      if (found) setWidth(found);
    };
    const watcher = new ResizeObserver(measure);
    watcher.observe(frame.current!);
    measure();
    return () => {
      watcher.disconnect();
      hoveredGroup.value = null;
    };
  }, [order.length === 0]);
  const lit = litGroup.value;
  const tall = heights.value;
  const moveCursor = (event: KeyboardEvent, i: number): boolean => {
    const channels = diff.layers[i].channels;
    if (channels === null || !['ArrowLeft', 'ArrowRight'].includes(event.key)) return false;
    const from = at.value?.row === i ? at.value.first : event.key === 'ArrowRight' ? -1 : channels.length;
    const first = Math.max(0, Math.min(channels.length - 1, from + (event.key === 'ArrowRight' ? 1 : -1)));
    at.value = { row: i, first, end: first + 1, x: null, y: null };
    return true;
  };
  const hover = (row: number, cell: Cell | null, event: PointerEvent) => {
    at.value = cell && { row, first: cell.first, end: cell.end, x: event.clientX, y: event.clientY };
  };
  return (
    <div ref={frame} class={`layers${compact ? ' compact' : ''}`}>
      <VirtualList
        class="diff"
        label={t(
          'Layers, {0} against {1}; left and right go through a layer’s channels',
          diff.a.label,
          diff.b.label,
        )}
        rowHeight={compact ? 22 : 24}
        columns={columns}
        rows={order}
        rowClass={(i) => (lit !== null && diff.layers[i].group === lit ? 'tied' : '')}
        sort={sort.value && { key: sort.value.key, down: sort.value.down }}
        onSort={({ key, down }) =>
          (sort.value = key === 'order' ? null : ({ key, down } as typeof sort.value))
        }
        onSelect={(i) => {
          selectedGroup.value = diff.layers[i].group;
          if (at.value?.row !== i) at.value = null;
        }}
        onHover={(i) => (hoveredGroup.value = i === null ? null : diff.layers[i].group)}
        onKey={moveCursor}
        cells={(i) => {
          const layer = diff.layers[i];
          const cells = [
            <span title={layer.layer}>
              <span class="mono">{layer.layer}</span> <span class="dim">{layer.type}</span>
            </span>,
            <span class="mono">
              {layer.width.a} <span class="dim">→</span> {layer.width.b}
            </span>,
            <Strip
              layer={layer}
              width={width}
              heights={tall}
              cursor={keyed.value?.row === i ? keyed.value.first : -1}
              onHover={(cell, event) => hover(i, cell, event)}
            />,
            <GroupName diff={diff} layer={layer} />,
            <Saved layer={layer} metric="macs" />,
          ];
          if (!compact) cells.push(<Saved layer={layer} metric="params" />);
          return cells;
        }}
      />
      <CellTip diff={diff} at={at} />
    </div>
  );
}

/** What is below the pointer or the keyboard, beside it and for screen readers. */
function CellTip({ diff, at }: { diff: DiffView; at: { readonly value: At | null } }) {
  const element = useRef<HTMLDivElement>(null);
  const now = at.value;
  const layer = now && diff.layers[now.row];
  const words = layer?.channels ? cellWords(layer, now!) : '';
  useEffect(() => {
    const tip = element.current;
    if (!tip || now?.x == null || now.y == null) return;
    const left = Math.min(window.innerWidth - tip.offsetWidth - 8, now.x + 12);
    const top =
      now.y + 18 + tip.offsetHeight > window.innerHeight ? now.y - tip.offsetHeight - 10 : now.y + 18;
    tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  });
  return (
    <>
      {words !== '' && now?.x != null && (
        <div ref={element} class="tip cell-tip" aria-hidden="true">
          {words}
        </div>
      )}
      <p class={now?.x === null && words ? 'cell-line dim' : 'only-heard'} role="status">
        {now?.x === null ? words : ''}
      </p>
    </>
  );
}

/** Which channels are tied together, or why none may go. */
function GroupName({ diff, layer }: { diff: DiffView; layer: DiffLayerView }) {
  const group = layer.group === null ? undefined : diff.groups[layer.group];
  if (!group) return <span class="dim">–</span>;
  if (group.frozen)
    return (
      <span class="warn" title={group.frozen}>
        {t('frozen')} <span class="dim">{group.frozen}</span>
      </span>
    );
  const tied = sizes(diff).get(layer.group!) ?? 1;
  return tied > 1 ? (
    <span class="dim" title={t('{0} layers share these channels', tied)}>
      {group.id}
    </span>
  ) : (
    <span class="dim">{t('own group')}</span>
  );
}

/** How many layers have the channels of each group. */
const counted = new WeakMap<DiffView, Map<number, number>>();
function sizes(diff: DiffView): Map<number, number> {
  let found = counted.get(diff);
  if (!found) {
    found = new Map();
    for (const layer of diff.layers)
      if (layer.group !== null && makesChannels(layer))
        found.set(layer.group, (found.get(layer.group) ?? 0) + 1);
    counted.set(diff, found);
  }
  return found;
}

function Saved({ layer, metric }: { layer: DiffLayerView; metric: 'macs' | 'params' }) {
  const { a, b } = layer[metric];
  const name = metric === 'macs' ? t('MACs') : t('parameters');
  const label = t('{0}: {1}, then {2} ({3})', name, amount(a), amount(b), change(a, b));
  return (
    <span class="saved">
      <Bar share={a > 0 ? b / a : 0} label={label} />
      <span class="number dim">{a > 0 ? percent((100 * b) / a, 0) : '–'}</span>
    </span>
  );
}

function headings(compact: boolean): Column[] {
  const made: Column[] = [
    { key: 'layer', label: t('layer'), width: 'minmax(120px, 200px)', sortable: !compact, long: true },
    {
      key: 'removed',
      label: t('channels'),
      width: '82px',
      sortable: !compact,
      title: t('Sorts by the share removed'),
    },
    {
      key: 'order',
      label: t('kept and removed'),
      width: 'minmax(160px, 1fr)',
      sortable: !compact,
      title: t('The network’s order'),
    },
    { key: 'group', label: t('tied to'), width: 'minmax(70px, 110px)', long: true },
    {
      key: 'macs',
      label: t('MACs kept'),
      width: '96px',
      sortable: !compact,
      title: t('Sorts by MACs saved'),
    },
  ];
  if (!compact)
    made.push({
      key: 'params',
      label: t('parameters kept'),
      width: '110px',
      sortable: true,
      title: t('Sorts by parameters saved'),
    });
  return made;
}
