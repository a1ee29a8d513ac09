import type { ReportArm, RunReport } from './types.ts';
import { axes, px, scaleOf, spread } from './axes.ts';
import { amount, bytes, capital, count, escape, percent, short } from './text.ts';
import type { ListedCandidate } from '../terms/candidates.ts';
import { metricName } from '../terms/goals.ts';
import { sizeMetric } from '../terms/goals.ts';
import type { SizeMetric } from '../terms/goals.ts';
import { accuracyWord, furthest } from '../terms/scores.ts';

const frame = { width: 680, height: 340, left: 44, right: 16, top: 40, bottom: 36, title: 12 };

/** The best accuracy that is known of a candidate before any fine-tuning. */
export function searchAccuracy(candidate: ListedCandidate): number | undefined {
  return candidate.accuracies.recalibrated ?? candidate.accuracies.cut;
}

/** The accuracy on the validation split that an arm ended with. */
function finalAccuracy(arm: ReportArm): number | undefined {
  return furthest(arm.scores)?.accuracy;
}

/** Which cost the chart is over: that of the first budget, where it is one of the widths'. */
export function chartMetric(report: RunReport): SizeMetric {
  const over = report.budgets.map(({ metric }) => sizeMetric.safeParse(metric).data);
  return over.find((metric) => metric !== undefined) ?? 'macs';
}

/** Candidates that no other beats in both accuracy and cost, cheapest first. */
export function paretoFront(candidates: readonly ListedCandidate[], metric: SizeMetric): ListedCandidate[] {
  const scored = candidates.filter((candidate) => searchAccuracy(candidate) !== undefined);
  const order = [...scored].sort(
    (a, b) => a.cost[metric] - b.cost[metric] || searchAccuracy(b)! - searchAccuracy(a)!,
  );
  let best = -Infinity;
  return order.filter((candidate) => {
    if (searchAccuracy(candidate)! <= best) return false;
    best = searchAccuracy(candidate)!;
    return true;
  });
}

/** Accuracy against cost: candidates, their front, the budget, the original, and where every arm ended. */
export function tradeoffChart(report: RunReport): string {
  const metric = chartMetric(report);
  const [main] = report.arms;
  const candidates = (main?.candidates ?? []).filter((candidate) => searchAccuracy(candidate) !== undefined);
  const arms = report.arms.filter((arm) => arm.chosen && finalAccuracy(arm) !== undefined);
  const original = report.original.validation?.accuracy;
  const values = [...candidates.map((c) => searchAccuracy(c)!), ...arms.map((arm) => finalAccuracy(arm)!)];
  if (original !== undefined) values.push(original);
  if (!values.length) return '';
  const { width, height, left, right, top, bottom } = frame;
  const most = report.cost[metric];
  const x = scaleOf(0, most * 1.05, left, width - right, { tight: true });
  const sorted = [...values].sort((a, b) => a - b);
  // a few hopeless candidates must not flatten the rest
  const low = Math.min(sorted[Math.floor(sorted.length * 0.05)], ...arms.map((arm) => finalAccuracy(arm)!));
  const y = scaleOf(low, Math.min(100, sorted.at(-1)! + 0.01), height - bottom, top);
  const label = (v: number) => (metric === 'bytes' ? bytes(v) : count(v));
  const floor = y.ticks[0];
  const parts = [
    axes(
      frame,
      x,
      y,
      { x: metricName(metric), y: `${accuracyWord(report.original.validation?.measure)} on validation, %` },
      { x: (v) => short(label(v)), y: (v) => String(v) },
    ),
  ];
  const clamp = (v: number) => y(Math.max(v, floor));
  for (const candidate of candidates)
    parts.push(
      `<circle cx="${px(x(candidate.cost[metric]))}" cy="${px(clamp(searchAccuracy(candidate)!))}" r="2.6" fill="var(--accent)" opacity=".45"/>`,
    );
  const front = paretoFront(candidates, metric).filter((candidate) => searchAccuracy(candidate)! >= floor);
  if (front.length > 1)
    parts.push(
      `<path d="M${front.map((c) => `${px(x(c.cost[metric]))} ${px(y(searchAccuracy(c)!))}`).join('L')}" fill="none" stroke="var(--keep)" stroke-width="1.6"/>`,
    );
  parts.push(budgetLine(report, metric, x));
  if (original !== undefined) {
    const [cx, cy] = [x(most), y(original)];
    parts.push(
      `<circle cx="${px(cx)}" cy="${px(cy)}" r="5" fill="var(--fg)"/><text x="${px(cx)}" y="${px(cy - 10)}" text-anchor="end" fill="var(--fg)">original ${percent(original)}</text>`,
    );
  }
  parts.push(armMarks(arms, metric, x, y));
  const spoken = [
    `${capital(accuracyWord(report.original.validation?.measure))} against ${metricName(metric)} of ${candidates.length} candidates.`,
    ...arms.map(
      (arm) => `${arm.name}: ${percent(finalAccuracy(arm))} at ${label(arm.chosen!.cost[metric])}.`,
    ),
    original === undefined ? '' : `Original: ${percent(original)} at ${label(most)}.`,
  ].join(' ');
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(spoken)}">${parts.join('')}</svg>`;
}

function budgetLine(report: RunReport, metric: SizeMetric, x: (v: number) => number): string {
  const budget = report.budgets.find((one) => one.metric === metric);
  if (!budget) return '';
  const at = px(x(budget.limit));
  const share = Math.round((1000 * budget.limit) / budget.original) / 10;
  return (
    `<line x1="${at}" x2="${at}" y1="${frame.top - 4}" y2="${frame.height - frame.bottom}" stroke="var(--warn)" stroke-width="1.3" stroke-dasharray="5 4"/>` +
    `<text x="${px(x(budget.limit) - 5)}" y="${frame.top - 9}" text-anchor="end" fill="var(--warn)">budget ${share} % · ${escape(amount(metric, budget.limit))}</text>`
  );
}

/** A ring for the run's own network, a diamond for each control, with labels that don't overlap. */
function armMarks(
  arms: readonly ReportArm[],
  metric: SizeMetric,
  x: (v: number) => number,
  y: (v: number) => number,
): string {
  const wanted = arms.map((arm) => y(finalAccuracy(arm)!));
  const heights = spread(wanted, 14, frame.top + 2, frame.height - frame.bottom - 4);
  const edge = Math.max(...arms.map((arm) => x(arm.chosen!.cost[metric]))) + 26;
  return arms
    .map((arm, i) => {
      const [cx, cy] = [x(arm.chosen!.cost[metric]), wanted[i]];
      const mark = arm.control
        ? `<path d="M${px(cx)} ${px(cy - 5)}l5 5-5 5-5-5z" fill="var(--panel)" stroke="var(--cut)" stroke-width="1.4"/>`
        : `<circle cx="${px(cx)}" cy="${px(cy)}" r="6.5" fill="var(--panel)" stroke="var(--fg)" stroke-width="2.2"/>`;
      const colour = arm.control ? 'var(--cut)' : 'var(--fg)';
      const weight = arm.control ? '' : ' font-weight="600"';
      return (
        `<line x1="${px(cx + 6)}" y1="${px(cy)}" x2="${px(edge - 3)}" y2="${px(heights[i])}" stroke="var(--dim)" stroke-width=".7"/>${mark}` +
        `<text x="${px(edge)}" y="${px(heights[i] + 3.5)}" fill="${colour}"${weight} stroke="var(--panel)" stroke-width="3" paint-order="stroke">${escape(arm.name)} ${percent(finalAccuracy(arm), 2)}</text>`
      );
    })
    .join('');
}
