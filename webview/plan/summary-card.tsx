import { openThing } from '../actions.ts';
import { Alert, Cross } from '../components/icons.tsx';
import { PanelCard } from '../components/panel-card.tsx';
import { useSeconds } from '../components/state-view.tsx';
import { duration, relative } from '../format.ts';
import { busy, draft, ready, trusted } from '../state.ts';
import { plural, t } from '../strings.ts';
import { Button, ProgressRing } from '../ui.tsx';
import { assessAgain, assessed, assessFailure, measuring, pending } from './assess-store.ts';
import { controlsOf } from '../../src/protocol/controls.ts';
import { goalTexts } from './goal.ts';
import { alive, mayStart, obstacles, start } from './start.ts';
import { said } from '../said.ts';

/** What will happen, how long it will take, what stands in the way, and Start. */
export function SummaryCard() {
  const now = draft.value;
  if (!now) return null;
  const about = assessed.value?.answer;
  const stands = obstacles.value;
  const failure = assessFailure.value;
  const controls = controlsOf(now.controls, now.method, now.data !== null);
  return (
    <PanelCard class="summary-card" title={t('Run')}>
      <dl class="pairs">
        <dt class="dim">{t('Goal')}</dt>
        <dd>{goalTexts(now).join(', ') || '–'}</dd>
        <dt class="dim">{t('Images')}</dt>
        <dd class="ellipsis" title={now.data?.path}>
          {now.data ? relative(now.data.path, ready.value?.workspace ?? null) : t('none')}
        </dd>
        <dt class="dim">{t('Method')}</dt>
        <dd>
          {now.method}, {now.effort}
        </dd>
        {controls.length > 0 && (
          <>
            <dt class="dim">{t('Controls')}</dt>
            <dd>{controls.join(', ')}</dd>
          </>
        )}
        {now.freeze.length > 0 && (
          <>
            <dt class="dim">{t('Frozen')}</dt>
            <dd>{plural(now.freeze.length, '{0} layer', '{0} layers')}</dd>
          </>
        )}
        {about?.writes && (
          <>
            <dt class="dim">{t('Writes')}</dt>
            <dd class="ellipsis" title={t('Names that are free: nothing is overwritten')}>
              {about.writes.config}, {about.writes.model}
            </dd>
          </>
        )}
        <dt class="dim">{t('Time')}</dt>
        <dd>
          <Time seconds={about?.seconds ?? null} />
        </dd>
      </dl>
      {about?.basis && about.seconds !== null && <p class="dim small">{about.basis}</p>}
      {about?.notes.map(({ kind, text }) =>
        kind === 'info' ? (
          <p key={text} class="dim small">
            {said(text)}
          </p>
        ) : (
          <p key={text} class="note sign-text">
            <span class="warn">
              <Alert />
            </span>
            {said(text)}
          </p>
        ),
      )}
      {failure && (
        <p class="bad" role="alert">
          {said(failure.message)}{' '}
          <button type="button" class="plain link" onClick={assessAgain}>
            {t('Try again')}
          </button>
        </p>
      )}
      <div role="status">
        {stands.map((sentence) => (
          <p key={sentence} class="bad note sign-text">
            <Cross /> <span>{said(sentence)}</span>
          </p>
        ))}
      </div>
      {!trusted.value && <Button onClick={() => void openThing('trust')}>{t('Manage trust')}</Button>}
      <Button
        class="start"
        kind="primary"
        disabled={!mayStart.value || busy.value.has('start')}
        onClick={() => void start()}
      >
        {busy.value.has('start') ? t('Starting…') : t('Start pruning')}
      </Button>
      {alive.value && <p class="dim small">{t('Another run is at work: this one waits for it to end.')}</p>}
      <p class="dim small">
        {t(
          'The model’s file is never changed. Stop, close or reload when you like: the run goes on from its checkpoint.',
        )}
      </p>
    </PanelCard>
  );
}

/** The predicted time, or that it is being measured. */
export function Time({ seconds }: { seconds: number | null }) {
  const since = measuring.value;
  if (seconds !== null) return <span class="number">{t('about {0}', duration(seconds))}</span>;
  if (since !== null) return <Measuring since={since} />;
  if (pending.value !== null) return <span class="dim">{t('looking…')}</span>;
  return <span class="dim">{t('not known yet')}</span>;
}

function Measuring({ since }: { since: number }) {
  const seconds = useSeconds(since);
  return (
    <span class="dim sign-text">
      <ProgressRing /> {t('measuring a few steps')} <span class="number">{t('{0} s', seconds)}</span>
    </span>
  );
}
