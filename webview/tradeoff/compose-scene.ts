import { computed, signal } from '@preact/signals';
import { reward } from '../../src/methods/rewarded-meta/reward.ts';
import { run } from '../state.ts';
import { t } from '../strings.ts';
import { accuracyRange, focus, niceRange, niceStep, steady } from '../charts/axes.ts';
import type { Range } from '../charts/axes.ts';
import { pointOfArm } from '../../src/terms/candidates.ts';
import { costPart } from '../../src/terms/cost.ts';
import { isoLine, isoRewards } from './iso-reward.ts';
import type { NamedMark, Scene } from './scene.ts';
import {
  accuracyKey,
  boardNow,
  chosenIndex,
  costKey,
  front,
  hovered,
  marksNow,
  secondIndex,
  spec,
  starredIndices,
  view,
  xs,
  ys,
} from '../candidates/state.ts';
import { budgetLabel, costFormat } from '../candidates/words.ts';

/** The chart's own state: what part is seen, and what the keyboard and the pointer are at. */
export interface Window {
  readonly x: Range;
  readonly y: Range;
}
export const zoomed = signal<Window | null>(null);
export const cursor = signal(-1);
export const box = signal<Scene['box']>(null);

/** Named marks where they stand on the axes chosen. */
export const namedMarks = computed<readonly NamedMark[]>(() =>
  marksNow.value.flatMap((mark) => {
    const key = costKey.value;
    const x = key === 'latency' ? mark.latency : mark.costs[key];
    const y = mark.accuracies[accuracyKey.value];
    if (x === null || y === undefined) return [];
    const point = pointOfArm(mark.name);
    const label = mark.kind === 'original' ? t('original') : mark.name;
    return [{ kind: mark.kind, label, curve: point?.arm ?? mark.name, named: point === null, x, y }];
  }),
);

let held: { key: string; x: Range | null; y: Range | null } = { key: '', x: null, y: null };

/** The whole: every point but for the hopeless, the original and the controls; steady while points arrive. */
export const whole = computed<Window>(() => {
  const key = `${run.value?.run} ${costKey.value} ${accuracyKey.value} ${view.value.log}`;
  if (held.key !== key) held = { key, x: null, y: null };
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
  const y = accuracyRange(
    ys.value,
    namedMarks.value.map((mark) => mark.y),
  );
  held = { key, x: steady(held.x, x), y: steady(held.y, y) };
  return { x: held.x!, y: held.y! };
});

const limit = computed<Scene['limit']>(() => {
  const found = boardNow.value?.budgets.find(
    ({ metric }) => (metric === 'latency' ? 'latency' : costPart(metric)) === costKey.value,
  );
  return found ? { x: found.limit, label: budgetLabel(found.limit, found.original) } : null;
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
  if (limit.value && low <= high) take(limit.value.x);
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
  limit: limit.value,
  marks: namedMarks.value,
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
