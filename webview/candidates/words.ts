import { describeReward } from '../../src/methods/rewarded-meta/reward.ts';
import type { RewardSpec } from '../../src/methods/rewarded-meta/reward.ts';
import { amount, milliseconds, percent, significant, size } from '../format.ts';
import { t } from '../strings.ts';
import { metricOf } from '../../src/terms/cost.ts';
import { metricName } from '../../src/terms/goals.ts';
import type { AccuracyKey } from '../../src/terms/scores.ts';
import type { CostChoice } from './state.ts';

/** Names of costs and accuracies, and their numbers, as this view writes them. */

export function costName(key: CostChoice): string {
  return metricName(key === 'latency' ? key : metricOf(key), t);
}

const formats: Readonly<Record<CostChoice, (value: number) => string>> = {
  macs: amount,
  params: amount,
  bytes: size,
  peakActivationBytes: size,
  latency: milliseconds,
};

/** How a cost is written; the same function for the same cost, so that axes know that nothing changed. */
export function costFormat(key: CostChoice): (value: number) => string {
  return formats[key];
}

export function accuracyName(key: AccuracyKey): string {
  return { cut: t('after cutting'), recalibrated: t('recalibrated'), fineTuned: t('fine-tuned') }[key];
}

/** 91.2 ± 0.4 %: an accuracy with how far it may be off, in points, where that is known. */
export function accuracyText(value: number | undefined, error: number | null | undefined): string {
  if (error === undefined || error === null || value === undefined || Number.isNaN(value))
    return percent(value);
  return `${value.toFixed(1)} ± ${percent(error, error < 0.095 ? 2 : 1)}`;
}

/** A reward: three or four figures, enough to tell neighbours apart. */
export function rewardText(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1e5 || (size > 0 && size < 1e-3)) return value.toExponential(2).replace('-', '\u2212');
  return value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4).replace('-', '\u2212');
}

/** What a budget says: "macs ≤ 50 %", as a label beside its line. */
export function budgetLabel(limit: number, original: number): string {
  return t('budget {0}', percent((100 * limit) / original, 0));
}

/** A reward in words: what it is made of, with its reference values in their units. */
export function rewardWords(spec: RewardSpec): string {
  if (spec.kind !== 'rewarded-meta') return describeReward(spec);
  const { baseAccuracy, baseCost, accuracyExponent: p, efficiencyExponent: q, metric } = spec;
  return t(
    'reward = ({0} / ({0} − accuracy))^{1} × ln({2} / {3})^{4}',
    significant(baseAccuracy, 4),
    significant(p, 3),
    costFormat(metric)(baseCost),
    costName(metric),
    significant(q, 3),
  );
}
