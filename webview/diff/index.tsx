import { show } from '../actions.ts';
import { PanelCard } from '../components/panel-card.tsx';
import { Empty, StateView } from '../components/state-view.tsx';
import type { DiffView } from '../../src/protocol/views.ts';
import { shownCompare } from '../state.ts';
import { plural, t } from '../strings.ts';
import { TextField } from '../ui.tsx';
import { Figures } from './figures.tsx';
import { LayerList } from './layer-list.tsx';
import { Legend } from './legend.tsx';
import { layerRows, makesChannels } from './rows.ts';
import { SidePickers } from './sides.tsx';
import { all, heights, search, sort, useDiff } from './state.ts';
import './diff.css';

/** Two networks layer by layer, every channel a cell. */
export function ChannelDiff() {
  const sides = shownCompare.value;
  const load = useDiff(sides);
  if (!sides)
    return (
      <Empty title={t('Nothing is compared')} action={{ label: t('Show runs'), run: () => show('runs') }}>
        {t(
          'Pick a candidate of a run to see which of the original’s channels it keeps, or compare two files from the Explorer’s menu: select both, then Compare Channels.',
        )}
      </Empty>
    );
  return (
    <div class="view filled diff-view">
      <SidePickers />
      <StateView load={load.value.value}>{(diff) => <Shown diff={diff} />}</StateView>
    </div>
  );
}

function Shown({ diff }: { diff: DiffView }) {
  const found = layerRows(diff.layers, search.value, null, all.value).length;
  const passing = diff.layers.filter((layer) => !makesChannels(layer)).length;
  const hasImportance = diff.layers.some(({ importance }) => importance !== null);
  return (
    <>
      {diff.warnings.map((text) => (
        <p key={text} class="message warn" role="status">
          <span class="sign" aria-hidden="true">
            ⚠
          </span>
          <span class="text">{text}</span>
        </p>
      ))}
      <Figures diff={diff} />
      <PanelCard
        class="filled"
        flush
        title={t('Channels')}
        hint={
          <>
            {diff.a.label} <span aria-label={t('against')}>→</span> {diff.b.label}
            {' · '}
            {found === diff.layers.length - (all.value ? 0 : passing)
              ? plural(found, '{0} layer', '{0} layers')
              : t('{0} of {1} layers', found, diff.layers.length - (all.value ? 0 : passing))}
          </>
        }
        actions={
          <>
            <Legend diff={diff} />
            {passing > 0 && (
              <button
                type="button"
                class="chip"
                aria-pressed={all.value}
                title={t('Also layers that only pass channels on: normalisation, activation, addition')}
                onClick={() => (all.value = !all.value)}
              >
                {t('all layers')}
              </button>
            )}
            {hasImportance && (
              <button
                type="button"
                class="chip"
                aria-pressed={heights.value}
                title={t('Height of a cell: its filter’s L1 norm, of the layer’s largest')}
                onClick={() => (heights.value = !heights.value)}
              >
                {t('importance')}
              </button>
            )}
            {sort.value && (
              <button type="button" class="chip" onClick={() => (sort.value = null)}>
                {t('network order')}
              </button>
            )}
            <TextField
              class="search"
              label={t('Find layers')}
              placeholder={t('Find layers')}
              value={search.value}
              onInput={(text) => (search.value = text)}
            />
          </>
        }
      >
        {diff.layers.length === 0 ? (
          <p class="none dim">{t('The two have no layer in common.')}</p>
        ) : found === 0 ? (
          <p class="none dim">{t('No layer is called that.')}</p>
        ) : (
          <LayerList diff={diff} />
        )}
      </PanelCard>
      <Unmatched diff={diff} />
    </>
  );
}

/** Layers that one side alone has. */
function Unmatched({ diff }: { diff: DiffView }) {
  const { onlyInA, onlyInB } = diff;
  if (onlyInA.length + onlyInB.length === 0) return null;
  const list = (title: string, names: readonly string[]) =>
    names.length > 0 && (
      <div>
        <h3 class="dim">{title}</h3>
        <ul class="mono">
          {names.map((name) => (
            <li key={name}>{name}</li>
          ))}
        </ul>
      </div>
    );
  return (
    <details class="unmatched">
      <summary>
        {plural(
          onlyInA.length + onlyInB.length,
          '{0} layer is on one side alone',
          '{0} layers are on one side alone',
        )}
      </summary>
      <div class="unmatched-lists">
        {list(t('only in {0}', diff.a.label), onlyInA)}
        {list(t('only in {0}', diff.b.label), onlyInB)}
      </div>
    </details>
  );
}
