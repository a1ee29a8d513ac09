import { openThing, perform, tell } from '../actions.ts';
import { baseName, percent } from '../format.ts';
import { host } from '../host.ts';
import {
  busy,
  candidate,
  candidateRef,
  backend,
  mainArm,
  run,
  runSummary,
  shownCompare,
  tab,
  trusted,
} from '../state.ts';
import { t } from '../strings.ts';
import { commit, fineTune, write } from '../candidates/actions.ts';
import { chosenScores } from '../candidates/state.ts';
import { Button } from '../ui.tsx';
import { whatIsWritten, writtenName } from '../model/written.ts';
import type { CandidateOfRun, RunCandidate } from '../../src/terms/candidates.ts';
import type { DiffFormat } from '../../src/protocol/views.ts';

/** What can be done with the candidate that is shown, what is being done, and what would do it. */
export function Footer() {
  const ref = candidateRef.value;
  const one = candidate.value;
  const doing = [...busy.value.values()].map((entry) => entry.what);
  return (
    <footer class="bottom">
      {ref && one && <Actions of={ref} one={one} />}
      <span class="dim working" role="status">
        {doing.length ? `${doing.join(', ')}…` : ''}
      </span>
      <span class="grow" />
      <Exports />
      {backend.value !== null && (
        <button
          type="button"
          class="plain dim backend"
          title={t('What this machine has')}
          onClick={() => void openThing('doctor')}
        >
          {backend.value}
        </button>
      )}
    </footer>
  );
}

function Actions({ of, one }: { of: CandidateOfRun; one: RunCandidate }) {
  const shown = run.value;
  const main = mainArm.value;
  const written = shown && main ? whatIsWritten(shown, main, one) : undefined;
  const fineTuned = one.accuracies.fineTuned ?? chosenScores.value?.validation.fineTuned?.accuracy;
  const accuracy = fineTuned ?? one.accuracies.recalibrated ?? one.accuracies.cut;
  const working = (name: string) => busy.value.has(name);
  return (
    <>
      <Button
        kind="primary"
        disabled={!trusted.value || working('commit') || working('write')}
        onClick={() => void commit(of, written)}
      >
        {t('Commit pruned config…')}
      </Button>
      {/* the trade-off's own card has these */}
      {tab.value !== 'tradeoff' && (
        <>
          <Button disabled={!trusted.value || working('write')} onClick={() => void write(of)}>
            {t('Write model…')}
          </Button>
          {fineTuned === undefined && shown?.data && (
            <Button disabled={!trusted.value || working('fineTune')} onClick={() => void fineTune(of)}>
              {t('Fine-tune')}
            </Button>
          )}
        </>
      )}
      <span class="dim what">
        {[
          t('Candidate {0}', one.id) + (one.arm === main?.arm ? '' : ` (${one.arm})`),
          percent(accuracy),
          written === undefined ? t('not written yet') : writtenName(written.config, runSummary.value),
        ].join(' · ')}
      </span>
    </>
  );
}

/** The comparison as a page, or as Markdown for the text of a pull request. */
function Exports() {
  const sides = shownCompare.value;
  if (!sides || (tab.value !== 'diff' && tab.value !== 'tradeoff')) return null;
  const save = async (format: DiffFormat) => {
    const made = await perform('export', t('Exporting'), () =>
      host.request('exportDiff', { ...sides, format }),
    );
    const file = made?.file;
    if (file)
      tell(t('{0} is written.', baseName(file)), [
        { label: t('Open'), run: () => void openThing('file', file) },
      ]);
  };
  const working = busy.value.has('export');
  return (
    <>
      <Button disabled={working} onClick={() => void save('html')}>
        {t('Export diff')}
      </Button>
      <Button
        disabled={working}
        title={t('For the text of a pull request')}
        onClick={() => void save('markdown')}
      >
        {t('as Markdown')}
      </Button>
    </>
  );
}
