import { rewardSpec } from '../../src/methods/rewarded-meta/reward.ts';
import type { RewardSpec } from '../../src/methods/rewarded-meta/reward.ts';
import { mainArmOf } from '../../src/terms/run-data.ts';
import type { ArmData, RunData, Scores } from '../../src/terms/run-data.ts';
import { columns } from './columns.ts';
import type { Columns } from './columns.ts';
import { parseSpec } from './spec.ts';
import { candidateOfArm, pointOfArm } from '../../src/terms/candidates.ts';
import type { CandidateRef, RunCandidate } from '../../src/terms/candidates.ts';
import { costPart } from '../../src/terms/cost.ts';
import type { CostKey } from '../../src/terms/cost.ts';
import { accuracyError } from '../../src/terms/comparison/accuracy-error.ts';
import { accuracyKeys } from '../../src/terms/scores.ts';
import type { AccuracyKey } from '../../src/terms/scores.ts';

export type Budget = RunData['budgets'][number];

/** What the trade-off view shows of a run, made anew at every batch of events. */
export interface Board {
  readonly columns: Columns;
  /** 1 where a candidate keeps every budget that is known before it is measured (all but latency and scripts) */
  readonly within: Uint8Array;
  readonly budgets: readonly Budget[];
  /** the run's own reward; rewarded-meta's defaults where its method has none */
  readonly spec: RewardSpec;
  /** whether the run's method has a reward */
  readonly rewarded: boolean;
  /** whether the run goes to several points of the trade-off */
  readonly pointed: boolean;
  readonly indexOf: (key: CandidateRef | null) => number;
  /** by index, the standard errors of candidates' accuracies, where it is known on how many images they were measured */
  readonly errors: ReadonlyMap<number, Errors>;
}

/** Standard errors of accuracies, in points. */
export type Errors = Readonly<Partial<Record<AccuracyKey, number>>>;

/** The method's arm: the first that is no control. */
export function mainArm(run: RunData): ArmData | undefined {
  return mainArmOf(run) ?? run.arms[0];
}

/** Scores of a candidate after the search: its arm's, where it is the arm's choice, or its extra arm's. */
export function scoresOf(run: RunData, { arm, id }: CandidateRef): Scores | null {
  let own: Scores | null = null;
  for (const one of run.arms) {
    const extra = candidateOfArm(one.arm);
    if (extra?.arm === arm && extra.id === id) return one.scores;
    if (one.arm === arm && one.chosen?.id === id) own = one.scores;
  }
  return own;
}

/** A candidate with what was measured of it after the search. */
function measured(candidate: RunCandidate, scores: Scores | null): RunCandidate {
  if (!scores) return candidate;
  const { cut, recalibrated, fineTuned } = scores.validation;
  return {
    ...candidate,
    accuracies: {
      cut: candidate.accuracies.cut ?? cut?.accuracy,
      recalibrated: candidate.accuracies.recalibrated ?? recalibrated?.accuracy,
      fineTuned: candidate.accuracies.fineTuned ?? fineTuned?.accuracy,
    },
  };
}

/** Of the accuracies as they are shown: those of a score of its own. A search scores on images that it doesn't count. */
function errorsOf({ accuracies }: RunCandidate, scores: Scores | null): Errors {
  const errors: Partial<Record<AccuracyKey, number>> = {};
  for (const key of accuracyKeys) {
    const score = scores?.validation[key];
    const error = score && score.accuracy === accuracies[key] ? accuracyError(score) : null;
    if (error !== null) errors[key] = error;
  }
  return errors;
}

/** The arms that proposed candidates: all but the extra ones, which fine-tune another's. */
function proposers(run: RunData): ArmData[] {
  return run.arms.filter(({ arm }) => candidateOfArm(arm) === null);
}

export function board(run: RunData): Board {
  const arms = proposers(run);
  const scored = new Map<string, Scores>();
  for (const { arm, chosen, scores } of run.arms) {
    const extra = candidateOfArm(arm);
    if (extra) scored.set(`${extra.id}@${extra.arm}`, scores);
    else if (chosen && !scored.has(`${chosen.id}@${arm}`)) scored.set(`${chosen.id}@${arm}`, scores);
  }
  const scoresNow = ({ id, arm }: CandidateRef) => scored.get(`${id}@${arm}`) ?? null;
  const candidates = arms.flatMap((arm) => arm.candidates.map((one) => measured(one, scoresNow(one))));
  const table = columns(
    candidates,
    arms.filter(({ control }) => control).map(({ arm }) => arm),
  );
  const own = parseSpec(arms.find((arm) => !arm.control)?.reward);
  const places = new Map<string, number>();
  const errors = new Map<number, Errors>();
  candidates.forEach((one, i) => {
    places.set(`${one.id}@${one.arm}`, i);
    const scores = scoresNow(one);
    if (scores) errors.set(i, errorsOf(one, scores));
  });
  return {
    columns: table,
    within: keeps(table, run.budgets),
    budgets: run.budgets,
    spec: own ?? rewardSpec('rewarded-meta', { original: run.cost?.macs ?? 1 }),
    rewarded: own !== null,
    pointed: arms.some(({ arm }) => pointOfArm(arm)),
    indexOf: (key) => (key ? (places.get(`${key.id}@${key.arm}`) ?? -1) : -1),
    errors,
  };
}

function keeps(table: Columns, budgets: readonly Budget[]): Uint8Array {
  const within = new Uint8Array(table.size).fill(1);
  for (const { metric, limit } of budgets) {
    const key = costPart(metric);
    if (!key) continue;
    for (let i = 0; i < table.size; i++) if (table[key][i] > limit) within[i] = 0;
  }
  return within;
}

/** Something to compare with: the original, or a control arm. */
export interface Mark {
  readonly kind: 'original' | 'control';
  /** the arm's name; empty for the original */
  readonly name: string;
  readonly costs: Readonly<Record<CostKey, number>>;
  /** percent, validation split; the original's is the same under every choice */
  readonly accuracies: Readonly<Partial<Record<AccuracyKey, number>>>;
  readonly errors: Errors;
  readonly test: number | null;
  /** milliseconds an image; the original's where it was measured */
  readonly latency: number | null;
}

/** The original first, then the control arms that have come to a result. */
export function marks(run: RunData): Mark[] {
  const made: Mark[] = [];
  const { original: score } = run.scores.validation;
  const original = score?.accuracy;
  const error = (score && accuracyError(score)) ?? undefined;
  const arms = proposers(run).filter((arm) => arm.control && arm.chosen);
  if (run.cost)
    made.push({
      kind: 'original',
      name: '',
      costs: run.cost,
      accuracies: { cut: original, recalibrated: original, fineTuned: original },
      errors: error === undefined ? {} : { cut: error, recalibrated: error, fineTuned: error },
      test: run.scores.test?.accuracy ?? null,
      latency: (run.latency ?? run.arms.find((arm) => arm.latency)?.latency)?.before ?? null,
    });
  for (const arm of arms) {
    const chosen = measured(arm.chosen!, arm.scores);
    made.push({
      kind: 'control',
      name: arm.arm,
      costs: chosen.cost,
      accuracies: chosen.accuracies,
      errors: errorsOf(chosen, arm.scores),
      test: arm.scores.test?.accuracy ?? null,
      latency: arm.latency?.after ?? null,
    });
  }
  return made;
}

/** Control arms of one kind (`random`, `random-2`, …) together. */
export interface ControlSummary {
  readonly name: string;
  readonly arms: number;
  /** their mean: arms of one budget seldom cost the same */
  readonly macs: number;
  readonly accuracies: Readonly<Record<AccuracyKey | 'test', Spread | null>>;
}

/** Mean, and standard deviation of the sample where there are several. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number | null;
}

export function spread(values: readonly (number | null | undefined)[]): Spread | null {
  const found = values.filter((value): value is number => typeof value === 'number');
  if (found.length === 0) return null;
  const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
  if (found.length === 1) return { mean, deviation: null };
  const squares = found.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (found.length - 1)) };
}

export function controls(of: readonly Mark[]): ControlSummary[] {
  const byName = new Map<string, Mark[]>();
  for (const mark of of) {
    if (mark.kind !== 'control') continue;
    const name = mark.name.replace(/[-#:]\d+$/, '');
    byName.set(name, [...(byName.get(name) ?? []), mark]);
  }
  return [...byName].map(([name, arms]) => ({
    name,
    arms: arms.length,
    macs: spread(arms.map(({ costs }) => costs.macs))!.mean,
    accuracies: {
      cut: spread(arms.map((arm) => arm.accuracies.cut)),
      recalibrated: spread(arms.map((arm) => arm.accuracies.recalibrated)),
      fineTuned: spread(arms.map((arm) => arm.accuracies.fineTuned)),
      test: spread(arms.map((arm) => arm.test)),
    },
  }));
}
