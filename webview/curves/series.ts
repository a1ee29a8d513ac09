import type { ArmData, RunData } from '../../src/terms/run-data.ts';
import type { Stage } from '../../src/terms/stages.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** One line of a chart. */
export interface Series {
  readonly arm: string;
  /** what it is besides: a constraint; empty where there is nothing to tell apart */
  readonly part: string;
  /** by growing x */
  readonly points: readonly Point[];
}

/** Lines that belong into one chart. */
export interface Curve {
  /** loss, accuracy, reward, or the metric's name up to its colon */
  readonly name: string;
  /** the stage that losses and accuracies are of; else empty */
  readonly stage: Stage | '';
  readonly of: 'stage' | 'generation' | 'metric';
  readonly series: readonly Series[];
}

/** All curves of a run: training first, then the search's, then the method's own in the order in which they came. */
export function curves(run: RunData): Curve[] {
  const made: Curve[] = [];
  const add = (name: string, of: Curve['of'], series: readonly Series[], stage: Curve['stage'] = '') => {
    if (series.length > 0) made.push({ name, of, stage, series });
  };
  for (const stage of new Set(run.losses.map((event) => event.stage))) {
    const losses = byArm(run, stage, ({ loss }) => loss);
    const accuracies = byArm(run, stage, ({ accuracy }) => accuracy);
    add('loss', 'stage', losses, stage);
    add('accuracy', 'stage', accuracies, stage);
  }
  add(
    'best reward',
    'generation',
    run.arms
      // an agent chooses anew with other weights every time, and draws that beside its episodes: no best so far
      .filter(({ generations, metrics }) => generations.length > 0 && !metrics.has('reward:choice'))
      .map(({ arm, generations }) => ({
        arm,
        part: '',
        points: generations.map(({ generation, reward }) => ({ x: generation, y: reward })),
      })),
  );
  const metrics = new Map<string, Series[]>();
  for (const arm of run.arms)
    for (const [full, values] of arm.metrics) {
      const [name, ...rest] = full.split(':');
      const series = {
        arm: arm.arm,
        part: rest.join(':'),
        points: values.map(({ step, value }) => ({ x: step, y: value })),
      };
      metrics.set(name, [...(metrics.get(name) ?? []), series]);
    }
  for (const [name, series] of metrics) add(name, 'metric', series);
  return made;
}

/** One line an arm; an epoch that is reported again (after a resume) counts as it was reported last. */
function byArm(
  run: RunData,
  stage: Stage,
  value: (event: RunData['losses'][number]) => number | undefined,
): Series[] {
  const lines = new Map<string, Map<number, number>>();
  for (const event of run.losses) {
    const y = value(event);
    if (y === undefined || event.stage !== stage) continue;
    const arm = event.arm ?? '';
    lines.set(arm, (lines.get(arm) ?? new Map<number, number>()).set(event.epoch, y));
  }
  return [...lines].map(([arm, points]) => ({
    arm,
    part: '',
    points: [...points].map(([x, y]) => ({ x, y })).sort((a, b) => a.x - b.x),
  }));
}

/**
 * At most about so many points that look the same: of every stretch the first, the lowest, the highest and the last.
 */
export function thin(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most) return points;
  const buckets = Math.max(1, Math.floor(most / 4));
  const made: Point[] = [];
  for (let k = 0; k < buckets; k++) {
    const from = Math.floor((k * points.length) / buckets);
    const to = Math.floor(((k + 1) * points.length) / buckets);
    let low = from;
    let high = from;
    for (let i = from; i < to; i++) {
      if (points[i].y < points[low].y) low = i;
      if (points[i].y > points[high].y) high = i;
    }
    for (const i of [...new Set([from, low, high, to - 1])].sort((a, b) => a - b)) made.push(points[i]);
  }
  return made;
}

/** The rows of a chart's table: every x, and each line's value there. */
export function tableOf(series: readonly Series[]): { x: number; values: (number | undefined)[] }[] {
  const rows = new Map<number, (number | undefined)[]>();
  series.forEach(({ points }, k) => {
    for (const { x, y } of points) {
      const row = rows.get(x) ?? new Array<number | undefined>(series.length).fill(undefined);
      row[k] = y;
      rows.set(x, row);
    }
  });
  return [...rows].map(([x, values]) => ({ x, values })).sort((a, b) => a.x - b.x);
}

/** The line's point nearest to an x. */
export function nearest(points: readonly Point[], x: number): Point | undefined {
  let best: Point | undefined;
  for (const point of points) if (!best || Math.abs(point.x - x) < Math.abs(best.x - x)) best = point;
  return best;
}

/** Widths over time as shares of what each group has, one row a group. */
export interface Heat {
  readonly arm: string;
  readonly steps: readonly number[];
  /** channels of each group in the source; the most that was seen where that is not known */
  readonly sizes: readonly number[];
  /** by group, then step */
  readonly widths: readonly (readonly number[])[];
}

/** @param sizes channels of each group, if the network is known */
export function heat({ arm, widths }: ArmData, sizes: readonly number[] | undefined): Heat | null {
  if (widths.length === 0) return null;
  const groups = Math.max(...widths.map(({ architecture }) => architecture.length));
  const rows = Array.from({ length: groups }, (_, g) =>
    widths.map(({ architecture }) => architecture[g] ?? NaN),
  );
  const known =
    sizes?.length === groups ? sizes : rows.map((row) => Math.max(...row.filter(Number.isFinite)));
  return { arm, steps: widths.map(({ step }) => step), sizes: known, widths: rows };
}

/** At most so many of the numbers 0 … n-1, evenly, the first and the last among them. */
export function sampled(n: number, most: number): number[] {
  if (n <= most) return Array.from({ length: n }, (_, i) => i);
  return Array.from({ length: most }, (_, k) => Math.round((k * (n - 1)) / (most - 1)));
}
