import { loaded, loading } from '../load.ts';
import type { DataFound, DataView } from '../../src/protocol/plan.ts';
import { perform } from '../actions.ts';
import { host } from '../host.ts';
import { draft } from '../state.ts';
import { t } from '../strings.ts';
import { change } from './draft.ts';

/** Image sets in the workspace, and the one that is chosen. */
export const found = loading<readonly DataFound[]>();
export const opened = loading<DataView>(300_000);

/** Looks for image sets; where there is just one and nothing is chosen, it is taken. */
export async function lookForData(): Promise<void> {
  const sets = await found.run(
    t('Looking for images in the workspace'),
    async (signal) => (await host.request('findData', {}, signal)).found,
  );
  if (sets?.length === 1 && draft.value && !draft.value.data) chooseData(sets[0].path);
}

/** Takes a data set; what else was chosen of it (preprocessing, augmentation) stays. */
export function chooseData(path: string): void {
  const now = draft.value;
  if (!now) return;
  if (now.data?.path !== path) change({ data: { ...(now.data ?? { preprocess: 'auto' }), path } });
  void openData(path);
}

/** Reads what a data set holds. */
export async function openData(path: string): Promise<void> {
  await opened.run(t('Reading {0}', path), (signal) => host.request('openData', { path }, signal));
}

/** What is known of the chosen set; undefined while it isn't. */
export function chosenData(): DataView | undefined {
  const view = loaded(opened.value.value);
  return view && view.path === draft.value?.data?.path ? view : undefined;
}

export async function pickData(kind: 'folder' | 'file'): Promise<void> {
  const picked = await perform('pickData', t('Choosing images'), () => host.request('pickData', { kind }));
  if (picked?.path != null) chooseData(picked.path);
}

export function withoutData(): void {
  change({ data: null });
  opened.clear();
}
