import { computed, effect, signal } from '@preact/signals';
import { loading } from '../load.ts';
import type { DataFound, DataView, Draft } from '../../src/protocol/plan.ts';
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
  await found.run(
    t('Looking for images in the workspace'),
    async (signal) => (await host.request('findData', {}, signal)).found,
    (sets) => {
      if (sets.length === 1 && draft.value && !draft.value.data) chooseData(sets[0].path);
    },
  );
}

/** Takes a data set; what else was chosen of it (preprocessing, augmentation) stays. */
export function chooseData(path: string): void {
  const now = draft.value;
  if (!now) return;
  if (now.data?.path !== path) change({ data: { ...(now.data ?? { preprocess: 'auto' }), path } });
  void openData(path);
}

/** How a set is divided, and so what its numbers are of. */
const questionOf = (path: string): string => {
  const data = draft.peek()?.data;
  const { limit, validationImages, labelsOf, noLabels } = data?.path === path ? data : {};
  return JSON.stringify({ path, limit, validationImages, labelsOf, noLabels });
};
/** The question that `opened` was asked last. */
const asked = signal<string | null>(null);

/** Whether the numbers in `opened` are those of the set as the plan would divide it now. */
export const fresh = computed(() => {
  const path = draft.value?.data?.path;
  return path !== undefined && asked.value === questionOf(path) && opened.value.value.state === 'data';
});

/** What was read of the chosen set last: it stays in sight, without its numbers, while they are asked for again. */
export const view = signal<DataView | null>(null);

/** Reads what a data set holds. */
export async function openData(path: string): Promise<void> {
  const question = questionOf(path);
  asked.value = question;
  if (view.peek()?.path !== path) view.value = null;
  const params = JSON.parse(question) as Pick<
    NonNullable<Draft['data']>,
    'path' | 'limit' | 'validationImages' | 'labelsOf' | 'noLabels'
  >;
  await opened.run(
    t('Reading {0}', path),
    (signal) => host.request('openData', params, signal),
    (given) => (view.value = given),
  );
}

/** Asks again when the plan divides the chosen set in another way. */
export function keepReading(): void {
  let timer = 0;
  effect(() => {
    const path = draft.value?.data?.path;
    clearTimeout(timer);
    if (path === undefined || asked.value === null) return;
    const known = JSON.parse(asked.value) as { path: string };
    if (known.path !== path || asked.value === questionOf(path)) return;
    timer = window.setTimeout(() => void openData(path), 400);
  });
}

export async function pickData(kind: 'folder' | 'file'): Promise<void> {
  const picked = await perform('pickData', t('Choosing images'), () => host.request('pickData', { kind }));
  if (picked?.path != null) chooseData(picked.path);
}

export function withoutData(): void {
  change({ data: null });
  opened.clear();
  asked.value = null;
  view.value = null;
}
