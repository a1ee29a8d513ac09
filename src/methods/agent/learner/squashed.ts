import { softplus } from '../../rl/sigmoid.ts';

/** Limits of the policy's log standard deviation (docs/methods/agent.md, "Learner"). */
const LEAST_LOG_SIGMA = -20;
const MOST_LOG_SIGMA = 2;

/** Narrower bounds than this leave no choice: the action is certain, and there is no density. */
const NO_CHOICE = 1e-9;

/** One action of a Gaussian squashed by tanh and mapped into [low, high] (Haarnoja et al. 2018, appendix C). */
export interface Squashed {
  readonly action: number;
  /** log density of the action, over ratios or over the unit interval (see `squash`); 0 where there is no choice */
  readonly logDensity: number;
  /** derivatives by the head's two outputs, with the noise held fixed */
  readonly actionBy: readonly [mean: number, logSigma: number];
  readonly logDensityBy: readonly [mean: number, logSigma: number];
}

/** What entropy is measured over: ratios, or the place within an action's bounds. */
export const entropyOver = ['ratio', 'unit'] as const;
export type EntropyOver = (typeof entropyOver)[number];

/**
 * u = mean + exp(logSigma) noise; action = low + (high - low) (tanh u + 1) / 2.
 *
 * log density = log N(u) - 2 (log 2 - u - softplus(-2u)) - log((high - low) / 2). Over `unit` the last term is
 * -log(1/2): the density of the action's place within its bounds, 0 to 1.
 */
export function squash(
  mean: number,
  logSigma: number,
  noise: number,
  low: number,
  high: number,
  over: EntropyOver = 'ratio',
): Squashed {
  if (!(high - low > NO_CHOICE))
    return { action: low, logDensity: 0, actionBy: [0, 0], logDensityBy: [0, 0] };
  const clamped = Math.min(MOST_LOG_SIGMA, Math.max(LEAST_LOG_SIGMA, logSigma));
  // outside of the limits nothing flows
  const slope = clamped === logSigma ? 1 : 0;
  const spread = Math.exp(clamped) * noise;
  const u = mean + spread;
  const t = Math.tanh(u);
  const half = (high - low) / 2;
  const gaussian = -0.5 * noise * noise - clamped - 0.5 * Math.log(2 * Math.PI);
  const tanhPart = 2 * (Math.LN2 - u - softplus(-2 * u));
  const byU = half * (1 - t * t);
  return {
    action: low + half * (t + 1),
    logDensity: gaussian - tanhPart - Math.log(over === 'ratio' ? half : 0.5),
    actionBy: [byU, byU * spread * slope],
    logDensityBy: [2 * t, (2 * t * spread - 1) * slope],
  };
}
