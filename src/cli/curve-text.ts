import { amount, count, nameOf, percent, rivalText } from '../report/text.ts';
import type { Curve, Curves } from '../terms/comparison/curves.ts';
import { costBy } from '../terms/cost.ts';
import type { StaticMetric } from '../terms/goals.ts';
import { metricWords } from '../terms/goals.ts';
import { accuracyNoun } from '../terms/scores.ts';
import { table } from './output.ts';

/** A line each point of these curves. */
export function curveTable({ metric, split }: Curves, curves: readonly Curve[]): string {
  // MACs and parameters are always there
  const other = metric === 'bytes' || metric === 'memory';
  const rows = curves.flatMap(({ arm, points }) =>
    points.map((point, i) => {
      const { candidate, score, share } = point;
      return [
        i === 0 ? arm : '',
        nameOf(point),
        count(candidate.cost.macs),
        count(candidate.cost.params),
        ...(other ? [amount(metric, costBy(candidate.cost, metric))] : []),
        percent(100 * share),
        ...(split === 'test' ? [percent(point.validation ?? undefined, 2)] : []),
        percent(score.accuracy, 2),
        rivalText(point),
        [point.knee ? 'knee' : '', point.dominated ? 'dominated' : ''].filter(Boolean).join(', '),
      ];
    }),
  );
  const head = [
    'method',
    'candidate',
    'MACs',
    'parameters',
    ...(other ? [metricWords[metric]] : []),
    `of the ${metricWords[metric]}`,
    ...(split === 'test' ? ['validation'] : []),
    split,
    'beside the best other',
    '',
  ];
  return table(head, rows, [0, 1, head.length - 2, head.length - 1]);
}

/** How much each curve holds, and measured from where. */
export function hypervolumes(curves: readonly Curve[], metric: StaticMetric): string {
  const noun = accuracyNoun(curves[0]?.points[0]?.score.measure);
  const each = curves.map(({ arm, hypervolume }) => `${arm} ${hypervolume.toFixed(2)}`).join(', ');
  return `hypervolume, of 100 (from the original's ${metricWords[metric]} at an ${noun} of 0 %): ${each}`;
}
