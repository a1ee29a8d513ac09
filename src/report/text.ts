import { harmless } from './escape.ts';
import type { ReportArm, RunReport } from './types.ts';
import { extraArm } from '../terms/candidates.ts';
import { dropInWords, isWithinDrop, points } from '../terms/comparison/drop.ts';
import { frontMetric } from '../terms/comparison/curves.ts';
import type { CurvePoint } from '../terms/comparison/curves.ts';
import type { FrontPoint } from '../terms/comparison/front.ts';
import { foretold } from '../terms/comparison/race.ts';
import type { Raced } from '../terms/comparison/race.ts';
import { rankSentence } from '../terms/comparison/rank-correlation.ts';
import { signed, verdictOf, verdictSentence } from '../terms/comparison/verdict.ts';
import type { Metric } from '../terms/goals.ts';
import { accuracyNoun, accuracyWord, furthest } from '../terms/scores.ts';

/** Numbers and words as reports and terminals show them. */

/** 40 812 544 -> "40.8 M"; for counts. */
export function count(value: number): string {
  const scales = [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' k'],
  ] as const;
  for (const [scale, unit] of scales) if (value >= scale * 0.9995) return `${three(value / scale)}${unit}`;
  return short(value);
}

/** Bytes: "1.12 MB". */
export function bytes(value: number): string {
  return `${count(value)}B`.replace(/^([\d.]+)B$/, '$1 B');
}

/** Three figures: 41.25 -> "41.3". */
function three(value: number): string {
  return value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);
}

/** A number of the same text without a tail of zeros: "10.0 M" -> "10 M", for axes. */
export function short(value: number | string): string {
  const text = typeof value === 'number' ? three(value) : value;
  return text.replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '');
}

/** Percent with one or two digits: "92.4 %". */
export function percent(value: number | undefined, digits = 1): string {
  return value === undefined ? '–' : `${value.toFixed(digits)} %`;
}

/** How much less: (100, 49) -> "−51 %". */
export function change(before: number, after: number): string {
  const by = (100 * (after - before)) / before;
  if (!Number.isFinite(by)) return '';
  const text = Math.abs(by).toFixed(1).replace(/\.0$/, '');
  return text === '0' ? '±0 %' : `${by < 0 ? '−' : '+'}${text} %`;
}

/** "3 min 20 s". */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    const rest = Math.round(seconds - minutes * 60);
    return rest ? `${minutes} min ${rest} s` : `${minutes} min`;
  }
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A value in its metric's unit. */
export function amount(metric: Metric, value: number): string {
  if (metric === 'bytes' || metric === 'memory') return bytes(value);
  if (metric === 'latency') return `${value.toFixed(value < 10 ? 2 : 1)} ms`;
  return count(value);
}

/** The same to stand behind a percentage: nothing where it is plain accuracy. */
export function measured(score: { readonly measure?: string } | undefined): string {
  return score?.measure === undefined ? '' : ` ${score.measure}`;
}

/** A word at the beginning of a title. */
export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Text for HTML and SVG. */
export function escape(text: string): string {
  return harmless(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** What a race is, and what it says of the scores before it. */
export function raceSentence(raced: readonly Raced[]): string {
  const what =
    'what the method found and what plain rules give, each trained a little; the lower losses went on';
  const rank = foretold(raced);
  return rank ? `${what}; ${rankSentence(rank, rank.networks)}` : what;
}

/** A point of a curve as `espalier write --pick` takes it. */
export function nameOf({ candidate: { arm, id } }: FrontPoint): string {
  return extraArm(arm, id);
}

/** How far a point is from the best other method, and from what of it: "+0.42 ± 0.31 (l1 at 25.0 %)". */
export function rivalText({ rival, share }: Pick<CurvePoint, 'rival' | 'share'>): string {
  if (!rival) return '';
  const at = percent(100 * rival.share);
  const where = rival.between ? ', between two' : at === percent(100 * share) ? '' : ` at ${at}`;
  return `${signed(rival)} (${rival.arm}${where})`;
}

/** What it is held to (terms/comparison/rival.ts). */
export const besideSentence =
  'beside the best other: at the same cost, where need be between two points of its curve, and with nothing that costs over 5 % more or less';

/** Heads of `frontRows`, but for the names'. */
export const frontHeads = ({ fronts: [first] }: Pick<RunReport, 'fronts'>): readonly string[] => [
  'MACs',
  'parameters',
  `${accuracyWord(first.points[0].score.measure)} (${first.points[0].split})`,
  'beside the best other',
  'remark',
];

/** A point of a curve in a table. */
interface FrontRow {
  /** of the run's own method */
  readonly own: boolean;
  /** as `espalier write --pick` takes it */
  readonly name: string;
  readonly beside: string;
  /** MACs, parameters, accuracy */
  readonly figures: readonly string[];
  readonly remark: string;
}

/** The curves' points, each curve from its dearest down; those that another of the same curve beats are marked. */
export function frontRows({ fronts, cost }: Pick<RunReport, 'fronts' | 'cost'>): FrontRow[] {
  return fronts.flatMap(({ control, points }) =>
    [...points].reverse().map((point) => {
      const { macs, params } = point.candidate.cost;
      return {
        own: !control,
        name: nameOf(point),
        figures: [
          `${count(macs)} (${percent((100 * macs) / cost.macs)})`,
          `${count(params)} (${percent((100 * params) / cost.params)})`,
          percent(point.score.accuracy, 2),
        ],
        beside: rivalText(point),
        remark: point.dominated ? 'a cheaper one is as good (validation)' : point.knee ? 'knee' : '',
      };
    }),
  );
}

/** That a search ended before its time, and what the time went into. */
export function stoppedSentence({ scored, of, rule, epochs }: NonNullable<ReportArm['stopped']>): string {
  const more = epochs === 1 ? '1 epoch' : `${epochs} epochs`;
  const then = epochs
    ? `its time goes into fine-tuning, ${more} more for every arm`
    : 'the run is shorter by the rest';
  return `The search stopped after ${scored} of ${of} candidates: nothing was ahead of ${rule} by more than the noise; ${then}.`;
}

/** That a method's result is a plain rule's; null where it is its own. */
function ruleSentence(arm: Pick<ReportArm, 'name' | 'rule'> | undefined): string | null {
  if (arm?.rule === undefined) return null;
  return `The network is that of the plain rule ${arm.rule}: in the race, nothing that ${arm.name} found did better.`;
}

/** What a run came to, in its first lines: what was asked, beside its controls, and what its network is. */
export function openingSentences(report: RunReport): string[] {
  const [main] = report.arms;
  const verdict = verdictOf(report.arms, frontMetric(report));
  const said = [dropSentence(report), verdict && verdictSentence(verdict), ruleSentence(main)];
  return said.filter((one) => one !== null);
}

/** What came of asking for an accuracy; null where none was asked for, or it wasn't measured. */
function dropSentence({ accuracyDrop, original, arms }: RunReport): string | null {
  const score = furthest(arms[0]?.scores ?? {});
  if (accuracyDrop === undefined || !original.validation || !score) return null;
  const asked = `Asked for a network that loses at most ${points(accuracyDrop)} of ${accuracyNoun(score.measure)}`;
  const found = dropInWords(score, original.validation);
  return isWithinDrop(score.accuracy, original.validation.accuracy, accuracyDrop)
    ? `${asked}: the cheapest that was found ${found}.`
    : `${asked}: none was found; the nearest ${found}.`;
}
