import type { RunSummary } from '../../src/protocol/runs.ts';
import { follow, openThing, perform } from '../actions.ts';
import { Bar } from '../components/bar.tsx';
import { RunNotes } from '../components/run-notes.tsx';
import { RunVerdict } from '../components/run-verdict.tsx';
import { ago, baseName, change, percent, whole } from '../format.ts';
import { host } from '../host.ts';
import { statusLine, statusName } from '../model/stages.ts';
import { nowText } from '../model/written.ts';
import { busy, run as shown, status, trusted } from '../state.ts';
import { plural, t } from '../strings.ts';
import { Button, ProgressRing } from '../ui.tsx';
import { said } from '../said.ts';
import { atWork } from '../../src/protocol/runs.ts';
import { isAgreement } from '../../src/terms/scores.ts';

const SIGNS = { running: '', paused: '❚❚', stopped: '■', failed: '✕', done: '✓' } as const;

/** One run: how it stands, what it found, what it wrote; if it failed, why, with the log and the way on. */
export function RunCard({ run, open, ofThis }: { run: RunSummary; open: boolean; ofThis: boolean }) {
  const standing = open ? status.value : null;
  const how = standing?.status ?? run.status;
  const alive = atWork(how);
  const key = (name: string) => `${name} ${run.folder}`;
  const working = (name: string) => busy.value.has(key(name));
  const ask = (name: 'pause' | 'resume' | 'stop' | 'remove', what: string) =>
    void perform(key(name), what, () => host.request(name, { run: run.folder }));
  const fixed = standing?.fixed ?? run.fixed ?? null;
  const failure = run.failure ?? standing?.message ?? null;
  return (
    <li class={`card run${open ? ' open' : ''}`} aria-current={open ? 'true' : undefined}>
      <div class="run-head">
        <span class={`pill still ${how}`}>
          {how === 'running' && <ProgressRing />}
          <span class="sign" aria-hidden="true">
            {SIGNS[how]}
          </span>{' '}
          {statusName(how, standing?.queued)}
        </span>
        <button
          type="button"
          class="plain run-name"
          title={run.folder}
          onClick={() => void follow(run.folder, 'tradeoff')}
        >
          {run.id}
        </button>
        {open && <span class="chip">{t('shown')}</span>}
        <span class="dim number">{ago(run.created)}</span>
        <span class="grow" />
        {how === 'running' && fixed === null && (
          <Button disabled={working('pause')} onClick={() => ask('pause', t('Pausing'))}>
            {t('Pause')}
          </Button>
        )}
        {alive && (
          <Button
            disabled={working('stop') || fixed !== null}
            {...(fixed === null ? {} : { title: fixed })}
            onClick={() => ask('stop', t('Stopping'))}
          >
            {working('stop') ? t('Stopping…') : t('Stop')}
          </Button>
        )}
        {how !== 'running' && how !== 'done' && fixed === null && !standing?.queued && (
          <Button
            kind="primary"
            disabled={working('resume') || !trusted.value}
            {...(trusted.value
              ? {}
              : { title: t('This workspace is not trusted: nothing can be run in it.') })}
            onClick={() => ask('resume', t('Resuming'))}
          >
            {t('Resume')}
          </Button>
        )}
        {!open && <Button onClick={() => void follow(run.folder, 'tradeoff')}>{t('Open')}</Button>}
        {!alive && (
          <Button disabled={working('remove')} onClick={() => ask('remove', t('Removing'))}>
            {t('Remove…')}
          </Button>
        )}
      </div>
      <p class="run-facts dim number">
        {[
          ...(ofThis ? [] : [baseName(run.model)]),
          run.goal,
          run.method,
          run.effort,
          t('seed {0}', run.seed),
          plural(run.candidates, '{0} candidate', '{0} candidates', whole(run.candidates)),
          ...(open && alive && shown.value ? [statusLine(shown.value, how, standing)] : []),
          ...(standing?.memory ? [t('{0} MB of memory', whole(standing.memory))] : []),
        ].join(' · ')}
      </p>
      {fixed !== null && <p class="run-fixed dim">{fixed}</p>}
      {run.result && <Result result={run.result} />}
      {how === 'failed' && failure !== null && (
        <div class="run-failure">
          <p>
            <span class="bad" aria-hidden="true">
              ✕
            </span>{' '}
            {said(failure)}
          </p>
          {standing && standing.log.length > 0 && (
            <details>
              <summary>{t('Last lines of the log')}</summary>
              <pre>{standing.log.join('\n')}</pre>
            </details>
          )}
          <button type="button" class="plain link" onClick={() => void openThing('log', run.folder)}>
            {t('Show log')}
          </button>
        </div>
      )}
      {run.written && <Written written={run.written} />}
      {open && <RunVerdict />}
      {open && <RunNotes />}
    </li>
  );
}

function Result({ result }: { result: NonNullable<RunSummary['result']> }) {
  const { accuracy, original, measure, macsShare, paramsShare } = result;
  return (
    <div class="run-result">
      {accuracy !== undefined && (
        <span>
          <span class="dim">{isAgreement(measure) ? t('agreement') : t('accuracy')}</span>{' '}
          <span class="number">
            {original !== undefined && <span class="dim">{percent(original)} → </span>}
            {percent(accuracy)}
          </span>
        </span>
      )}
      <Share name={t('MACs')} share={macsShare} />
      <Share name={t('parameters')} share={paramsShare} />
    </div>
  );
}

function Share({ name, share }: { name: string; share: number }) {
  return (
    <span class="share">
      <span class="dim">{name}</span> <Bar share={share} label={t('{0} kept', percent(100 * share))} />
      <span class={share < 1 ? 'good number' : 'number'}>{change(1, share)}</span>
    </span>
  );
}

type WrittenState = NonNullable<RunSummary['written']>['now']['report'];

/** What the run wrote: a link only while it is still the file that it wrote. */
function Written({ written }: { written: NonNullable<RunSummary['written']> }) {
  const { now } = written;
  const files: { file: string; state: WrittenState; instead?: string | null }[] = [
    { file: written.config, state: now.config, instead: now.instead },
    { file: written.model, state: now.model },
    ...(written.beside ?? []).map((file, i) => ({ file, state: now.beside?.[i] })),
    ...(written.report === undefined ? [] : [{ file: written.report, state: now.report }]),
  ];
  return (
    <p class="run-files">
      <span class="dim">{t('wrote')}</span>
      {files.map(({ file, state, instead }) =>
        state === 'same' ? (
          <button
            key={file}
            type="button"
            class="plain link mono"
            title={file}
            onClick={() => void openThing(file === written.report ? 'report' : 'file', file)}
          >
            {baseName(file)}
          </button>
        ) : (
          <span key={file} class="warn mono" title={file}>
            {nowText(baseName(file), state, instead)}
          </span>
        ),
      )}
    </p>
  );
}
