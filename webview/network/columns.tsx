import type { ComponentChildren } from 'preact';
import { Bar } from '../components/bar.tsx';
import { Link, Lock, Through, Unlock } from '../components/icons.tsx';
import type { Column } from '../components/virtual-list.tsx';
import { amount, shape, whole } from '../format.ts';
import { t } from '../strings.ts';
import { toggleFreeze, whyFrozen } from './freeze.ts';
import type { NetworkRow } from './rows.ts';

/** Beside an editor there is little room: what the group's card says too is left out first. */
const WIDE_ONLY = new Set(['shape', 'freeze']);

export function columns(narrow: boolean): readonly Column[] {
  const all: readonly Column[] = [
    { key: 'layer', label: t('Layer'), width: 'minmax(150px, 1.7fr)', sortable: true, long: true },
    {
      key: 'shape',
      label: t('Output'),
      width: '106px',
      align: 'end',
      sortable: true,
      title: t('Height × width × channels'),
    },
    { key: 'width', label: t('Channels'), width: 'minmax(64px, 0.6fr)', sortable: true },
    {
      key: 'macs',
      label: t('MACs'),
      width: 'minmax(98px, 0.7fr)',
      align: 'end',
      sortable: true,
      title: t('Multiply-accumulates for one image'),
    },
    { key: 'params', label: t('Parameters'), width: '74px', align: 'end', sortable: true },
    { key: 'group', label: t('Channel group'), width: 'minmax(110px, 1fr)', sortable: true },
    { key: 'freeze', label: t('Freeze'), width: '48px' },
  ];
  return narrow ? all.filter((column) => !WIDE_ONLY.has(column.key)) : all;
}

/** One layer's cells, in the columns' order. */
export function cellsOf(
  row: NetworkRow,
  freeze: readonly string[],
  narrow: boolean,
): readonly ComponentChildren[] {
  const { layer } = row;
  const nothing = <span class="dim">–</span>;
  const name = (
    <span title={`${layer.layer} · ${layer.type}`}>
      <span class={layer.width === null ? 'mono dim' : 'mono'}>{layer.layer}</span>{' '}
      <span class="dim">{layer.type}</span>
    </span>
  );
  const width = layer.width !== null && (
    <span class="with-bar">
      <span class="number">{whole(layer.width)}</span>
      <Bar
        share={row.widthShare}
        label={t('{0} channels', whole(layer.width))}
        kind={whyFrozenOf(row, freeze) ? 'dim' : 'accent'}
      />
    </span>
  );
  const macs = layer.macs > 0 && (
    <span class="with-bar">
      <Bar
        share={row.macsShare}
        label={t('{0} of the costliest layer', `${Math.round(100 * row.macsShare)} %`)}
      />
      <span class="number">{amount(layer.macs)}</span>
    </span>
  );
  const params = layer.params > 0 && amount(layer.params);
  const group = <GroupCell row={row} freeze={freeze} />;
  if (narrow) return [name, width, macs || nothing, params || nothing, group];
  return [
    name,
    <span class="dim">{shape(layer.outputShape)}</span>,
    width,
    macs || nothing,
    params || nothing,
    group,
    <FreezeCell row={row} freeze={freeze} />,
  ];
}

function whyFrozenOf(row: NetworkRow, freeze: readonly string[]): string | null {
  return row.group ? whyFrozen(row.group, freeze) : t('no channels that can be removed');
}

function GroupCell({ row, freeze }: { row: NetworkRow; freeze: readonly string[] }) {
  const { group, layer, makers } = row;
  if (!group) return null;
  const why = whyFrozen(group, freeze);
  if (layer.width === null)
    return (
      <span class="dim sign-text" title={t('Passes on the channels of group {0}', group.id)}>
        <Through />
        <span class="ellipsis">{group.id}</span>
      </span>
    );
  if (why !== null)
    return (
      <span class="warn sign-text" title={why}>
        <Lock />
        <span class="ellipsis">{why}</span>
      </span>
    );
  if (makers < 2) return <span class="dim">{t('own group')}</span>;
  return (
    <span
      class="sign-text"
      title={t('{0} layers are tied in group {1}: they lose the same channels', makers, group.id)}
    >
      <Link />
      <span class="ellipsis">{group.id}</span> <span class="dim">×{makers}</span>
    </span>
  );
}

function FreezeCell({ row, freeze }: { row: NetworkRow; freeze: readonly string[] }) {
  const { group, layer } = row;
  if (!group || layer.width === null || group.frozen !== null) return null;
  const frozen = whyFrozen(group, freeze) !== null;
  const label = frozen ? t('Let {0} be pruned', layer.layer) : t('Leave {0} as it is', layer.layer);
  return (
    <button
      type="button"
      class={`plain freeze${frozen ? ' on' : ''}`}
      data-own
      tabIndex={-1}
      aria-pressed={frozen}
      aria-label={label}
      title={`${label} (${t('Space')})`}
      onClick={() => toggleFreeze(group)}
    >
      {frozen ? <Lock /> : <Unlock />}
    </button>
  );
}
