import { costBy } from '../terms/cost.ts';
import type { Cost } from '../terms/cost.ts';
import { staticMetric } from '../terms/goals.ts';
import { step } from '../terms/scores.ts';
import type { Split } from '../terms/scores.ts';

/** What is known of a network beside its channels, as its config or its run tells it. JSON-safe. */
export interface SideFacts {
  /** in percent; of an uncut network the same on every step */
  readonly accuracy: Partial<Record<Step, Accuracy>>;
  /** one image, milliseconds */
  readonly latency?: { readonly ms: number; readonly threads: number; readonly machine: string };
  /** how it came about and what it was measured on, in words */
  readonly about: Partial<Record<About, string>>;
  /** the method's settings, by name */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** The accuracies, the one that counts most first. */
export const steps = step.exclude(['original']).options.toReversed();
export type Step = (typeof steps)[number];
/** What is compared as a figure, and what as a cost. */
export const metricIds = [...steps, 'latency'] as const;
export const costIds = staticMetric.options;

export interface Accuracy {
  readonly accuracy: number;
  readonly split: Split;
  /** how many images it was measured on, where that is known */
  readonly images?: number;
}

/** What must be the same for two accuracies to be comparable. */
const measuredOn = ['digest', 'preprocessing', 'splits'] as const;
export const abouts = [
  'measure',
  'method',
  'seed',
  'effort',
  'settings',
  'goal',
  'images',
  ...measuredOn,
] as const;
export type About = (typeof abouts)[number];
/** Shown also where both sides say the same. */
const always: readonly About[] = ['measure', 'method', 'seed', 'effort', 'images'];

export const verdicts = ['better', 'worse', 'same'] as const;
/** better and worse only where the two can be compared; null: nothing can be said */
export type Verdict = (typeof verdicts)[number] | null;
/** Why there is no verdict although both figures are known. */
export const whys = ['other-measure', 'other-images', 'other-machine'] as const;

/** One figure on both sides; null: not known. */
export interface MetricRow {
  readonly id: (typeof metricIds)[number];
  readonly unit: 'percent' | 'ms';
  /** null: of no split (latency) */
  readonly split: Split | null;
  readonly a: number | null;
  readonly b: number | null;
  readonly verdict: Verdict;
  readonly why: (typeof whys)[number] | null;
}

export interface CostRow {
  readonly id: (typeof costIds)[number];
  readonly a: number;
  readonly b: number;
  readonly verdict: Verdict;
}

export interface AboutRow {
  readonly id: About;
  readonly a: string | null;
  readonly b: string | null;
  readonly differs: boolean;
}

/** Two networks' figures side by side, in the order in which they matter: every renderer shows these rows. */
export interface Facts {
  readonly metrics: readonly MetricRow[];
  readonly about: readonly AboutRow[];
  readonly costs: readonly CostRow[];
}

/** Compares what is known of two networks, and what they cost. */
export function compareFacts(
  a: SideFacts,
  b: SideFacts,
  total: { readonly a: Cost; readonly b: Cost },
): Facts {
  const sameMeasure = a.about.measure === b.about.measure;
  const sameImages = measuredOn.every((id) => a.about[id] === b.about[id]);
  const metrics: MetricRow[] = steps.flatMap((id) => {
    const [one, two] = [a.accuracy[id], b.accuracy[id]];
    const split = (one ?? two)?.split;
    if (split === undefined) return [];
    const both = one !== undefined && two !== undefined;
    const fair = both && sameMeasure && sameImages && one.split === two.split && one.images === two.images;
    // a search's figures don't say on how many images: "other images" is not claimed of them
    const counted = one?.images !== undefined && two?.images !== undefined;
    const other = !sameImages || one?.split !== two?.split || (counted && one.images !== two.images);
    return {
      id,
      unit: 'percent' as const,
      split,
      a: one?.accuracy ?? null,
      b: two?.accuracy ?? null,
      verdict: fair ? verdictOf(two.accuracy - one.accuracy) : null,
      why:
        both && !sameMeasure ? ('other-measure' as const) : both && other ? ('other-images' as const) : null,
    };
  });
  if (a.latency || b.latency) {
    const [one, two] = [a.latency, b.latency];
    const both = one !== undefined && two !== undefined;
    const fair = both && one.machine === two.machine && one.threads === two.threads;
    metrics.push({
      id: 'latency',
      unit: 'ms',
      split: null,
      a: one?.ms ?? null,
      b: two?.ms ?? null,
      verdict: fair ? verdictOf(one.ms - two.ms) : null,
      why: both && !fair ? 'other-machine' : null,
    });
  }
  return { metrics, about: aboutRows(a, b), costs: costRows(total) };
}

/** @param gain how much better the second is, in whatever unit */
function verdictOf(gain: number): Verdict {
  return gain > 0 ? 'better' : gain < 0 ? 'worse' : 'same';
}

function costRows({ a, b }: { readonly a: Cost; readonly b: Cost }): CostRow[] {
  return costIds.map((id) => {
    const [before, after] = [costBy(a, id), costBy(b, id)];
    return { id, a: before, b: after, verdict: verdictOf(before - after) };
  });
}

function aboutRows(a: SideFacts, b: SideFacts): AboutRow[] {
  const settings = differing(a.settings, b.settings);
  const rows = abouts.map((id) => {
    const [one, two] = id === 'settings' ? [settings?.a, settings?.b] : [a.about[id], b.about[id]];
    return { id, a: one ?? null, b: two ?? null, differs: one !== two };
  });
  return rows.filter(
    ({ id, a: one, b: two, differs }) =>
      (one !== null || two !== null) && (always.includes(id) || (differs && one !== null && two !== null)),
  );
}

/** The settings that both sides have and that differ, in words. */
function differing(
  a: SideFacts['settings'],
  b: SideFacts['settings'],
): { readonly a: string; readonly b: string } | null {
  if (!a || !b) return null;
  const keys = Object.keys(a).filter(
    (key) => Object.hasOwn(b, key) && JSON.stringify(a[key]) !== JSON.stringify(b[key]),
  );
  const words = (of: Readonly<Record<string, unknown>>) =>
    keys.map((key) => `${key}=${typeof of[key] === 'string' ? of[key] : JSON.stringify(of[key])}`).join(', ');
  return keys.length ? { a: words(a), b: words(b) } : null;
}
