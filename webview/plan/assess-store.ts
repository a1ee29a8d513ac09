import { computed, effect, signal } from '@preact/signals';
import { failureOf, type Failure } from '../../src/protocol/rpc.ts';
import type { Assessment, Draft } from '../../src/protocol/plan.ts';
import { host } from '../host.ts';
import { draft, runs, trusted } from '../state.ts';
import { loaded } from '../load.ts';

/** What the engine says of a draft before anything runs. */
export interface Assessed {
  readonly of: Draft;
  readonly answer: Assessment;
}
const last = signal<Assessed | null>(null);
/** What was said of the draft as it is now; null while that isn't known: what was said of another says nothing of it. */
export const assessed = computed(() => (last.value?.of === draft.value ? last.value : null));
/** an answer about the draft as it is now is on its way, since then */
export const pending = signal<number | null>(null);
/** a few steps are being measured for the predicted time */
export const measuring = signal<number | null>(null);
export const assessFailure = signal<Failure | null>(null);

const QUIET = 250;
const BEFORE_MEASURING = 900;

let current: AbortController | null = null;

/** Asks about a draft: at once what is known, then, where no time is known, what a short measurement says. */
async function assess(now: Draft): Promise<void> {
  current?.abort();
  const abort = new AbortController();
  current = abort;
  const live = () => current === abort;
  pending.value = Date.now();
  assessFailure.value = null;
  measuring.value = null;
  try {
    const answer = await host.request('assess', { draft: now, measure: false }, abort.signal);
    if (!live()) return;
    last.value = { of: now, answer };
    pending.value = null;
    if (answer.seconds !== null || answer.problems.length || !mayMeasure()) return;
    measuring.value = Date.now();
    await new Promise((resolve) => setTimeout(resolve, BEFORE_MEASURING));
    if (!live()) return;
    const measured = await host.request('assess', { draft: now, measure: true }, abort.signal);
    if (live()) last.value = { of: now, answer: measured };
  } catch (error) {
    const failure = failureOf(error);
    if (live() && failure.kind !== 'cancelled') assessFailure.value = failure;
  } finally {
    if (live()) {
      pending.value = null;
      measuring.value = null;
    }
  }
}

/** Measuring takes the machine for seconds: never while a run works, never where running is not allowed. */
function mayMeasure(): boolean {
  return trusted.value && !(loaded(runs.value.value) ?? []).some((one) => one.status === 'running');
}

/** Asks whenever the draft has been quiet for a moment. */
export function keepAssessing(): void {
  let timer = 0;
  effect(() => {
    const now = draft.value;
    void trusted.value;
    clearTimeout(timer);
    if (!now) return;
    timer = window.setTimeout(() => void assess(now), QUIET);
  });
}

export function assessAgain(): void {
  if (draft.value) void assess(draft.value);
}
