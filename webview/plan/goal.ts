import { sizeUnits, timeUnits } from '../../src/protocol/units.ts';
import { amount, milliseconds, significant, size } from '../format.ts';
import { t } from '../strings.ts';
import type { Draft } from '../../src/protocol/plan.ts';
import type { Metric, Target } from '../../src/terms/goals.ts';
import { metricName } from '../../src/terms/goals.ts';

/** A value in its metric's unit: 20.4 M, 0.63 MB, 0.88 ms. */
export function shown(metric: Metric, value: number): string {
  switch (metric) {
    case 'bytes':
    case 'memory':
      return size(value);
    case 'latency':
      return milliseconds(value);
    case 'script':
      return significant(value, 5);
    default:
      return amount(value);
  }
}

const counts: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** What a user typed as a number: 20M, 1.5 MB, 0.9 ms; percent where it is relative. Null where it is none. */
export function parsed(metric: Metric, text: string, relative: boolean): number | null {
  const [, digits, unit] = /^\s*(\d+(?:[.,]\d+)?)[\s\u202f]*([a-z%]*)\s*$/i.exec(text) ?? [];
  if (digits === undefined) return null;
  const number = Number(digits.replace(',', '.'));
  const given = unit.toLowerCase();
  if (relative) return (given === '' || given === '%') && number > 0 && number < 100 ? number : null;
  const units =
    metric === 'bytes' || metric === 'memory'
      ? sizeUnits
      : metric === 'latency'
        ? timeUnits
        : metric === 'script'
          ? { '': 1 }
          : counts;
  const factor = (units as Readonly<Record<string, number>>)[given];
  return factor !== undefined && number > 0 ? number * factor : null;
}

/** The text to type for a value: parsed() reads it back. */
export function typed(metric: Metric, value: number, relative: boolean): string {
  return relative ? significant(value, 4) : shown(metric, value).replace('\u202f', ' ');
}

/** "MACs ≤ 50 %": a goal in a few words. */
export function goalText(target: Target): string {
  const amountText = target.relative
    ? `${significant(target.value, 4)}\u202f%`
    : shown(target.metric, target.value);
  return `${metricName(target.metric, t)} \u2264 ${amountText}`;
}

/** All that a draft asks for, goal by goal. */
export function goalTexts({ targets, accuracyDrop }: Pick<Draft, 'targets' | 'accuracyDrop'>): string[] {
  const lost = accuracyDrop === undefined ? [] : [t('points of accuracy lost ≤ {0}', accuracyDrop)];
  return [...targets.map(goalText), ...lost];
}
