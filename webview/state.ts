import { computed, signal } from '@preact/signals';
import type { Notice, Result } from '../src/protocol/contract.ts';
import type { RunSummary, WrittenFiles } from '../src/protocol/runs.ts';
import type { Host, Tab } from '../src/protocol/panel.ts';
import type { Draft } from '../src/protocol/plan.ts';
import type { NetworkView, Side } from '../src/protocol/views.ts';
import { loaded, loading } from './load.ts';
import { candidateOf, type ArmData, type RunData } from '../src/terms/run-data.ts';
import type { CandidateOfRun, RunCandidate } from '../src/terms/candidates.ts';

/** What the panel knows. Signals only; what changes them is in actions.ts. */

export type Ready = Result<Host, 'ready'>;
export type Status = Notice<Host, 'status'>;

/** The host's first answer. */
export const opening = loading<Ready>(20_000);
export const ready = computed(() => loaded(opening.value.value));
export const trusted = signal(true);
export const backend = signal<string | null>(null);

export const tab = signal<Tab>('network');

/** The source network, under the draft's freezing. */
export const network = loading<NetworkView>();

export const runs = loading<readonly RunSummary[]>();

/** The run that is shown: what it is, what its events say, how it stands. */
export const followed = loading<RunSummary>();
export const run = signal<RunData | null>(null);
export const status = signal<Status | null>(null);

/** The summary of the run that is shown, as fresh as it is known. */
export const runSummary = computed<RunSummary | null>(() => {
  const folder = run.value?.run;
  if (folder === undefined) return null;
  const listed = loaded(runs.value.value)?.find((one) => one.folder === folder);
  return listed ?? loaded(followed.value.value) ?? null;
});

/** The method's own arm. */
export const mainArm = computed<ArmData | null>(
  () => run.value?.arms.find((arm) => !arm.control) ?? run.value?.arms[0] ?? null,
);

/** The candidate that the user chose; null: the run's own choice (or the best so far). */
export const selected = signal<CandidateOfRun | null>(null);

/** Candidates that were written at the user's wish, by candidate: what is committed is held to these hashes. */
export const byHand = signal<ReadonlyMap<string, WrittenFiles>>(new Map());
export const candidateKey = ({ run, arm, id }: CandidateOfRun): string => `${id} ${arm} ${run}`;

/** The candidate that the panel is about: the user's choice, else the run's, else the best reward so far. */
export const candidate = computed<RunCandidate | null>(() => {
  const shown = run.value;
  if (!shown) return null;
  const choice = selected.value;
  if (choice && choice.run === shown.run) {
    const arm = shown.arms.find((one) => one.arm === choice.arm);
    const found = arm && candidateOf(arm, choice.id);
    if (found) return found;
  }
  const arm = mainArm.value;
  if (!arm) return null;
  if (arm.chosen) return candidateOf(arm, arm.chosen.id) ?? arm.chosen;
  let best: RunCandidate | null = null;
  for (const one of arm.candidates)
    if (best === null || (one.reward ?? -Infinity) > (best.reward ?? -Infinity)) best = one;
  return best;
});

/** The same as a reference for the host. */
export const candidateRef = computed<CandidateOfRun | null>(() => {
  const one = candidate.value;
  return one && run.value ? { run: run.value.run, arm: one.arm, id: one.id } : null;
});

/** A comparison that the user asked for; null: the run's original against `candidate`. */
export const compare = signal<{ readonly a: Side; readonly b: Side } | null>(null);

/** What the channel diff shows. */
export const shownCompare = computed<{ readonly a: Side; readonly b: Side } | null>(() => {
  if (compare.value) return compare.value;
  const one = candidateRef.value;
  return one ? { a: { kind: 'original', run: one.run }, b: { kind: 'candidate', ...one } } : null;
});

/** Channel groups under the pointer and chosen, by the group's index in NetworkView.groups: tied layers light up everywhere. */
export const hoveredGroup = signal<number | null>(null);
export const selectedGroup = signal<number | null>(null);
export const litGroup = computed(() => hoveredGroup.value ?? selectedGroup.value);

/** What the user has chosen for the next run. */
export const draft = signal<Draft | null>(null);

/** Something to tell the user above the view: what went wrong, or what was done. */
export interface Message {
  readonly kind: 'error' | 'info';
  readonly text: string;
  readonly detail?: string | undefined;
  readonly actions: readonly { readonly label: string; readonly run: () => void }[];
}
export const message = signal<Message | null>(null);

/** What is being done at the user's request, by name, with when it began. */
export const busy = signal<ReadonlyMap<string, { readonly what: string; readonly since: number }>>(new Map());
