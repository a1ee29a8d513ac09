import { useEffect, useMemo } from 'preact/hooks';
import * as z from 'zod';
import type { NetworkView } from '../../src/protocol/views.ts';
import { openNetwork } from '../actions.ts';
import { useNarrow } from '../components/use-narrow.ts';
import { Empty, StateView } from '../components/state-view.tsx';
import { VirtualList, type Sort } from '../components/virtual-list.tsx';
import { whole } from '../format.ts';
import { remembered } from '../persist.ts';
import { draft, hoveredGroup, litGroup, network, ready, selectedGroup } from '../state.ts';
import { t } from '../strings.ts';
import { TextField } from '../ui.tsx';
import { cellsOf, columns } from './columns.tsx';
import { toggleFreeze } from './freeze.ts';
import { GroupCard } from './group-card.tsx';
import './network.css';
import { matching, networkRows, sorted, type Filter, type NetworkRow } from './rows.ts';
import { Totals } from './totals.tsx';
import { said } from '../said.ts';

const settings = remembered(
  'network',
  z.object({
    search: z.string(),
    filter: z.enum(['all', 'prunable', 'frozen', 'weights']),
    sort: z.object({ key: z.string(), down: z.boolean() }).nullable(),
  }),
  { search: '', filter: 'all', sort: null },
);

/** The network as it is: layer by layer, what each costs, and which channels hang together. */
export function Network() {
  return (
    <StateView
      load={network.value.value}
      empty={
        <Empty
          title={t('No network is open')}
          {...(ready.value?.model != null
            ? { action: { label: t('Read the network'), run: () => void openNetwork() } }
            : {})}
        >
          {ready.value?.model == null &&
            t(
              'This panel compares two files. To see a network, right-click its model file and choose Prune Channels….',
            )}
        </Empty>
      }
    >
      {(view) => <Layers network={view} />}
    </StateView>
  );
}

function Layers({ network: view }: { network: NetworkView }) {
  const { search, filter, sort } = settings.value;
  const rows = useMemo(() => networkRows(view), [view]);
  const shown = useMemo(() => sorted(matching(rows, search, filter), sort), [rows, search, filter, sort]);
  const freeze = draft.value?.freeze ?? [];
  const lit = litGroup.value;
  const narrow = useNarrow();
  useEffect(() => () => void (hoveredGroup.value = null), []);
  const group = lit === null ? null : view.groups[lit];
  const readers = useMemo(
    () => new Set(group?.members.filter((one) => one.role === 'consumer').map((one) => one.node)),
    [group],
  );
  const set = (part: Partial<typeof settings.value>) => (settings.value = { ...settings.value, ...part });
  const rowClass = ({ layer }: NetworkRow) =>
    lit !== null && layer.group === lit ? 'tied' : readers.has(layer.node) ? 'reads' : '';
  const filters: readonly [Filter, string][] = [
    ['all', t('All')],
    ['prunable', t('Prunable')],
    ['frozen', t('Frozen')],
    ['weights', t('With weights')],
  ];
  return (
    <div class="view filled network">
      <Totals network={view} />
      {view.warnings.map((warning) => (
        <p key={warning} class="note">
          <span class="warn" aria-hidden="true">
            ⚠
          </span>{' '}
          {said(warning)}
        </p>
      ))}
      <div class="network-body">
        <section class="card filled" aria-label={t('Layers')}>
          <header class="card-head">
            <h2>{t('Layers')}</h2>
            <span class="dim number" role="status">
              {shown.length === rows.length
                ? whole(rows.length)
                : t('{0} of {1}', whole(shown.length), whole(rows.length))}
            </span>
            <span class="grow" />
            <TextField
              class="search"
              label={t('Search layers, types and groups')}
              placeholder={t('Search…')}
              value={search}
              onInput={(text) => set({ search: text })}
            />
            <span class="chips" role="group" aria-label={t('Show')}>
              {filters.map(([id, label]) => (
                <button
                  key={id}
                  type="button"
                  class="chip"
                  aria-pressed={filter === id}
                  onClick={() => set({ filter: id })}
                >
                  {label}
                </button>
              ))}
            </span>
            {sort && (
              <button type="button" class="chip" onClick={() => set({ sort: null })}>
                {t('Network order')}
              </button>
            )}
          </header>
          <div class="card-body flush">
            {shown.length === 0 ? (
              <Empty
                title={t('No layer is like that')}
                action={{ label: t('Show all'), run: () => set({ search: '', filter: 'all' }) }}
              />
            ) : (
              <VirtualList
                class="layers"
                label={t('Layers of the network')}
                rows={shown}
                columns={columns(narrow)}
                cells={(row) => cellsOf(row, freeze, narrow)}
                rowClass={rowClass}
                sort={sort}
                onSort={(next: Sort) => set({ sort: next })}
                selected={(row) => selectedGroup.value !== null && row.layer.group === selectedGroup.value}
                onSelect={(row) => (selectedGroup.value = row.layer.group)}
                onHover={(row) => (hoveredGroup.value = row?.layer.group ?? null)}
                onToggle={(row) => row.group && toggleFreeze(row.group)}
                onKey={(event) => {
                  if (event.key !== 'Escape') return false;
                  selectedGroup.value = null;
                  return true;
                }}
              />
            )}
          </div>
        </section>
        <GroupCard network={view} index={lit} />
      </div>
    </div>
  );
}
