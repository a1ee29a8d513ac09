import { compareSides, openThing, perform, tell } from '../actions.ts';
import { baseName } from '../format.ts';
import { host } from '../host.ts';
import type { WrittenFiles } from '../../src/protocol/runs.ts';
import { byHand, candidateKey } from '../state.ts';
import { t } from '../strings.ts';
import { second, toggleStar } from './state.ts';
import type { CandidateOfRun } from '../../src/terms/candidates.ts';

/** What can be done with one candidate; every one tells what went wrong by itself. */

export async function fineTune(ref: CandidateOfRun): Promise<void> {
  const started = await perform('fineTune', t('Fine-tuning'), () => host.request('fineTune', ref));
  if (started) tell(t('Candidate {0} is being fine-tuned.', ref.id));
}

/** @returns what was written, or null where nothing was */
export async function write(ref: CandidateOfRun): Promise<WrittenFiles | null> {
  const written = await perform('write', t('Writing the model'), () => host.request('write', ref));
  if (!written) return null;
  byHand.value = new Map(byHand.value).set(candidateKey(ref), written);
  tell(t('{0} and {1} are written.', baseName(written.model), baseName(written.config)), [
    { label: t('Open config'), run: () => void openThing('file', written.config) },
  ]);
  return written;
}

/** Commits what is written of a candidate already, or writes it first; refused where other files stand there by now. */
export async function commit(
  ref: CandidateOfRun,
  known: (Pick<WrittenFiles, 'config'> & Partial<WrittenFiles>) | undefined,
): Promise<void> {
  // of a run of before, nothing tells whether the files are still its own
  const written = known?.sha256 ? known : await write(ref);
  if (written === null) return;
  const { config, sha256 } = written;
  const shown = sha256 && { config: sha256.config, model: sha256.model };
  const done = await perform('commit', t('Committing'), () =>
    host.request('commit', { config, sha256: shown }),
  );
  if (done) tell(t('Committed {0} as {1}.', done.files.map(baseName).join(', '), done.hash.slice(0, 8)));
}

export function star(ref: CandidateOfRun): void {
  void perform('star', t('Starring'), () => toggleStar(ref));
}

/** Opens the channel diff of two candidates. */
export function compareTwo(a: CandidateOfRun, b: CandidateOfRun): void {
  compareSides({ a: { kind: 'candidate', ...a }, b: { kind: 'candidate', ...b } });
}

/** Asks for a file to compare the candidate with. */
export async function compareWithFile(ref: CandidateOfRun): Promise<void> {
  const picked = await perform('pickSide', t('Choosing a file'), () => host.request('pickSide', {}));
  if (picked?.side) compareSides({ a: picked.side, b: { kind: 'candidate', ...ref } });
}

export function chooseSecond(ref: CandidateOfRun | null): void {
  second.value = ref;
}
