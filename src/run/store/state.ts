import * as z from 'zod';
import type { Snapshot } from '../../runtime/types.ts';
import { computedBySchema } from '../../config/schema.ts';
import { InputError } from '../../graph/errors.ts';
import { candidate } from '../../terms/candidates.ts';
import { budget } from '../../terms/goals.ts';
import { preprocess } from '../../terms/images.ts';
import { score } from '../../terms/scores.ts';
import { weightsFrom } from '../../terms/choices.ts';
import { trainSettings } from '../../terms/training.ts';

/** The steps of one arm, in order. */
export const steps = ['method', 'race', 'cut', 'recalibrate', 'fine-tune', 'test', 'done'] as const;

/** A race under way (steps/race.ts). Networks are named by their place in `contenders`. */
const race = z.object({
  contenders: z.array(candidate),
  /**
   * The id after those of the candidates that the method reported; from it on come the baselines' networks, which are
   * the last of the contenders. The key is that of older checkpoints.
   */
  told: z.number(),
  /** how many of the contenders the method found; absent before the baselines' are there */
  found: z.number().optional(),
  /** the round under way, from 0, who is in it, and what those who have run came to, in the same order */
  round: z.number(),
  field: z.array(z.number()),
  scores: z.array(score),
});
export type RaceState = z.infer<typeof race>;

const arm = z.object({
  name: z.string(),
  step: z.enum(steps),
  /** of every budget's limit, where it is a cheaper point of the trade-off (terms/candidates.ts, pointArm) */
  share: z.number().optional(),
  /** of such a point: what stands in for its measured budgets, and how far they are tightened (see State) */
  proxy: z.number().optional(),
  tightened: z.number().optional(),
  /** tries of the method, where a measured budget was missed */
  tries: z.number(),
  candidate: candidate.optional(),
  /** what races before one of them is the arm's candidate; absent where nothing does, and once it is over */
  race: race.optional(),
  /** the plain rule whose network won the race; absent where the method's own did, or there was none */
  rule: z.string().optional(),
  /** where its weights come from; absent until it has any, and in runs of older versions */
  weights: weightsFrom.optional(),
  /** what its weights were computed by; `mixed` where a later session computed otherwise */
  computedBy: computedBySchema.optional(),
  /** its batch norms were measured afresh after training, which scored better */
  recalibrated: z.literal(true).optional(),
  /** what its method's search left undone, in training images of the whole network (plan/equal-cost.ts) */
  spared: z.number().optional(),
  /** its weights that were put aside are known by this (arm-weights.ts); absent in runs of older versions */
  filed: z.string().optional(),
  scores: z.object({
    cut: score.optional(),
    recalibrated: score.optional(),
    fineTuned: score.optional(),
    test: score.optional(),
  }),
});
export type ArmState = z.infer<typeof arm>;

const inner = z.object({
  kind: z.string(),
  random: z.array(z.number()).length(4).optional(),
  json: z.unknown(),
});

const stateSchema = z.object({
  seq: z.number().int().nonnegative(),
  seconds: z.number(),
  prepared: z.boolean(),
  /** what the run began with, so that nothing of it changes between two sessions: its plan, and its images' stamp */
  plan: z.string().optional(),
  images: z.string().optional(),
  /** the files with class names beside its model; absent in runs of older versions */
  names: z.array(z.object({ name: z.string(), sha256: z.string() })).optional(),
  preprocess: preprocess.optional(),
  found: z.string().optional(),
  /** the classes by output, where they are not the folders with images by name; absent in runs of older versions */
  classes: z.union([z.array(z.string()), z.literal('images')]).optional(),
  /** what the run began to compute by; absent without images, and in runs of older versions */
  computedBy: computedBySchema.optional(),
  /** how every arm is fine-tuned, decided once; absent without images, and in runs of older versions */
  fineTuning: trainSettings.optional(),
  budgets: z.array(budget),
  /** one search of its method serves all points; absent where each is searched for, and in runs of older versions */
  oneSearch: z.literal(true).optional(),
  /** what the goal's search has learned, for as long as cheaper points go on from it */
  learned: z.object({ json: z.unknown() }).optional(),
  /** those that the run began with, where it has come to cheaper ones by seeking an accuracy (steps/points) */
  range: z.array(budget).optional(),
  /** shares of points that could not be reached on that way */
  unreached: z.array(z.number()).optional(),
  /** limits on MACs that stand in for measured budgets */
  proxy: z.number().optional(),
  /** share of the measured budgets that a method which measures for itself aims at, after a miss */
  tightened: z.number().optional(),
  original: z.object({ validation: score.optional(), test: score.optional() }),
  arms: z.array(arm),
  /** candidates other than the chosen one that were taken further, called "ARM#ID" */
  extras: z.array(arm).optional(),
  inner: inner.optional(),
  /** what was under way with an extra arm; the run's own stays as it was meanwhile */
  innerExtra: inner.optional(),
});
/** Where a run stands, beside the arrays of its checkpoint. */
export type State = z.infer<typeof stateSchema>;

export function newState(): State {
  return { seq: 0, seconds: 0, prepared: false, budgets: [], original: {}, arms: [] };
}

/** State and arrays of a checkpoint: weights by arm, and the arrays of what was under way and of what was learned. */
export function readState(snapshot: Snapshot): {
  state: State;
  weights: Map<string, Map<string, Float32Array>>;
  inner: Map<string, Float32Array>;
  innerExtra: Map<string, Float32Array>;
  learned: Map<string, Float32Array>;
} {
  const parsed = stateSchema.safeParse(snapshot.json);
  if (!parsed.success)
    throw new InputError('the checkpoint is not one of this version of Espalier; start a new run');
  const weights = new Map<string, Map<string, Float32Array>>();
  const under = {
    inner: new Map<string, Float32Array>(),
    innerExtra: new Map<string, Float32Array>(),
    learned: new Map<string, Float32Array>(),
  };
  for (const [name, values] of snapshot.arrays) {
    const [, slot, array] = /^(inner|innerExtra|learned)\/(.*)$/s.exec(name) ?? [];
    if (slot !== undefined) {
      under[slot as keyof typeof under].set(array, values);
      continue;
    }
    const [, armName, param] = /^weights\/([^/]*)\/(.*)$/s.exec(name) ?? [];
    if (armName === undefined) continue;
    if (!weights.has(armName)) weights.set(armName, new Map());
    weights.get(armName)!.set(param, values);
  }
  return { state: parsed.data, weights, ...under };
}
