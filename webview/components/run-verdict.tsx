import { candidateOfArm } from '../../src/terms/candidates.ts';
import { signed, verdictOf } from '../../src/terms/comparison/verdict.ts';
import type { Verdict } from '../../src/terms/comparison/verdict.ts';
import { whole } from '../format.ts';
import { run } from '../state.ts';
import { t } from '../strings.ts';

/** Whether the shown run's method was worth more than the best of its controls, with the error. */
export function RunVerdict() {
  const shown = run.value;
  if (!shown?.done) return null;
  const verdict = verdictOf(
    shown.arms
      .filter(({ arm }) => !candidateOfArm(arm))
      .map(({ arm, control, scores }) => ({
        name: arm,
        control,
        scores: { fineTuned: scores.validation.fineTuned, test: scores.test ?? undefined },
      })),
  );
  return verdict && <p class={`run-verdict ${verdict.result}`}>{sentence(verdict)}</p>;
}

function sentence(verdict: Verdict): string {
  const { method, control, split, images, result } = verdict;
  const figures =
    split === 'test'
      ? t('{0} points on {1} test images (paired, 95 %)', signed(verdict), whole(images))
      : t('{0} points on {1} validation images (paired, 95 %)', signed(verdict), whole(images));
  switch (result) {
    case 'same':
      return t(
        '{0} ended with a network that answers every image as its best control does, {1}: nothing that it found is better.',
        method,
        control,
      );
    case 'better':
      return t('{0} is better than its best control, {1}: {2}.', method, control, figures);
    case 'worse':
      return t(
        '{0} is worse than its best control, {1}, which you may rather take: {2}.',
        method,
        control,
        figures,
      );
    case 'even':
      return t(
        '{0} is not better than its best control, {1}, beyond the error: {2}.',
        method,
        control,
        figures,
      );
  }
}
