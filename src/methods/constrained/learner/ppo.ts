import type { Random } from '../../../graph/random.ts';
import type { Adam } from '../../rl/adam.ts';
import type { Mlp, Pass } from '../../rl/mlp.ts';
import type { Parameter } from '../../rl/parameter.ts';
import { centre } from './advantages.ts';
import type { Distribution } from './distribution.ts';

/** How a policy is updated from one rollout; the paper's values are in the table of settings.ts. */
export interface PpoSettings {
  readonly epochs: number;
  readonly minibatch: number;
  readonly rate: number;
  /** largest norm of all gradients together */
  readonly gradientClip: number;
  /** how far the ratio of new to old probability may matter */
  readonly clip: number;
  /** the ratio is clipped in the costs' term too (the paper: false) */
  readonly clipCosts: boolean;
  /** the costs' advantages get deviation 1 like the reward's (the paper: false) */
  readonly rescaleCosts: boolean;
  /** no step once the mean divergence from the old policy is above 1.5 times this; 0: never stops */
  readonly klTarget: number;
  readonly valueCoefficient: number;
  readonly entropyCoefficient: number;
}

export interface Networks {
  readonly policy: Mlp;
  /** of the reward, then of every cost */
  readonly critics: readonly Mlp[];
  readonly logSigma: Parameter;
  /** of all of them */
  readonly optimizer: Adam;
}

/** All decisions of a rollout. */
export interface Batch {
  readonly features: number;
  /** [n, features] */
  readonly observations: Float32Array;
  readonly raw: readonly Float64Array[];
  /** added to the policy's output */
  readonly priors: readonly Float64Array[];
  readonly logProb: Float64Array;
  /** of the reward, then of every cost */
  readonly advantages: readonly Float64Array[];
  readonly targets: readonly Float64Array[];
}

export interface PpoStats {
  /** mean divergence from the old policy at the last step */
  readonly kl: number;
  readonly entropy: number;
  readonly steps: number;
  /** stopped before all epochs were done */
  readonly stopped: boolean;
}

/**
 * PPO-Lagrangian (docs/methods/constrained.md, "Update"): one rollout's update of policy and critics. The policy's loss
 * is [ -mean min(rho A, clip(rho) A) + sum nu mean(rho A_c) ] / (1 + sum nu), rho the ratio of new to old probability.
 */
export function ppo(
  networks: Networks,
  distribution: Distribution,
  batch: Batch,
  multipliers: readonly number[],
  settings: PpoSettings,
  random: Random,
): PpoStats {
  const n = batch.raw.length;
  const order = Int32Array.from({ length: n }, (_, i) => i);
  const stats = { kl: 0, entropy: 0, steps: 0, stopped: false };
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    random.shuffle(order);
    for (let from = 0; from < n; from += settings.minibatch) {
      // a rest too small to compare anything within joins the last whole mini-batch
      const rest = n - from - settings.minibatch;
      const to = rest > 0 && rest < settings.minibatch / 4 ? n : Math.min(n, from + settings.minibatch);
      const taken = step(networks, distribution, batch, order.subarray(from, to), multipliers, settings);
      stats.kl = taken.kl;
      stats.entropy = taken.entropy;
      if (!taken.stepped) return { ...stats, stopped: true };
      stats.steps++;
      if (to === n) break;
    }
  }
  return stats;
}

function step(
  networks: Networks,
  distribution: Distribution,
  batch: Batch,
  picked: Int32Array,
  multipliers: readonly number[],
  settings: PpoSettings,
): { kl: number; entropy: number; stepped: boolean } {
  const { policy, critics, logSigma, optimizer } = networks;
  const n = picked.length;
  const x = rowsOf(batch, picked);
  const advantages = batch.advantages.map((all, c) =>
    centre(
      Float64Array.from(picked, (i) => all[i]),
      c === 0 || settings.rescaleCosts,
    ),
  );
  const pass = policy.forward(x, n);
  const width = policy.sizes.at(-1)!;
  const sigma = logSigma.value[0];
  const gradient = new Float32Array(n * width);
  const total = 1 + multipliers.reduce((a, b) => a + b, 0);
  let kl = 0;
  let entropy = 0;
  let sigmaGradient = 0;
  for (let k = 0; k < n; k++) {
    const i = picked[k];
    const out = outputOf(pass, k, width, batch.priors[i]);
    const difference = distribution.logProb(out, sigma, batch.raw[i]) - batch.logProb[i];
    const rho = Math.exp(Math.min(difference, 20));
    // the estimator that can't be negative: mean(e^d - 1 - d)
    kl += (rho - 1 - difference) / n;
    entropy += distribution.entropy(out, sigma) / n;
    const within = (a: number) => (a > 0 ? rho <= 1 + settings.clip : rho >= 1 - settings.clip);
    // d loss / d logProb; d rho / d logProb = rho
    let slope = 0;
    if (settings.clipCosts) {
      const both = multipliers.reduce((a, nu, c) => a - nu * advantages[c + 1][k], advantages[0][k]);
      if (within(both)) slope -= both * rho;
    } else {
      if (within(advantages[0][k])) slope -= advantages[0][k] * rho;
      multipliers.forEach((nu, c) => (slope += nu * advantages[c + 1][k] * rho));
    }
    slope /= total * n;
    const into = new Float64Array(out.length);
    sigmaGradient += slope * distribution.gradient(out, sigma, batch.raw[i], into);
    for (let j = 0; j < out.length; j++) gradient[k * width + j] += slope * into[j];
    if (settings.entropyCoefficient > 0) {
      const by = -settings.entropyCoefficient / n;
      sigmaGradient += by * distribution.entropyGradient(out, sigma, into);
      for (let j = 0; j < out.length; j++) gradient[k * width + j] += by * into[j];
    }
  }
  // before the step, so that a policy that has gone far enough goes no further
  if (settings.klTarget > 0 && kl > 1.5 * settings.klTarget) return { kl, entropy, stepped: false };
  policy.backward(pass, gradient);
  logSigma.gradient[0] += sigmaGradient;
  critics.forEach((critic, c) => {
    const seen = critic.forward(x, n);
    const off = new Float32Array(n);
    for (let k = 0; k < n; k++)
      off[k] = (settings.valueCoefficient * 2 * (seen.output[k] - batch.targets[c][picked[k]])) / n;
    critic.backward(seen, off);
  });
  optimizer.step(settings.gradientClip, settings.rate);
  return { kl, entropy, stepped: true };
}

/** What the distribution is of: the net's first outputs, as many as the prior has, plus the prior. */
export function outputOf({ output }: Pass, row: number, width: number, prior: Float64Array): Float64Array {
  return prior.map((p, j) => p + output[row * width + j]);
}

function rowsOf({ observations, features }: Batch, picked: Int32Array): Float32Array {
  const rows = new Float32Array(picked.length * features);
  picked.forEach((i, k) => rows.set(observations.subarray(i * features, (i + 1) * features), k * features));
  return rows;
}
