import * as z from 'zod';
import { cost } from './cost.ts';
import type { Frozen } from './frozen.ts';
import { accuracies, measured } from './scores.ts';

/** One width per group, in the order of the network's groups (the network encoding vector in channels). */
export const architecture = z.array(z.number());
export type Architecture = Frozen<z.infer<typeof architecture>>;

/** Per group, the kept channels, ascending; a frozen group keeps all. */
const keptChannels = z.array(z.array(z.number()));
export type KeptChannels = Frozen<z.infer<typeof keptChannels>>;

/** An architecture plus which channels are kept, with its scores. */
export const candidate = z.object({
  /** 0, 1, ... in the order of proposal */
  id: z.number(),
  /** how it came to be: random, mutation, crossover, uniform, l1, ... */
  origin: z.string(),
  architecture,
  kept: keptChannels,
  cost,
  accuracies,
  /** rank by this, descending; absent for methods without a reward */
  reward: measured.optional(),
});
export type Candidate = Frozen<z.infer<typeof candidate>>;

/** A candidate as lists show it: its widths and channels are asked for when it is looked at. */
export const listedCandidate = candidate.omit({ architecture: true, kept: true });
export type ListedCandidate = Frozen<z.infer<typeof listedCandidate>>;

/** Names a candidate within a run: the arm that found it, and its number there. */
export const candidateRef = z.object({ arm: z.string(), id: z.number() });
export type CandidateRef = Frozen<z.infer<typeof candidateRef>>;

/** `run`: the run's folder */
export const candidateOfRun = candidateRef.extend({ run: z.string() });
export type CandidateOfRun = Frozen<z.infer<typeof candidateOfRun>>;

/** A candidate in the lists of its run. */
export type RunCandidate = CandidateRef & ListedCandidate;

/**
 * Another candidate than the chosen one is fine-tuned as an arm of its own in the same run, called "ARM#ID": its stages,
 * progress, losses, scores (cut, recalibrated, fineTuned, test) and latency come under this name.
 */
export const extraArm = (arm: string, id: number): string => `${arm}#${id}`;

/** The candidate that an extra arm is of; null for any other arm. */
export function candidateOfArm(name: string): CandidateRef | null {
  const [, arm, id] = /^(.+)#(\d+)$/.exec(name) ?? [];
  return arm === undefined ? null : { arm, id: Number(id) };
}

/**
 * A run with several points takes its method, and each control, to smaller budgets too: as arms of their own, called
 * "ARM@PERCENT%" by their share of the original in the first budget's metric.
 */
export const pointArm = (arm: string, percent: number): string => `${arm}@${percent}%`;

/** The point that an arm is; null for any other arm. */
export function pointOfArm(name: string): { readonly arm: string; readonly percent: number } | null {
  const [, arm, percent] = /^(.+)@(\d+(?:\.\d+)?)%$/.exec(name) ?? [];
  return arm === undefined ? null : { arm, percent: Number(percent) };
}

/** Whether an arm is the run's method, or a control of it, at the goal: neither a cheaper point nor another candidate. */
export const isAtGoal = (name: string): boolean => !candidateOfArm(name) && !pointOfArm(name);
