import { useMemo, useRef } from 'preact/hooks';
import { PanelCard } from '../components/panel-card.tsx';
import { VirtualList } from '../components/virtual-list.tsx';
import type { Column } from '../components/virtual-list.tsx';
import { amount, percent, size, whole } from '../format.ts';
import { plural, t } from '../strings.ts';
import { TextField } from '../ui.tsx';
import { compareTwo, star } from '../candidates/actions.ts';
import { filter, listed, sort } from '../candidates/listed.ts';
import { noFilter } from '../candidates/rows.ts';
import type { Filter, SortKey } from '../candidates/rows.ts';
import {
  boardNow,
  chosenIndex,
  hovered,
  isStarred,
  pick,
  ranking,
  refOf,
  second,
  secondIndex,
} from '../candidates/state.ts';
import { accuracyText, rewardText } from '../candidates/words.ts';
import { pointOfArm } from '../../src/terms/candidates.ts';

/** All candidates in rows: the chart's twin for those who don't see it, and for exact numbers. */
export function CandidatesTable() {
  const now = boardNow.value;
  const shift = useRef(false);
  const pointed = now?.pointed ?? false;
  const columns = useMemo(() => headings(pointed), [pointed]);
  if (!now) return null;
  const { candidates, control } = now.columns;
  const order = listed.value;
  const rewards = ranking.value?.rewards;
  const filtered = filter.value;
  const set = (part: Partial<Filter>) => (filter.value = { ...filter.value, ...part });
  const isSet = filtered.text !== '' || filtered.within || filtered.front || filtered.starred;
  const chosen = chosenIndex.value;
  const toggle = (key: 'within' | 'front' | 'starred', label: string) => (
    <button
      type="button"
      class="chip"
      aria-pressed={filtered[key]}
      onClick={() => set({ [key]: !filtered[key] })}
    >
      {label}
    </button>
  );
  return (
    <PanelCard
      class="candidates-card filled"
      flush
      title={t('Candidates')}
      hint={
        isSet
          ? t('{0} of {1}', whole(order.length), whole(candidates.length))
          : plural(candidates.length, '{0} candidate', '{0} candidates', whole(candidates.length))
      }
      actions={
        <>
          {toggle('within', t('within budget'))}
          {toggle('front', t('on the front'))}
          {toggle('starred', t('★ starred'))}
          <TextField
            class="search"
            label={t('Filter candidates')}
            placeholder={t('Number, origin, arm')}
            value={filtered.text}
            onInput={(text) => set({ text })}
          />
        </>
      }
    >
      <div
        class="shifted"
        onClickCapture={(event) => (shift.current = event.shiftKey)}
        onKeyDownCapture={() => (shift.current = false)}
        onPointerLeave={() => (hovered.value = -1)}
      >
        <VirtualList
          class="candidates"
          label={t('Candidates')}
          columns={columns}
          rows={order}
          rowClass={(i) => (i === secondIndex.value ? 'second-row' : now.within[i] ? '' : 'over')}
          selected={(i) => i === chosen}
          sort={{ key: sort.value.key, down: sort.value.descending }}
          onSort={({ key, down }) => (sort.value = { key: key as SortKey, descending: down })}
          onSelect={(i) => {
            pick(i, shift.current);
            shift.current = false;
          }}
          onActivate={(i) => {
            const ref = refOf(i);
            if (ref && second.value && secondIndex.value !== i) compareTwo(ref, second.value);
          }}
          onToggle={(i) => star(refOf(i)!)}
          onHover={(i) => (hovered.value = i ?? -1)}
          onKey={(event, i) => {
            if (event.key !== 'c') return false;
            pick(i, true);
            return true;
          }}
          cells={(i) => {
            const one = candidates[i];
            const starred = isStarred(one);
            const arm = (name: string) => (
              <span class="dim" title={one.arm}>
                {control[i] === 1 && '◇ '}
                {name}
              </span>
            );
            const point = pointOfArm(one.arm);
            return [
              <button
                type="button"
                tabIndex={-1}
                data-own
                class={`plain star${starred ? ' on' : ''}`}
                aria-pressed={starred}
                aria-label={t('Star candidate {0}', one.id)}
                onClick={() => star(refOf(i)!)}
              >
                {starred ? '★' : '☆'}
              </button>,
              <>
                {one.id}
                {i === secondIndex.value && <span class="dim"> □</span>}
              </>,
              ...(pointed
                ? [
                    arm(point?.arm ?? one.arm),
                    <span title={one.arm}>{point ? percent(point.percent) : t('goal')}</span>,
                  ]
                : []),
              <span class="mono">{rewardText(rewards?.[i])}</span>,
              percent(now.columns.cut[i]),
              percent(now.columns.recalibrated[i]),
              accuracyText(now.columns.fineTuned[i], now.errors.get(i)?.fineTuned),
              <span title={whole(one.cost.macs)}>{amount(one.cost.macs)}</span>,
              <span title={whole(one.cost.params)}>{amount(one.cost.params)}</span>,
              <span title={whole(one.cost.bytes)}>{size(one.cost.bytes)}</span>,
              <span class="dim" title={one.origin}>
                {one.origin}
              </span>,
              ...(pointed ? [] : [arm(one.arm)]),
            ];
          }}
        />
      </div>
      {order.length === 0 && (
        <p class="none dim">
          {candidates.length === 0 ? t('No candidates yet.') : t('No candidate passes the filter.')}{' '}
          {isSet && (
            <button type="button" class="plain link" onClick={() => (filter.value = noFilter)}>
              {t('Show all')}
            </button>
          )}
        </p>
      )}
    </PanelCard>
  );
}

/** @param pointed the run has several points: the method and its point stand in front, where both are seen */
function headings(pointed: boolean): Column[] {
  const number = (key: SortKey, label: string, width: string, title?: string): Column => ({
    key,
    label,
    width,
    align: 'end',
    sortable: true,
    ...(title ? { title } : {}),
  });
  const arm = (width: string, align?: 'end'): Column => ({
    key: 'arm',
    label: t('arm'),
    width,
    ...(align && { align }),
    sortable: true,
    long: true,
  });
  return [
    { key: 'starred', label: '★', width: '22px', align: 'end', sortable: true, title: t('Starred first') },
    { key: 'id', label: t('candidate'), width: 'minmax(64px, 0.7fr)', sortable: true },
    ...(pointed
      ? [
          arm('minmax(124px, 1.2fr)'),
          number(
            'point',
            t('point'),
            'minmax(48px, 0.6fr)',
            t('Which point of the trade-off it was sought for: its share of the original, or the goal'),
          ),
        ]
      : []),
    number('reward', t('reward'), 'minmax(60px, 0.8fr)', t('Under the coefficients above')),
    number('cut', t('after cutting'), 'minmax(82px, 1fr)', t('Straight after cutting, validation split')),
    number(
      'recalibrated',
      t('recalibrated'),
      'minmax(82px, 1fr)',
      t('After batch-norm recalibration, validation split'),
    ),
    number(
      'fineTuned',
      t('fine-tuned'),
      'minmax(90px, 1.1fr)',
      t('After fine-tuning, validation split, with its standard error'),
    ),
    number('macs', t('MACs'), 'minmax(60px, 0.9fr)'),
    number('params', t('parameters'), 'minmax(74px, 0.9fr)'),
    number('bytes', t('bytes'), 'minmax(66px, 0.9fr)', t('Weights as float32')),
    {
      key: 'origin',
      label: t('found by'),
      width: 'minmax(72px, 0.9fr)',
      align: 'end',
      sortable: true,
      long: true,
    },
    ...(pointed ? [] : [arm('minmax(96px, 1.1fr)', 'end')]),
  ];
}
