import { computed, signal } from '@preact/signals';
import { failureOf } from '../../src/protocol/rpc.ts';
import { sensitivityQuestion } from '../../src/protocol/views.ts';
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
  // how images are augmented matters to training alone
  const data = { ...now.data, augment: undefined };
  // what is found for the goal's sake is none of this
  const roundTo = now.roundTo === 'auto' ? 1 : now.roundTo;
  return keyOf({ ...now, data, roundTo });
});

/** One text for one question, whatever the order of its parts. */
function keyOf(question: SensitivityQuestion): string {
  return JSON.stringify(sensitivityQuestion.parse(question));
}

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
  if (of !== null) await take(JSON.parse(of) as SensitivityQuestion);
}

/** @param asked null: what the host knows, or is measuring for the page that was here before */
async function take(asked: SensitivityQuestion | null): Promise<void> {
  await measured.run(t('Measuring the sensitivity'), async (abort) => {
    progress.value = null;
    try {
      const given = await host.request('sensitivity', { question: asked }, abort);
      return given && { of: keyOf(given.question), view: given.view };
    } catch (error) {
      // another model took its place, or the engine was started anew
      if (failureOf(error).kind === 'cancelled') return null;
      throw error;
    } finally {
      if (!abort.aborted) progress.value = null;
    }
  });
}

/** Listens to how far it is, and takes up what was measured before. */
export function keepSensitivity(): void {
  host.on('measuring', (given) => {
    if (measured.value.peek().state === 'loading') progress.value = given;
  });
  void take(null);
}
