import { reward } from '../../src/methods/rewarded-meta/reward.ts';
import type { RewardSpec } from '../../src/methods/rewarded-meta/reward.ts';
import type { Candidate } from '../../src/terms/candidates.ts';

/** The accuracy that a search ranks by: after recalibration, else straight after cutting. */
function proxyAccuracy(candidate: Pick<Candidate, 'accuracies'>): number | undefined {
  return candidate.accuracies.recalibrated ?? candidate.accuracies.cut;
}

/**
 * What the panel does with columns of numbers, said plainly: candidates under another reward, best first. Equal rewards: the
 * smaller network first, then the earlier. Candidates without an accuracy come last, without a reward.
 */
export function rerank(candidates: readonly Candidate[], spec: RewardSpec): Candidate[] {
  return candidates
    .map((candidate): Candidate => {
      const accuracy = proxyAccuracy(candidate);
      if (accuracy === undefined) return { ...candidate, reward: undefined };
      return { ...candidate, reward: reward(spec, { accuracy, ...candidate.cost }) };
    })
    .sort((a, b) => compare(a.reward, b.reward) || a.cost.macs - b.cost.macs || a.id - b.id);
}

function compare(a: number | undefined, b: number | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return b - a;
}
