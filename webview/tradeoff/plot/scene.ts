import type { Range } from '../../charts/axes.ts';
import type { CostAccuracy } from './iso-reward.ts';

/** A named mark of the chart: the original (a disc), a control arm (a diamond), or a point of the front (a ring). */
export interface NamedMark {
  readonly kind: 'original' | 'control' | 'own';
  readonly label: string;
  /** the marks of one curve: a control at several points of the trade-off */
  readonly curve: string;
  /** whether its name stands beside it: of a curve's marks, beside the dearest */
  readonly named: boolean;
  readonly x: number;
  readonly y: number;
}

/** One of the run's targets: a line that can be moved along the axis of costs. */
export interface TargetLine {
  readonly label: string;
  readonly goal: boolean;
  /** the run's own, in the cost's unit */
  readonly rests: number;
  /** where it is now */
  readonly at: number;
  /** what fits under it is chosen */
  readonly held: boolean;
}

/** How far an accuracy may be off. */
export interface ErrorBar {
  readonly of: NamedMark['kind'];
  readonly x: number;
  readonly y: number;
  /** standard error, points */
  readonly error: number;
}

/** Pixels of a point of the chart, from the upper left corner of its canvas. */
export type Pixel = (x: number, y: number) => { readonly x: number; readonly y: number };

/** All that the chart shows. x: a cost, y: an accuracy in percent; NaN where a candidate has none. */
export interface Scene {
  /** one a candidate; replaced, never changed */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** 1: drawn strongly (keeps the budget), 0: faintly */
  readonly strong: Uint8Array;
  /** indices by growing cost */
  readonly front: readonly number[];
  readonly iso: readonly { readonly points: readonly CostAccuracy[]; readonly chosen: boolean }[];
  readonly targets: readonly TargetLine[];
  readonly bars: readonly ErrorBar[];
  readonly marks: readonly NamedMark[];
  readonly starred: readonly number[];
  /** index, -1 for none */
  readonly chosen: number;
  readonly second: number;
  readonly cursor: number;
  readonly hovered: number;
  readonly xRange: Range;
  readonly yRange: Range;
  readonly log: boolean;
  readonly formatX: (value: number) => string;
  /** a rectangle that is being drawn to zoom into, pixels */
  readonly box: { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number } | null;
}

/** The controls that were taken to several points, each as a line from its cheapest to its dearest. */
export function curvesOf(marks: readonly NamedMark[]): { x: number; y: number }[][] {
  const by = new Map<string, { x: number; y: number }[]>();
  for (const { kind, curve, x, y } of marks)
    if (kind === 'control') by.set(curve, [...(by.get(curve) ?? []), { x, y }]);
  return [...by.values()]
    .filter(({ length }) => length > 1)
    .map((points) => points.sort((a, b) => a.x - b.x));
}
