import { computed, signal } from '@preact/signals';
import { reward } from '../../src/methods/rewarded-meta/reward.ts';
import { run } from '../state.ts';
import { accuracyRange, focus, niceRange, niceStep, steady } from '../charts/axes.ts';
import type { Range } from '../charts/axes.ts';
import type { Axes } from './plot/plot.ts';
import { isoLine, isoRewards } from './plot/iso-reward.ts';
import { allMarks, bars, namedMarks } from './compose-marks.ts';
import { targetLines, targets } from './compose-targets.ts';
import type { ErrorBar, Scene } from './plot/scene.ts';
import {
  accuracyKey,
  boardNow,
  chosenIndex,
  costKey,
  front,
  hovered,
  secondIndex,
  spec,
  starredIndices,
  view,
  xs,
  ys,
} from '../candidates/state.ts';
import { costFormat } from '../candidates/words.ts';

/** The chart's own state: what part is seen, and what the keyboard and the pointer are at. */
export interface Window {
  readonly x: Range;
  readonly y: Range;
}
export const zoomed = signal<Window | null>(null);
export const cursor = signal(-1);
export const box = signal<Scene['box']>(null);
/** Where the picture's axes are; null before the first. */
export const axes = signal<Axes | null>(null);

let shown: { key: string; x: Range | null; y: Range | null } = { key: '', x: null, y: null };

const endsOf = ({ y, error }: ErrorBar): number[] => [Math.max(0, y - error), Math.min(100, y + error)];

/** The whole: every point but for the hopeless, the original, the controls and all errors; steady while points arrive. */
export const whole = computed<Window>(() => {
  const key = `${run.value?.run} ${costKey.value} ${accuracyKey.value} ${view.value.log}`;
  if (shown.key !== key) shown = { key, x: null, y: null };
  let low = Infinity;
  let high = 0;
  for (const marked of namedMarks.value) {
    low = Math.min(low, marked.x);
    high = Math.max(high, marked.x);
  }
  for (const value of xs.value) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(high > 0)) [low, high] = [1, 10];
  const x: Range = view.value.log
    ? [low / 1.15, high * 1.15]
    : [0, Math.min(niceRange(0, high * 1.02, 8)[1], high * 1.12)];
  const y = accuracyRange(ys.value, [
    ...namedMarks.value.map((mark) => mark.y),
    ...bars.value.flatMap(endsOf),
  ]);
  shown = { key, x: steady(shown.x, x), y: steady(shown.y, y) };
  return { x: shown.x!, y: shown.y! };
});

let heldFocus: { of: Window; x: Range } | null = null;

/** What is seen before anything is zoomed: the whole, or the part of it where the candidates are. */
export const home = computed<Window>(() => {
  const all = whole.value;
  let low = Infinity;
  let high = -Infinity;
  const take = (value: number) => {
    if (value < low) low = value;
    if (value > high) high = value;
  };
  xs.value.forEach((value, i) => {
    if (!Number.isNaN(ys.value[i])) take(value);
  });
  for (const { kind, x } of namedMarks.value) if (kind === 'control' && low <= high) take(x);
  for (const { limit } of targets.value) if (low <= high) take(limit);
  const found = focus(low, high, all.x, view.value.log);
  if (!found) {
    heldFocus = null;
    return all;
  }
  if (heldFocus?.of.x !== all.x) heldFocus = null;
  heldFocus = { of: all, x: steady(heldFocus?.x ?? null, found) };
  return { x: heldFocus.x, y: all.y };
});

const seen = computed<Window>(() => zoomed.value ?? home.value);

/** How many candidates lie below the accuracy axis. */
export const below = computed(() => {
  const least = seen.value.y[0];
  let n = 0;
  for (const value of ys.value) if (value < least) n++;
  return n;
});

/** Whether lines of equal reward can be drawn: on the axes that the reward is made of. */
export const isoFits = computed(() => {
  const now = spec.value;
  if (!now) return false;
  const searched = boardNow.value!.columns.recalibrated.some((value) => !Number.isNaN(value))
    ? 'recalibrated'
    : 'cut';
  const metric = now.kind === 'metapruning' ? costKey.value : now.metric;
  return metric === costKey.value && accuracyKey.value === searched;
});

const iso = computed<Scene['iso']>(() => {
  const now = spec.value;
  const i = chosenIndex.value;
  if (!now || !isoFits.value || i < 0) return [];
  const { x: cost, y: accuracy } = { x: xs.value[i], y: boardNow.value!.columns.proxy[i] };
  if (!(cost > 0) || Number.isNaN(accuracy)) return [];
  const at = (a: number) => reward(now, { accuracy: a, macs: cost, params: cost, bytes: cost });
  const { x, y } = seen.value;
  const step = niceStep(y[1] - y[0], 14);
  const own = at(accuracy);
  return isoRewards({ reward: own, accuracy }, at, step).map((value) => ({
    points: isoLine(now, value, { cost: x, accuracy: y }),
    chosen: value === own,
  }));
});

const none = new Float64Array();
const noFlags = new Uint8Array();

/** All that the chart shows now. */
export const scene = computed<Scene>(() => ({
  x: boardNow.value ? xs.value : none,
  y: boardNow.value ? ys.value : none,
  strong: boardNow.value?.within ?? noFlags,
  front: front.value,
  iso: iso.value,
  targets: targetLines.value,
  bars: bars.value,
  marks: allMarks.value,
  starred: starredIndices.value,
  chosen: chosenIndex.value,
  second: secondIndex.value,
  cursor: cursor.value,
  hovered: hovered.value,
  xRange: seen.value.x,
  yRange: seen.value.y,
  log: view.value.log,
  formatX: costFormat(costKey.value),
  box: box.value,
}));
