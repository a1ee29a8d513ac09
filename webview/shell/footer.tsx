import { openThing, perform, tell } from '../actions.ts';
import { baseName, percent } from '../format.ts';
import { host } from '../host.ts';
import { busy, candidate, candidateRef, engine, mainArm, run, shownCompare, tab, trusted } from '../state.ts';
import { t } from '../strings.ts';
import { Button } from '../ui.tsx';
import { whatIsWritten } from './written.ts';

/** What can be done with the candidate that is shown. */
export function Footer() {
  const ref = candidateRef.value;
  const one = candidate.value;
  const sides = shownCompare.value;
  const shown = run.value;
  const main = mainArm.value;
  const config = shown && one && main ? whatIsWritten(shown, main, one)?.config : undefined;
  const busyNow = [...busy.value.values()].map((entry) => entry.what);

  const write = async () => {
    if (!ref) return null;
    const written = await perform('write', t('Writing the model'), () => host.request('write', ref));
    if (written) {
      tell(t('{0} and {1} are written.', baseName(written.model), baseName(written.config)), [
        { label: t('Open config'), run: () => void openThing('file', written.config) },
      ]);
    }
    return written ?? null;
  };
  const commit = async () => {
    const file = config ?? (await write())?.config;
    if (!file) return;
    const done = await perform('commit', t('Committing'), () => host.request('commit', { config: file }));
    if (done) tell(t('Committed {0} as {1}.', done.files.map(baseName).join(', '), done.hash.slice(0, 8)));
  };
  const fineTune = () =>
    ref && void perform('fineTune', t('Fine-tuning'), () => host.request('fineTune', ref));
  const exportDiff = (format: 'html' | 'markdown') =>
    sides &&
    void perform('export', t('Exporting'), () => host.request('exportDiff', { ...sides, format })).then(
      (made) =>
        made?.file &&
        tell(t('{0} is written.', baseName(made.file)), [
          { label: t('Open'), run: () => void openThing('file', made.file ?? undefined) },
        ]),
    );
  const working = (name: string) => busy.value.has(name);
  return (
    <footer class="bottom">
      {one && (
        <>
          <Button
            kind="primary"
            disabled={!trusted.value || working('commit') || working('write')}
            onClick={() => void commit()}
          >
            {t('Commit pruned config…')}
          </Button>
          <Button disabled={!trusted.value || working('write')} onClick={() => void write()}>
            {t('Write model…')}
          </Button>
          {one.fineTuned === undefined && (
            <Button disabled={!trusted.value || working('fineTune')} onClick={fineTune}>
              {t('Fine-tune')}
            </Button>
          )}
          <span class="dim what">
            {t('Candidate {0}', one.id)}
            {one.arm !== main?.arm && ` (${one.arm})`}
            {' · '}
            {percent(one.fineTuned ?? one.recalibrated ?? one.cut)}
            {config ? ` · ${baseName(config)}` : ` · ${t('not written yet')}`}
          </span>
        </>
      )}
      <span class="dim working" role="status">
        {busyNow.length ? `${busyNow.join(', ')}…` : ''}
      </span>
      <span class="grow" />
      {sides && (tab.value === 'diff' || tab.value === 'tradeoff') && (
        <>
          <Button disabled={working('export')} onClick={() => exportDiff('html')}>
            {t('Export diff')}
          </Button>
          <Button
            disabled={working('export')}
            title={t('For the text of a pull request')}
            onClick={() => exportDiff('markdown')}
          >
            {t('as Markdown')}
          </Button>
        </>
      )}
      {engine.value !== null && (
        <button
          type="button"
          class="plain dim engine"
          title={t('What this machine has')}
          onClick={() => void openThing('doctor')}
        >
          {engine.value}
        </button>
      )}
    </footer>
  );
}
