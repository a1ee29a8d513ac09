import { computed } from '@preact/signals';
import { follow, listRuns, perform } from '../actions.ts';
import { host } from '../host.ts';
import { loaded } from '../load.ts';
import { draft, ready, runs, trusted } from '../state.ts';
import { t } from '../strings.ts';
import { assessed } from './assess-store.ts';
import { opened } from './data-store.ts';
import { reached } from './reach-store.ts';
import { atWork } from '../../src/protocol/runs.ts';

/** What keeps the run from starting, one sentence each; empty: it may start. */
export const obstacles = computed<readonly string[]>(() => {
  const now = draft.value;
  if (!now) return [t('There is no model to prune.')];
  const found: string[] = [];
  if (!trusted.value) found.push(t('This workspace is not trusted: nothing can be run in it.'));
  const method = ready.value?.methods.find((one) => one.name === now.method);
  if (!now.targets.length) found.push(t('There is no goal: say what the pruned network may cost at most.'));
  found.push(...(assessed.value?.answer.problems ?? []));
  if (reached.value?.targets.some(({ verdict }) => verdict === 'unreachable' || verdict === 'within'))
    found.push(t('A goal can’t be met as it stands: see above.'));
  if (method?.needsImages && !now.data && !found.length)
    found.push(t('This method learns from images: choose a data set.'));
  const data = opened.value.value;
  if (now.data && data.state === 'error' && !found.length) found.push(data.failure.message);
  return [...new Set(found)];
});

/** The answer about the draft as it is, not as it was, has come, and nothing stands in the way. */
export const mayStart = computed(
  () => draft.value !== null && assessed.value !== null && obstacles.value.length === 0,
);

/** Whether a run of this panel's model is alive. */
export const alive = computed(() => (loaded(runs.value.value) ?? []).some((one) => atWork(one.status)));

/** Starts the run and shows it. */
export async function start(): Promise<void> {
  const now = draft.value;
  if (!now || !mayStart.value) return;
  const begun = await perform('start', t('Starting'), () => host.request('start', { draft: now }));
  if (!begun) return;
  await follow(begun.folder, 'tradeoff');
  void listRuns();
}
