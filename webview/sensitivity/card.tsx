import * as z from 'zod';
import { Alert } from '../components/icons.tsx';
import { PanelCard } from '../components/panel-card.tsx';
import { Problem } from '../components/state-view.tsx';
import { duration } from '../format.ts';
import { loaded } from '../load.ts';
import { remembered } from '../persist.ts';
import { said } from '../said.ts';
import { draft, network, trusted } from '../state.ts';
import { t } from '../strings.ts';
import { Button, ProgressRing } from '../ui.tsx';
import type { By } from './lines.ts';
import { SensitivityChart } from './chart.tsx';
import './sensitivity.css';
import { measure, measured, progress, shown } from './store.ts';
import { isAgreement } from '../../src/terms/scores.ts';

const settings = remembered<{ by: By }>('sensitivity', z.object({ by: z.enum(['accuracy', 'loss']) }), {
  by: 'accuracy',
});

/** What the network loses where one group alone is narrowed: measured when asked for, drawn as a line a group. */
export function SensitivityCard() {
  const now = draft.value;
  if (!now) return null;
  const { state } = measured.value.value;
  const known = state === 'data' ? shown.value : null;
  const cost = loaded(network.value.value)?.cost;
  const { by } = settings.value;
  const names: readonly [By, string][] = [
    ['accuracy', isAgreement(known?.view.measure) ? t('Agreement') : t('Accuracy')],
    ['loss', t('Loss')],
  ];
  return (
    <PanelCard
      class="sensitivity-card"
      title={t('Sensitivity')}
      hint={t('what narrowing one group alone costs')}
      actions={
        known && (
          <span class="chips" role="group" aria-label={t('Show')}>
            {names.map(([id, label]) => (
              <button
                key={id}
                type="button"
                class="chip"
                aria-pressed={by === id}
                onClick={() => (settings.value = { by: id })}
              >
                {label}
              </button>
            ))}
          </span>
        )
      }
    >
      <Underway />
      {known && cost && <SensitivityChart view={known.view} by={by} cost={cost} />}
      {known?.view.warnings.map((warning) => (
        <p key={warning} class="note sign-text">
          <span class="warn">
            <Alert />
          </span>
          {said(warning)}
        </p>
      ))}
      <Ask known={known !== null} stale={known?.stale ?? false} />
    </PanelCard>
  );
}

/** How far the measurement is, with the way to call it off; or why there is none. */
function Underway() {
  const load = measured.value.value;
  if (load.state === 'error')
    return <Problem text={load.failure.message} detail={load.failure.detail} retry={load.retry} />;
  const now = progress.value;
  if (load.state !== 'loading' || !now) return null;
  const { done, total, seconds } = now;
  return (
    <p class="sensitivity-progress">
      <ProgressRing />
      <span role="status">
        {total === 0 ? t('Opening the images') : t('{0} of {1} groups measured', done, total)}
        {seconds !== null && <span class="dim"> · {t('about {0} left', duration(seconds))}</span>}
      </span>
      <Button onClick={load.cancel}>{t('Cancel')}</Button>
    </p>
  );
}

/** The button, or what stands in its way. */
function Ask({ known, stale }: { known: boolean; stale: boolean }) {
  const load = measured.value.value;
  if (load.state === 'error' || (load.state === 'loading' && progress.value)) return null;
  const images = draft.value?.data != null;
  return (
    <>
      {!known && (
        <p class="dim">
          {t(
            'Each channel group alone is cut to eighths of its width, its strongest filters kept, and scored on validation images: the groups that cost most are those to leave wide, or to freeze.',
          )}
        </p>
      )}
      {stale && <p class="dim">{t('The plan has changed since this was measured.')}</p>}
      {!images && <p class="note">{t('It is measured on images: choose some above.')}</p>}
      {!trusted.value && <p class="note">{t('Nothing is measured before this workspace is trusted.')}</p>}
      <Button disabled={!images || !trusted.value || load.state === 'loading'} onClick={() => void measure()}>
        {known ? t('Measure again') : t('Measure sensitivity')}
      </Button>
    </>
  );
}
