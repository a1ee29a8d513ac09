import * as z from 'zod';
import type { Frozen } from '../../terms/frozen.ts';
import { sizeMetric } from '../../terms/goals.ts';
import type { SizeMetric } from '../../terms/goals.ts';

const metric = sizeMetric;
const target = { metric, target: z.number().positive() };

/**
 * How candidates are ranked; larger is better. Plain data, recorded with every run: it names its metric, and every
 * reference value is in that metric's unit (so a base of 4100 goes with costs in millions). Formulas:
 * docs/methods/rewarded-meta.md.
 */
export const rewardSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('rewarded-meta'),
    metric,
    /** BA, percent: above every accuracy that a candidate can reach */
    baseAccuracy: z.number(),
    /** BF: above every candidate's cost. The larger, the more accuracy weighs */
    baseCost: z.number().positive(),
    /** the accuracy coefficient: exponent of BA / (BA - a); the paper's is 2 */
    accuracyExponent: z.number(),
    /** the efficiency coefficient: exponent of -ln(f / BF); the paper's is 1 */
    efficiencyExponent: z.number(),
    /** least BA - a, in points: beyond it more accuracy counts no more */
    accuracyGap: z.number().positive(),
  }),
  /** lowest top-1 error; cost enters only through the search's window */
  z.object({ kind: z.literal('metapruning') }),
  /** ACC (T / T0)^w on both sides of the target T0; w = -0.07 */
  z.object({ kind: z.literal('mnasnet-soft'), ...target, exponent: z.number() }),
  /** ACC below the target, ACC (T / T0)^w above it; w = -1 */
  z.object({ kind: z.literal('mnasnet-hard'), ...target, exponent: z.number() }),
  /** -error ln(cost), the cost in single operations (accuracy-guaranteed AMC) */
  z.object({ kind: z.literal('amc'), metric }),
  /** ACC + beta |T / T0 - 1|; beta = -0.10 */
  z.object({ kind: z.literal('tunas-absolute'), ...target, beta: z.number() }),
]);
export type RewardSpec = Frozen<z.infer<typeof rewardSchema>>;
export type RewardKind = RewardSpec['kind'];

export const rewardKinds: readonly RewardKind[] = rewardSchema.options.map(({ shape }) => shape.kind.value);

/**
 * A spec from a name, with the defaults for users: BA = 100 (so that the accuracy coefficient acts on the error, also
 * of a network at 92 %) and BF = the original's cost; the others' published constants and the budget as their target.
 *
 * @param original the source network's cost, in the metric's unit
 * @param target the budget in the same unit; default the original
 */
export function rewardSpec(
  kind: RewardKind,
  values: {
    readonly metric?: SizeMetric;
    readonly original: number;
    readonly target?: number;
    readonly baseAccuracy?: number;
    readonly baseCost?: number;
    readonly accuracyExponent?: number;
    readonly efficiencyExponent?: number;
  },
): RewardSpec {
  const metric = values.metric ?? 'macs';
  const target = values.target ?? values.original;
  switch (kind) {
    case 'rewarded-meta':
      return {
        kind,
        metric,
        baseAccuracy: values.baseAccuracy ?? 100,
        baseCost: values.baseCost ?? values.original,
        accuracyExponent: values.accuracyExponent ?? 2,
        efficiencyExponent: values.efficiencyExponent ?? 1,
        accuracyGap: 0.1,
      };
    case 'metapruning':
      return { kind };
    case 'mnasnet-soft':
      return { kind, metric, target, exponent: -0.07 };
    case 'mnasnet-hard':
      return { kind, metric, target, exponent: -1 };
    case 'amc':
      return { kind, metric };
    case 'tunas-absolute':
      return { kind, metric, target, beta: -0.1 };
  }
}

/** A reward in words and its formula, for people; a = accuracy in percent. */
export function describeReward(spec: RewardSpec): string {
  switch (spec.kind) {
    case 'rewarded-meta': {
      const { baseAccuracy, baseCost, accuracyExponent, efficiencyExponent, metric } = spec;
      return `(${baseAccuracy} / (${baseAccuracy} - a))^${accuracyExponent} * (-ln(${metric} / ${baseCost}))^${efficiencyExponent}`;
    }
    case 'metapruning':
      return 'accuracy alone, within the budget';
    case 'mnasnet-soft':
      return `a * (${spec.metric} / ${spec.target})^${spec.exponent}`;
    case 'mnasnet-hard':
      return `a * (${spec.metric} / ${spec.target})^${spec.exponent} above the target, a below it`;
    case 'amc':
      return `-(1 - a / 100) * ln(${spec.metric})`;
    case 'tunas-absolute':
      return `a / 100 - ${-spec.beta} * |${spec.metric} / ${spec.target} - 1|`;
  }
}

/** What a reward is computed from: top-1 in percent and the costs that the spec may name. */
export type Measured = { readonly accuracy: number } & { readonly [M in SizeMetric]?: number };

/** Both factors of the rewarded-meta reward: psi = (BA / (BA - a))^p and rho = sign(l) |l|^q with l = -ln(f / BF). */
export function coefficients(
  spec: Extract<RewardSpec, { kind: 'rewarded-meta' }>,
  measured: Measured,
): { accuracy: number; efficiency: number } {
  const gap = Math.max(spec.baseAccuracy - measured.accuracy, spec.accuracyGap);
  const log = -Math.log(positive(spec.metric, measured) / spec.baseCost);
  return {
    accuracy: (spec.baseAccuracy / gap) ** spec.accuracyExponent,
    efficiency: Math.sign(log) * Math.abs(log) ** spec.efficiencyExponent,
  };
}

/**
 * The reward of a candidate; larger is better.
 *
 * rewarded-meta: psi * rho (docs/methods/rewarded-meta.md, "Reward"). Two guards: BA - a is clipped from below at
 * `accuracyGap`, so that an accuracy at or beyond BA is neither infinite nor bad; and where f >= BF, where rho <= 0 and
 * the product would punish accuracy, it is rho / psi: still at most 0, but the more accurate of two candidates of one
 * cost stays ahead.
 *
 * @throws RangeError where the spec's metric was not measured
 */
export function reward(spec: RewardSpec, measured: Measured): number {
  const acc = measured.accuracy / 100;
  switch (spec.kind) {
    case 'rewarded-meta': {
      const { accuracy, efficiency } = coefficients(spec, measured);
      return efficiency > 0 ? accuracy * efficiency : efficiency / accuracy;
    }
    case 'metapruning':
      return measured.accuracy - 100;
    case 'mnasnet-soft':
      return acc * (positive(spec.metric, measured) / spec.target) ** spec.exponent;
    case 'mnasnet-hard': {
      const ratio = positive(spec.metric, measured) / spec.target;
      return ratio <= 1 ? acc : acc * ratio ** spec.exponent;
    }
    case 'amc':
      return -(1 - acc) * Math.log(positive(spec.metric, measured));
    case 'tunas-absolute':
      return acc + spec.beta * Math.abs(positive(spec.metric, measured) / spec.target - 1);
  }
}

/**
 * The accuracy coefficient at which two candidates are worth the same, the efficiency coefficient being the spec's: of
 * psi^p rho^q alike on both sides, p. Infinity where the cheaper is as accurate, since no coefficient makes up for it.
 * @returns undefined where the reward has no such coefficient
 */
export function evenExponent(spec: RewardSpec, dear: Measured, cheap: Measured): number | undefined {
  if (spec.kind !== 'rewarded-meta') return undefined;
  const gap = ({ accuracy }: Measured) => Math.max(spec.baseAccuracy - accuracy, spec.accuracyGap);
  const saved = (one: Measured) =>
    Math.max(-Math.log(positive(spec.metric, one) / spec.baseCost), leastSaved);
  const accuracy = Math.log(gap(cheap) / gap(dear));
  if (!(accuracy > 0)) return Infinity;
  return ((spec.efficiencyExponent || 1) * Math.log(saved(cheap) / saved(dear))) / accuracy;
}

/** Least -ln(f / BF) that a ratio of savings is made of. */
const leastSaved = 0.01;

/** A measured cost, which a formula divides by or takes the logarithm of. @throws RangeError where it is not above 0 */
function positive(metric: SizeMetric, measured: Measured): number {
  const cost = measured[metric];
  if (cost === undefined || !(cost > 0))
    throw new RangeError(`the reward needs ${metric} above 0, not ${cost}`);
  return cost;
}
