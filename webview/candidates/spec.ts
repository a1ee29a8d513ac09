import { rewardSchema, rewardSpec } from '../../src/methods/rewarded-meta/reward.ts';
import type { RewardSpec } from '../../src/methods/rewarded-meta/reward.ts';
import type { SizeMetric } from '../../src/terms/goals.ts';

/** A reward's spec as an arm tells it; null where it tells none, or one that this version does not know. */
export function parseSpec(given: unknown): RewardSpec | null {
  const parsed = rewardSchema.safeParse(given);
  return parsed.success ? parsed.data : null;
}

/** Both exponents of the rewarded-meta reward. */
export interface Coefficients {
  readonly accuracy: number;
  readonly efficiency: number;
}

/** The coefficients that a reward has, or the paper's where it is of another kind. */
export function coefficientsOf(spec: RewardSpec): Coefficients {
  return spec.kind === 'rewarded-meta'
    ? { accuracy: spec.accuracyExponent, efficiency: spec.efficiencyExponent }
    : { accuracy: 2, efficiency: spec.kind === 'metapruning' ? 0 : 1 };
}

/**
 * A reward under other coefficients. One of another kind becomes rewarded-meta with its defaults, in its own metric.
 *
 * @param original the source network's costs
 */
export function withCoefficients(
  spec: RewardSpec,
  { accuracy, efficiency }: Coefficients,
  original: Readonly<Record<SizeMetric, number>>,
): Extract<RewardSpec, { kind: 'rewarded-meta' }> {
  const exponents = { accuracyExponent: accuracy, efficiencyExponent: efficiency };
  if (spec.kind === 'rewarded-meta') return { ...spec, ...exponents };
  const of = spec.kind === 'metapruning' ? 'macs' : spec.metric;
  return rewardSpec('rewarded-meta', { metric: of, original: original[of], ...exponents }) as Extract<
    RewardSpec,
    { kind: 'rewarded-meta' }
  >;
}
