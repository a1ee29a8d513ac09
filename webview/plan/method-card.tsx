import { Lock } from '../components/icons.tsx';
import { PanelCard } from '../components/panel-card.tsx';
import { show } from '../actions.ts';
import { draft, ready } from '../state.ts';
import { t } from '../strings.ts';
import { Dropdown } from '../ui.tsx';
import { defaultControls } from '../../src/protocol/controls.ts';
import type { Draft } from '../../src/protocol/plan.ts';
import { change } from './draft.ts';
import { reached } from './reach-store.ts';
import type { Effort } from '../../src/terms/choices.ts';
import { effort } from '../../src/terms/choices.ts';

const ROUNDS = [1, 2, 4, 8, 16, 32];

const multiplesOf = (width: number): string => (width === 1 ? t('any') : t('multiples of {0}', width));
const widths = (chosen: Draft['roundTo']): number[] =>
  [...new Set([...ROUNDS, ...(chosen === 'auto' ? [] : [chosen])])].sort((a, b) => a - b);

/** How channels are chosen, how hard it is tried, and what is left as it is. */
export function MethodCard() {
  const now = draft.value;
  if (!now) return null;
  const methods = ready.value?.methods ?? [];
  const suited = reached.value?.roundTo;
  const chosen = methods.find((one) => one.name === now.method);
  const names: Readonly<Record<Effort, string>> = {
    quick: t('Quick'),
    standard: t('Standard'),
    thorough: t('Thorough'),
  };
  const toggle = (name: string) =>
    change({
      controls: now.controls.includes(name)
        ? now.controls.filter((one) => one !== name)
        : [...now.controls, name],
    });
  return (
    <PanelCard title={t('Method')}>
      <div class="fields">
        <label>{t('Method')}</label>
        <span>
          <Dropdown
            class="method"
            label={t('Method')}
            value={now.method}
            options={methods.map((one) => ({ value: one.name, label: one.name, title: one.summary }))}
            onChange={(method) => change({ method, settings: {} })}
          />
          <span class="dim summary">
            {chosen?.summary}
            {chosen && !chosen.needsImages && ` · ${t('needs no images')}`}
          </span>
        </span>
        <label>{t('Effort')}</label>
        <span class="chips" role="group" aria-label={t('Effort')}>
          {effort.options.map((id) => (
            <button
              key={id}
              type="button"
              class="chip"
              aria-pressed={now.effort === id}
              onClick={() => change({ effort: id })}
            >
              {names[id]}
            </button>
          ))}
        </span>
        <label>{t('Control arms')}</label>
        <span class="chips" role="group" aria-label={t('Control arms')}>
          {defaultControls
            .filter((name) => name !== now.method)
            .map((name) => (
              <button
                key={name}
                type="button"
                class="chip"
                title={t('Reaches the same goal this way, with the same fine-tuning, to compare with')}
                aria-pressed={now.controls.includes(name)}
                onClick={() => toggle(name)}
              >
                {name}
              </button>
            ))}
        </span>
        <label>{t('Widths')}</label>
        <span class="row-of">
          <Dropdown
            label={t('Widths in multiples of')}
            value={String(now.roundTo)}
            options={[
              { value: 'auto', label: t('what suits the network') },
              ...widths(now.roundTo).map((one) => ({ value: String(one), label: multiplesOf(one) })),
            ]}
            onChange={(value) => change({ roundTo: value === 'auto' ? value : Number(value) })}
          />
          <span class="dim">
            {now.roundTo === 'auto'
              ? suited === undefined
                ? '…'
                : multiplesOf(suited)
              : t('multiples of 8 run faster on most machines')}
          </span>
        </span>
        <label>{t('Frozen')}</label>
        <span class="chips">
          {now.freeze.length === 0 && <span class="dim">{t('nothing by you')}</span>}
          {now.freeze.map((layer) => (
            <button
              key={layer}
              type="button"
              class="chip"
              title={t('Let it be pruned')}
              aria-label={t('{0} is frozen: let it be pruned', layer)}
              onClick={() => change({ freeze: now.freeze.filter((one) => one !== layer) })}
            >
              <Lock /> {layer} <span aria-hidden="true">✕</span>
            </button>
          ))}
          <button type="button" class="plain link" onClick={() => show('network')}>
            {t('Choose in the network')}
          </button>
        </span>
      </div>
    </PanelCard>
  );
}
