import { difference } from './answers.ts';
import type { Difference } from './answers.ts';
import { costBy } from '../cost.ts';
import type { Cost } from '../cost.ts';
import type { StaticMetric } from '../goals.ts';
import type { Score } from '../scores.ts';
import { REACH } from './rival.ts';
import { filled } from '../texts.ts';
import type { Translate } from '../texts.ts';

/** One way to the budget, as far as it is compared. */
export interface Contender {
  readonly name: string;
  readonly control: boolean;
  readonly scores: { readonly fineTuned?: Score; readonly test?: Score };
  readonly chosen?: { readonly cost: Cost };
}

/** What a run's own method is worth beside its controls. */
export interface Verdict extends Difference {
  readonly method: string;
  /** the control that did best on these images */
  readonly control: string;
  /** of what images */
  readonly split: 'test' | 'validation';
  /** better: beyond the error; worse: likewise; even: the difference is within the error; same: no image tells them apart */
  readonly result: 'better' | 'worse' | 'even' | 'same';
  /** what the method's network costs, of the control's; null where that isn't known */
  readonly cost: number | null;
}

/**
 * Holds a run's method to the best of its controls: on the test images, or where there are none on those that it was
 * validated on. Picking the best of several favours the controls a little.
 * @param metric what costs are in
 * @returns null where there is no control, or it isn't recorded which images were answered right
 */
export function verdictOf(arms: readonly Contender[], metric: StaticMetric): Verdict | null {
  const method = arms.find(({ control }) => !control);
  if (!method) return null;
  const split = method.scores.test ? 'test' : 'validation';
  const score = ({ scores }: Contender) => (split === 'test' ? scores.test : scores.fineTuned);
  const rivals = arms.filter((arm) => arm.control && score(arm));
  if (rivals.length === 0) return null;
  const most = Math.max(...rivals.map((rival) => score(rival)!.accuracy));
  const bests = rivals.filter((rival) => score(rival)!.accuracy === most);
  // of several, the one that is the method's own network, where one is
  const best = bests.find((rival) => score(rival)!.right === score(method)?.right) ?? bests[0];
  const found = difference(score(method), score(best));
  if (!found) return null;
  const { points, error } = found;
  const result = error === 0 ? 'same' : points > error ? 'better' : points < -error ? 'worse' : 'even';
  const [own, its] = [method, best].map(({ chosen }) => chosen && costBy(chosen.cost, metric));
  const cost = own !== undefined && its ? own / its : null;
  return { ...found, method: method.name, control: best.name, split, result, cost };
}

/** "+1.2 ± 0.4" points, with a true minus. */
export function signed({ points, error }: Pick<Difference, 'points' | 'error'>): string {
  const sign = points < 0 ? '−' : '+';
  return `${sign}${Math.abs(points).toFixed(2)} ± ${error.toFixed(2)}`;
}

/** A verdict in words, in English unless there is a translator. Where the costs are far apart, that is said too. */
export function verdictSentence(verdict: Verdict, t: Translate = filled): string {
  const { cost, result } = verdict;
  const sentence = verdictAlone(verdict, t);
  if (cost === null || result === 'same' || (cost <= REACH && cost >= 1 / REACH)) return sentence;
  const apart = Math.abs(100 * (cost - 1)).toFixed(1);
  return cost > 1
    ? `${sentence} ${t('Its network costs {0} % more than the control’s.', apart)}`
    : `${sentence} ${t('Its network costs {0} % less than the control’s.', apart)}`;
}

function verdictAlone(verdict: Verdict, t: Translate): string {
  const { method, control, split, result } = verdict;
  const images = verdict.images.toLocaleString('en-US');
  const figures =
    split === 'test'
      ? t('{0} points on {1} test images (paired, 95 %)', signed(verdict), images)
      : t('{0} points on {1} validation images (paired, 95 %)', signed(verdict), images);
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
