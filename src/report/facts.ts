import type { About, Facts, MetricRow, Verdict } from '../graph/facts.ts';
import { metricName } from '../terms/goals.ts';
import { bytes, change, count } from './text.ts';

/** One row of a comparison in words. `a`, `b`: "–" where it isn't known. */
export interface FactRow {
  readonly name: string;
  readonly a: string;
  readonly b: string;
  /** by how much they differ, with the sign; empty where that can't be said */
  readonly change: string;
  readonly verdict: Verdict;
}

const names: Readonly<Record<MetricRow['id'], string>> = {
  test: 'Test accuracy',
  fineTuned: 'Fine-tuned',
  recalibrated: 'Recalibrated',
  cut: 'After cutting',
  latency: 'Latency',
};
const aboutNames: Readonly<Record<About, string>> = {
  measure: 'Accuracy is',
  method: 'Method',
  seed: 'Seed',
  effort: 'Effort',
  settings: 'Settings',
  goal: 'Goal',
  images: 'Images',
  digest: 'Digest of the images',
  preprocessing: 'Preprocessing',
  splits: 'Split',
};
const signs: Readonly<Record<string, string>> = { better: '✓', worse: '✕', same: '=' };

/** Accuracies and latency: what a comparison begins with. */
export function metricRows({ metrics, about }: Facts): FactRow[] {
  const measures = about.find(({ id }) => id === 'measure');
  const agreement = [measures?.a, measures?.b].every((one) => one?.startsWith('agreement'));
  return metrics.map(({ id, unit, split, a, b, verdict, why }) => {
    const say = (value: number | null) =>
      value === null ? '–' : unit === 'ms' ? `${value.toFixed(2)} ms` : `${value.toFixed(1)} %`;
    return {
      name:
        split === null
          ? names[id]
          : `${id === 'test' && agreement ? 'Test agreement' : names[id]} (${split})`,
      a: say(a),
      b: say(b),
      change: why === null ? difference(unit, a, b) : reasons[why],
      verdict,
    };
  });
}

const reasons = {
  'other-measure': 'not comparable: one is accuracy, the other agreement with the original',
  'other-images': 'not comparable: measured on other images',
  'other-machine': 'not comparable: measured on another machine',
} as const;

/** "−25.3 points" */
function difference(unit: MetricRow['unit'], a: number | null, b: number | null): string {
  if (a === null || b === null) return '';
  if (unit === 'ms') return change(a, b);
  const points = Math.abs(b - a).toFixed(1);
  const sign = b === a ? '±' : b < a ? '−' : '+';
  return `${sign}${points} ${points === '1.0' ? 'point' : 'points'}`;
}

/** Method, seed, images, and what differs among the rest. */
export function aboutRows({ about }: Facts): FactRow[] {
  return about.map(({ id, a, b, differs }) => ({
    name: aboutNames[id],
    a: a ?? '–',
    b: b ?? '–',
    change: differs && a !== null && b !== null ? 'differs' : '',
    verdict: null,
  }));
}

export function costRows({ costs }: Facts): FactRow[] {
  return costs.map(({ id, a, b, verdict }) => {
    const say = id === 'bytes' || id === 'memory' ? bytes : count;
    return { name: metricName(id), a: say(a), b: say(b), change: change(a, b), verdict };
  });
}

/** A verdict that doesn't need colour: ✓ better, ✕ worse, = the same. */
export function sign(verdict: Verdict): string {
  return verdict === null ? '' : signs[verdict];
}

/** What is said where no accuracy is known of either side. */
export const noMetrics = 'No accuracy is recorded on either side.';
