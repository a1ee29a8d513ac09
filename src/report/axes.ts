import { escape } from './text.ts';

/** A linear scale from data to pixels. */
export interface Scale {
  (value: number): number;
  readonly ticks: readonly number[];
}

/** A scale over [low, high], about `want` round ticks on it; widened to whole ticks, but not where it is `tight`. */
export function scaleOf(
  low: number,
  high: number,
  from: number,
  to: number,
  { want = 6, tight = false }: { want?: number; tight?: boolean } = {},
): Scale {
  if (!(high > low)) [low, high] = [low - 0.5, low + 0.5];
  const raw = (high - low) / want;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 2.5, 5, 10].find((m) => power * m >= raw * 0.999) ?? 10);
  const first = (tight ? Math.ceil : Math.floor)(low / step + (tight ? -1e-9 : 1e-9)) * step;
  const last = (tight ? Math.floor : Math.ceil)(high / step + (tight ? 1e-9 : -1e-9)) * step;
  const ticks: number[] = [];
  for (let i = 0; first + i * step <= last + step * 1e-6; i++)
    ticks.push(Number((first + i * step).toPrecision(12)));
  const [start, end] = tight ? [low, high] : [first, last];
  const scale = (value: number) => from + ((value - start) / (end - start)) * (to - from);
  return Object.assign(scale, { ticks });
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** height of the vertical axis' name, where it is not just above the axis */
  readonly title?: number;
}

/** Grid lines with their labels, and the names of both axes. */
export function axes(
  frame: Frame,
  x: Scale,
  y: Scale,
  names: { x: string; y: string },
  tick: { x: (v: number) => string; y: (v: number) => string },
): string {
  const { left, right, top, bottom, width, height } = frame;
  const rows = y.ticks.map(
    (t) =>
      `<line x1="${left}" x2="${width - right}" y1="${px(y(t))}" y2="${px(y(t))}" stroke="var(--line)"/>` +
      `<text x="${left - 7}" y="${px(y(t) + 3.5)}" text-anchor="end" fill="var(--dim)">${escape(tick.y(t))}</text>`,
  );
  const columns = x.ticks.map(
    (t) =>
      `<text x="${px(x(t))}" y="${height - bottom + 15}" text-anchor="middle" fill="var(--dim)">${escape(tick.x(t))}</text>`,
  );
  return (
    rows.join('') +
    columns.join('') +
    `<text x="${left}" y="${frame.title ?? top - 9}" fill="var(--dim)">${escape(names.y)}</text>` +
    `<text x="${width - right}" y="${height - 3}" text-anchor="end" fill="var(--dim)">${escape(names.x)}</text>`
  );
}

/** Pixels, short. */
export function px(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}

/** Heights for labels that want the given ones but may not overlap; in the given order. */
export function spread(wanted: readonly number[], gap: number, low: number, high: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const placed = [...wanted];
  let floor = low;
  for (const i of order) {
    placed[i] = Math.max(placed[i], floor);
    floor = placed[i] + gap;
  }
  let ceiling = high;
  for (const i of order.reverse()) {
    placed[i] = Math.min(placed[i], ceiling);
    ceiling = placed[i] - gap;
  }
  return placed;
}
