import type { Random } from '../../../graph/random.ts';
import { sigmoid, softplus } from '../../rl/sigmoid.ts';

/** Of ratios: a Gaussian squashed into [0, 1], or the paper's, clipped to it. */
export const ratioPolicies = ['squashed', 'clipped'] as const;
export type RatioPolicy = (typeof ratioPolicies)[number];

/**
 * How the numbers that the policy's net gives become an action. `out` holds the net's outputs for one decision (with
 * the prior added), `raw` the action as drawn: what log-probabilities are of. PPO needs only differences of
 * log-probabilities of one raw action, in which the Jacobian of a squash cancels.
 */
export interface Distribution {
  readonly name: RatioPolicy | 'bernoulli' | 'mask';
  sample(out: Float64Array, logSigma: number, random: Random): Float64Array;
  /** the mean action (0 or 1 for Bernoulli) */
  mode(out: Float64Array): Float64Array;
  logProb(out: Float64Array, logSigma: number, raw: Float64Array): number;
  /** d logProb / d out into `into`; returns d logProb / d logSigma */
  gradient(out: Float64Array, logSigma: number, raw: Float64Array, into: Float64Array): number;
  /** of the raw action's distribution */
  entropy(out: Float64Array, logSigma: number): number;
  /** d entropy / d out into `into`; returns d entropy / d logSigma */
  entropyGradient(out: Float64Array, logSigma: number, into: Float64Array): number;
  /** the action that the environment is given: a share in [0, 1] or channels 0 and 1 */
  action(raw: Float64Array): Float64Array;
  /** the net's output whose mode is this share or logit */
  invert(preferred: Float64Array): Float64Array;
}

const HALF_LOG_2_PI = 0.5 * Math.log(2 * Math.PI);

const gaussian = {
  sample: (out: Float64Array, logSigma: number, random: Random): Float64Array =>
    out.map((mean) => mean + Math.exp(logSigma) * random.normal()),
  mode: (out: Float64Array): Float64Array => out.slice(),
  logProb(out: Float64Array, logSigma: number, raw: Float64Array): number {
    let sum = 0;
    for (let i = 0; i < out.length; i++)
      sum -= 0.5 * ((raw[i] - out[i]) * Math.exp(-logSigma)) ** 2 + logSigma + HALF_LOG_2_PI;
    return sum;
  },
  gradient(out: Float64Array, logSigma: number, raw: Float64Array, into: Float64Array): number {
    let sigma = 0;
    for (let i = 0; i < out.length; i++) {
      const distance = (raw[i] - out[i]) * Math.exp(-logSigma);
      into[i] = distance * Math.exp(-logSigma);
      sigma += distance ** 2 - 1;
    }
    return sigma;
  },
  entropy: (out: Float64Array, logSigma: number): number => out.length * (logSigma + HALF_LOG_2_PI + 0.5),
  entropyGradient(out: Float64Array, _logSigma: number, into: Float64Array): number {
    into.fill(0);
    return out.length;
  },
};

/** A Gaussian, through (tanh + 1) / 2 into [0, 1]: no draw is lost at a border. */
export const squashed: Distribution = {
  name: 'squashed',
  ...gaussian,
  action: (raw) => raw.map((u) => (Math.tanh(u) + 1) / 2),
  invert: (preferred) => preferred.map((a) => Math.atanh(2 * Math.min(Math.max(a, 0.001), 0.999) - 1)),
};

/** The paper's: a Gaussian clipped to [0, 1]; log-probabilities are of what was drawn, not of what is left. */
export const clipped: Distribution = {
  name: 'clipped',
  ...gaussian,
  action: (raw) => raw.map((u) => Math.min(Math.max(u, 0), 1)),
  invert: (preferred) => preferred.slice(),
};

/**
 * The paper's of channels: a Gaussian a channel, which stays where its value is one half or more. At a mean of 0 and a
 * deviation of 1 that are 30.9 % of them.
 */
export const mask: Distribution = {
  name: 'mask',
  ...gaussian,
  action: (raw) => raw.map((u) => (u >= 0.5 ? 1 : 0)),
  invert: (preferred) => preferred.slice(),
};

/** A decision a channel: kept with probability sigmoid(out). */
export const bernoulli: Distribution = {
  name: 'bernoulli',
  sample: (out, _logSigma, random) => out.map((logit) => (random.uniform() < sigmoid(logit) ? 1 : 0)),
  mode: (out) => out.map((logit) => (logit >= 0 ? 1 : 0)),
  logProb(out, _logSigma, raw) {
    let sum = 0;
    for (let i = 0; i < out.length; i++) sum -= raw[i] === 1 ? softplus(-out[i]) : softplus(out[i]);
    return sum;
  },
  gradient(out, _logSigma, raw, into) {
    for (let i = 0; i < out.length; i++) into[i] = raw[i] - sigmoid(out[i]);
    return 0;
  },
  entropy(out) {
    let sum = 0;
    for (const logit of out) sum += softplus(logit) - logit * sigmoid(logit);
    return sum;
  },
  entropyGradient(out, _logSigma, into) {
    for (let i = 0; i < out.length; i++) {
      const p = sigmoid(out[i]);
      into[i] = -out[i] * p * (1 - p);
    }
    return 0;
  },
  action: (raw) => raw,
  invert: (preferred) => preferred.slice(),
};
