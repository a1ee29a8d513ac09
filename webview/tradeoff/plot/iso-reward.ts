import type { RewardSpec } from '../../../src/methods/rewarded-meta/reward.ts';

/** A point of a line of equal reward: a cost in the reward's metric and an accuracy in percent. */
export interface CostAccuracy {
  readonly cost: number;
  readonly accuracy: number;
}

/**
 * The accuracy that gives this reward at this cost, in closed form; undefined where none does (or every one does:
 * a coefficient of zero). Inverse of src/methods/rewarded-meta/reward.ts in the accuracy.
 */
export function accuracyAt(spec: RewardSpec, reward: number, cost: number): number | undefined {
  const accuracy = solveAccuracy(spec, reward, cost);
  return Number.isFinite(accuracy) ? accuracy : undefined;
}

function solveAccuracy(spec: RewardSpec, reward: number, cost: number): number {
  switch (spec.kind) {
    case 'rewarded-meta': {
      // psi^(+-1) * rho = R, so BA / (BA - a) = (R / rho)^(+-1/p)
      const { baseAccuracy: base, accuracyExponent: p, accuracyGap } = spec;
      const rho = efficiency(spec, cost);
      if (p === 0 || rho === 0 || Math.sign(rho) !== Math.sign(reward)) return NaN;
      const psi = rho > 0 ? reward / rho : rho / reward;
      const gap = base / psi ** (1 / p);
      return gap < accuracyGap ? NaN : base - gap;
    }
    case 'metapruning':
      return reward + 100;
    case 'mnasnet-soft':
      return 100 * reward * (cost / spec.target) ** -spec.exponent;
    case 'mnasnet-hard':
      return 100 * reward * Math.max(cost / spec.target, 1) ** -spec.exponent;
    case 'amc':
      return 100 * (1 + reward / Math.log(cost));
    case 'tunas-absolute':
      return 100 * (reward - spec.beta * Math.abs(cost / spec.target - 1));
  }
}

/**
 * The cost that gives this reward at this accuracy, rewarded-meta alone (the one whose lines can be steep);
 * undefined where none does or every one does.
 */
export function costAt(spec: RewardSpec, reward: number, accuracy: number): number | undefined {
  if (spec.kind !== 'rewarded-meta' || spec.efficiencyExponent === 0 || reward === 0) return undefined;
  const { baseAccuracy: base, baseCost, accuracyExponent: p, efficiencyExponent: q, accuracyGap } = spec;
  if (base - accuracy < accuracyGap) return undefined;
  const psi = (base / (base - accuracy)) ** p;
  // rho = R / psi below BF, R * psi above it; rho = sign(l) |l|^q, l = -ln(f / BF)
  const rho = reward > 0 ? reward / psi : reward * psi;
  const cost = baseCost * Math.exp(-Math.sign(rho) * Math.abs(rho) ** (1 / q));
  return Number.isFinite(cost) && cost > 0 ? cost : undefined;
}

/** rho of the rewarded-meta reward. */
function efficiency(spec: Extract<RewardSpec, { kind: 'rewarded-meta' }>, cost: number): number {
  const log = -Math.log(cost / spec.baseCost);
  return Math.sign(log) * Math.abs(log) ** spec.efficiencyExponent;
}

/**
 * The line of equal reward inside a window, by growing cost. Sampled along both axes, for it may be flat at one end
 * and steep at the other.
 */
export function isoLine(
  spec: RewardSpec,
  reward: number,
  window: { readonly cost: readonly [number, number]; readonly accuracy: readonly [number, number] },
  samples = 48,
): CostAccuracy[] {
  const points: CostAccuracy[] = [];
  const [c0, c1] = window.cost;
  const [a0, a1] = window.accuracy;
  const inside = ({ cost, accuracy }: CostAccuracy): boolean =>
    cost >= c0 && cost <= c1 && accuracy >= a0 && accuracy <= a1;
  for (let i = 0; i <= samples; i++) {
    const cost = c0 + ((c1 - c0) * i) / samples;
    const accuracy = cost > 0 ? accuracyAt(spec, reward, cost) : undefined;
    if (accuracy !== undefined) points.push({ cost, accuracy });
    const level = a0 + ((a1 - a0) * i) / samples;
    const at = costAt(spec, reward, level);
    if (at !== undefined) points.push({ cost: at, accuracy: level });
  }
  return points.filter(inside).sort((a, b) => a.cost - b.cost || a.accuracy - b.accuracy);
}

/** Rewards of the lines to draw: through the chosen and some around it, a fixed number of accuracy points apart. */
export function isoRewards(
  chosen: { readonly reward: number; readonly accuracy: number },
  rewardAt: (accuracy: number) => number,
  step: number,
  around = 2,
): number[] {
  const rewards: number[] = [];
  for (let k = -around; k <= around; k++) {
    const reward = k === 0 ? chosen.reward : rewardAt(chosen.accuracy + k * step);
    if (Number.isFinite(reward) && !rewards.includes(reward)) rewards.push(reward);
  }
  return rewards;
}
