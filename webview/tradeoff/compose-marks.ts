import { computed } from '@preact/signals';
import { run } from '../state.ts';
import { t } from '../strings.ts';
import { pointOfArm } from '../../src/terms/candidates.ts';
import { frontsOf, knee } from '../../src/terms/comparison/front.ts';
import { metricOf } from '../../src/terms/cost.ts';
import type { ErrorBar, NamedMark } from './plot/scene.ts';
import { accuracyKey, boardNow, costKey, front, marksNow, xs, ys } from '../candidates/state.ts';
import { accuracyText, costFormat } from '../candidates/words.ts';

/** What is named on the chart, and how far accuracies may be off. */

/** Named marks where they stand on the axes chosen. */
export const namedMarks = computed<readonly (NamedMark & { readonly error: number | undefined })[]>(() =>
  marksNow.value.flatMap((mark) => {
    const key = costKey.value;
    const x = key === 'latency' ? mark.latency : mark.costs[key];
    const y = mark.accuracies[accuracyKey.value];
    if (x === null || y === undefined) return [];
    const point = pointOfArm(mark.name);
    const label = mark.kind === 'original' ? t('original') : mark.name;
    const error = mark.errors[accuracyKey.value];
    return [{ kind: mark.kind, label, curve: point?.arm ?? mark.name, named: point === null, x, y, error }];
  }),
);

/** The knee of the run's own curve, where its networks are at their end; -1 where there is none. */
export const kneeIndex = computed(() => {
  const key = costKey.value;
  if (!run.value || key === 'latency' || accuracyKey.value !== 'fineTuned') return -1;
  const metric = metricOf(key);
  const own = frontsOf(run.value, metric, 'validation').find(({ control }) => !control);
  const found = knee(own?.points ?? [], metric)?.candidate;
  return found ? boardNow.value!.indexOf(found) : -1;
});

/** With points of the front that are named: the knee, or by its numbers the one that is all there is. */
export const allMarks = computed<readonly NamedMark[]>(() => {
  const named: [number, string][] = kneeIndex.value >= 0 ? [[kneeIndex.value, t('knee')]] : [];
  const [only, ...more] = front.value;
  if (only !== undefined && more.length === 0) {
    const error = boardNow.value?.errors.get(only)?.[accuracyKey.value];
    const accuracy = accuracyText(ys.value[only], error);
    named.push([only, t('{0} at {1}', accuracy, costFormat(costKey.value)(xs.value[only]))]);
  }
  const own = named.map(([i, label]) => ({
    kind: 'own' as const,
    label,
    curve: '',
    named: true,
    x: xs.value[i],
    y: ys.value[i],
  }));
  return own.length > 0 ? [...namedMarks.value, ...own] : namedMarks.value;
});

/** Standard errors of what is shown. */
export const bars = computed<readonly ErrorBar[]>(() => {
  const key = accuracyKey.value;
  const own = [...(boardNow.value?.errors ?? [])].map(([i, errors]) => ({
    of: 'own' as const,
    x: xs.value[i],
    y: ys.value[i],
    error: errors[key],
  }));
  const named = namedMarks.value.map(({ kind, x, y, error }) => ({ of: kind, x, y, error }));
  return [...own, ...named].filter(
    (bar): bar is ErrorBar => bar.error !== undefined && Number.isFinite(bar.x) && Number.isFinite(bar.y),
  );
});
