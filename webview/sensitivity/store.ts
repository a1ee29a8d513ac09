import { computed, effect, signal } from '@preact/signals';
import { failureOf } from '../../src/protocol/rpc.ts';
import type { Measuring, SensitivityQuestion, SensitivityView } from '../../src/protocol/views.ts';
import { host } from '../host.ts';
import { loaded, loading } from '../load.ts';
import { draft, network } from '../state.ts';
import { t } from '../strings.ts';

/** What was measured, and of what. */
interface Answer {
  readonly of: string;
  readonly view: SensitivityView;
}

/** The longest that it is waited for: the user has a button for less. */
const PATIENCE = 7 * 24 * 3_600_000;

/** Null: nothing is known. */
export const measured = loading<Answer | null>(PATIENCE);

/** How far it is; null where nothing is under way. */
export const progress = signal<Measuring | null>(null);

/** What would be measured for the plan as it is; null without images. */
const question = computed<string | null>(() => {
  const now = draft.value;
  if (!now?.data) return null;
  const { effort, seed, freeze, interiorOutputs, backend, threads } = now;
  // how images are augmented matters to training alone
  const data = { ...now.data, augment: undefined };
  // what is found for the goal's sake is none of this
  const roundTo = now.roundTo === 'auto' ? 1 : now.roundTo;
  const asked = { data, effort, seed, roundTo, freeze, interiorOutputs, backend, threads };
  return JSON.stringify(asked satisfies SensitivityQuestion);
});

/** What is known of the network as it is on disk, and whether the plan has become another since; else null. */
export const shown = computed(() => {
  const answer = loaded(measured.value.value);
  const now = loaded(network.value.value)?.sha256;
  if (!answer || (now !== undefined && answer.view.sha256 !== now)) return null;
  return { view: answer.view, stale: answer.of !== question.value };
});

/** Measures each group alone, as the plan is now. */
export async function measure(): Promise<void> {
  const of = question.value;
  if (of === null) return;
  await measured.run(t('Measuring the sensitivity'), (abort) => ask(of, true, abort));
}

/** Takes up what the host knows, or is measuring for the page that was here before. */
async function lookUp(of: string): Promise<void> {
  await measured.run(t('Measuring the sensitivity'), (abort) => ask(of, false, abort));
}

async function ask(of: string, anew: boolean, abort: AbortSignal): Promise<Answer | null> {
  progress.value = null;
  try {
    const given = await host.request(
      'sensitivity',
      { question: JSON.parse(of) as SensitivityQuestion, measure: anew },
      abort,
    );
    return given && { of, view: given };
  } catch (error) {
    if (failureOf(error).kind === 'cancelled') return null;
    throw error;
  } finally {
    if (!abort.aborted) progress.value = null;
  }
}

/** Listens to how far it is, and looks once for every question what is known of it. */
export function keepSensitivity(): void {
  host.on('measuring', (given) => {
    if (measured.value.peek().state === 'loading') progress.value = given;
  });
  effect(() => {
    const of = question.value;
    if (of === null) return;
    const now = measured.value.peek();
    if (now.state === 'idle' || (now.state === 'data' && now.value === null)) void lookUp(of);
  });
}
