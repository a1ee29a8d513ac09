import { isAtGoal } from '../../src/terms/candidates.ts';
import { frontMetric } from '../../src/terms/comparison/curves.ts';
import { verdictOf, verdictSentence } from '../../src/terms/comparison/verdict.ts';
import { run } from '../state.ts';
import { t } from '../strings.ts';

/** Whether the shown run's method was worth more than the best of its controls, with the error. */
export function RunVerdict() {
  const shown = run.value;
  if (!shown?.done) return null;
  const verdict = verdictOf(
    shown.arms
      .filter(({ arm }) => isAtGoal(arm))
      .map(({ arm, control, scores, chosen }) => ({
        name: arm,
        control,
        scores: { fineTuned: scores.validation.fineTuned, test: scores.test ?? undefined },
        ...(chosen && { chosen }),
      })),
    frontMetric(shown),
  );
  return verdict && <p class={`run-verdict ${verdict.result}`}>{verdictSentence(verdict, t)}</p>;
}
