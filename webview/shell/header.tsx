import { perform, show } from '../actions.ts';
import { accuracyTitle, amount, baseName, duration, percent } from '../format.ts';
import { host } from '../host.ts';
import { loaded } from '../load.ts';
import { assessed } from '../plan/assess-store.ts';
import { goalTexts } from '../plan/goal.ts';
import { mayStart, start } from '../plan/start.ts';
import { busy, draft, network, ready, run, runSummary, status, tab, trusted } from '../state.ts';
import { t } from '../strings.ts';
import { Button, ProgressRing } from '../ui.tsx';
import { statusLine } from '../model/stages.ts';
import { atWork } from '../../src/protocol/runs.ts';

/** What the panel is about, how its run stands, and what can be done with it. */
export function Header() {
  const about = ready.value;
  const net = loaded(network.value.value);
  const cost = net?.cost ?? run.value?.cost;
  const accuracy = run.value?.scores.validation.original?.accuracy ?? runSummary.value?.result?.original;
  const facts = [
    cost && t('{0} MACs', amount(cost.macs)),
    cost && t('{0} parameters', amount(cost.params)),
    accuracy !== undefined && t('{0} on validation', percent(accuracy)),
    run.value?.measure && accuracyTitle(run.value.measure),
  ].filter(Boolean);
  return (
    <header class="top">
      <h1 title={about?.model ?? undefined}>{about ? baseName(about.name) : 'Espalier'}</h1>
      <span class="dim facts">{facts.join(' · ')}</span>
      <span class="grow" />
      <QuickStart />
      <RunState />
    </header>
  );
}

/** Before there is a run: starts one as it is planned, or leads to what is missing. */
function QuickStart() {
  const now = draft.value;
  if (!now || run.value || tab.value === 'plan') return null;
  if (!mayStart.value) return <Button onClick={() => show('plan')}>{t('Plan a run…')}</Button>;
  const seconds = assessed.value?.answer.seconds ?? null;
  return (
    <div class="run-state">
      <button type="button" class="plain dim" title={t('Change the plan')} onClick={() => show('plan')}>
        {[
          ...goalTexts(now),
          now.method,
          now.effort,
          ...(seconds === null ? [] : [t('about {0}', duration(seconds))]),
        ].join(' · ')}
      </button>
      <Button kind="primary" disabled={busy.value.has('start')} onClick={() => void start()}>
        {t('Start pruning')}
      </Button>
    </div>
  );
}

/** How the run that is shown stands; kept apart, because it changes with every event. */
function RunState() {
  const shown = run.value;
  const summary = runSummary.value;
  if (!shown || !summary) return null;
  const how = status.value?.status ?? summary.status;
  const line = statusLine(shown, how, status.value);
  const folder = shown.run;
  const left = shown.progress?.secondsLeft;
  const ask = (name: 'pause' | 'resume' | 'stop', what: string) =>
    void perform(name, what, () => host.request(name, { run: folder }));
  const alive = atWork(how);
  const fixed = (status.value ?? summary).fixed ?? null;
  return (
    <div class="run-state">
      <button
        type="button"
        class={`pill ${how}`}
        onClick={() => show('runs')}
        title={left === undefined ? t('Show runs') : t('About {0} left in this stage', duration(left))}
      >
        {how === 'running' && <ProgressRing />}
        <span class="sign" aria-hidden="true">
          {{ running: '', paused: '❚❚', stopped: '■', failed: '✕', done: '✓' }[how]}
        </span>{' '}
        {line}
      </button>
      <Announcer how={how} stage={shown.stage?.message ?? ''} />
      {how === 'running' && fixed === null && (
        <Button disabled={busy.value.has('pause')} onClick={() => ask('pause', t('Pausing'))}>
          {t('Pause')}
        </Button>
      )}
      {alive && (
        <Button
          disabled={busy.value.has('stop') || fixed !== null}
          {...(fixed === null ? {} : { title: fixed })}
          onClick={() => ask('stop', t('Stopping'))}
        >
          {busy.value.has('stop') ? t('Stopping…') : t('Stop')}
        </Button>
      )}
      {(how === 'paused' || how === 'stopped' || how === 'failed') && fixed === null && (
        <Button
          kind="primary"
          disabled={busy.value.has('resume') || !trusted.value}
          onClick={() => ask('resume', t('Resuming'))}
        >
          {t('Resume')}
        </Button>
      )}
    </div>
  );
}

/** Tells screen readers of a new stage, not of every step. */
function Announcer({ how, stage }: { how: string; stage: string }) {
  return (
    <span class="only-heard" role="status">
      {how === 'running' ? stage : how}
    </span>
  );
}
