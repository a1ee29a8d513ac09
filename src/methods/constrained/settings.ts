import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import { settingError } from '../setting-error.ts';
import type { SettingsContext } from '../types.ts';
import { multiplierKinds } from './learner/multiplier.ts';
import type { Effort } from '../../terms/choices.ts';
import { count, share, positive, notNegative, RACED, recalibrationMode, whole } from '../setting-kinds.ts';
import { searchCriterion } from '../importance/importance.ts';
import { ratioPolicies } from './learner/distribution.ts';
import { granularities } from './environment.ts';
import type { Granularity } from './environment.ts';

/** Every setting of constrained pruning. Flat, so that each can be given by name. */
const constrainedSchema = z.strictObject({
  /** which defaults the others have: ours, or the paper's (docs/methods/constrained.md) */
  recipe: z.enum(['espalier', 'paper']),
  /** a ratio a group, or a keep-decision a channel */
  granularity: z.enum(granularities),
  /** which channels a ratio keeps, and which a keep-decision leans to at first */
  importance: searchCriterion,
  /** keep: how strongly it leans to important channels; 0: not at all (the paper) */
  priorScale: notNegative,
  /** where the policy begins: at the uniform width that meets the budgets, or at a raw action of 0 (the paper) */
  start: z.enum(['budget', 'zero']),

  updates: count,
  episodesPerUpdate: count,
  policy: z.enum(ratioPolicies),
  hidden: count,
  logSigma: z.number(),
  gamma: share,
  lambda: share,
  costGamma: share,
  costLambda: share,
  normaliseObservations: z.boolean(),
  epochs: count,
  minibatch: z.number().int().min(2),
  rate: positive,
  gradientClip: positive,
  clip: positive,
  clipCosts: z.boolean(),
  rescaleCosts: z.boolean(),
  klTarget: notNegative,
  valueCoefficient: notNegative,
  entropyCoefficient: notNegative,

  multiplier: z.enum(multiplierKinds),
  multiplierStart: notNegative,
  multiplierRate: positive,
  pidProportional: notNegative,
  pidIntegral: notNegative,
  pidDerivative: notNegative,
  pidSmoothing: z.number().min(0).max(0.999),
  pidDelay: count,
  multiplierMost: positive,

  /** largest share of a group that goes at the start, and how much that grows until the end */
  mostPruned: share,
  mostPrunedGrowth: share,

  /** training steps of an episode's network before it is scored, in equal parts of the learning */
  tuneSteps: z.array(z.number().int().min(0)).min(1),
  tuneRate: positive,
  tuneBatchSize: count,

  recalibrationBatches: count,
  recalibrationBatchSize: count,
  recalibrationMode,
  validationImages: count,

  /**
   * a run with several points: one policy serves them all, and sees its episode's budget, drawn anew each time. The
   * paper's has one budget
   */
  onePolicy: z.boolean(),

  /** the network at the end: the best that met the budgets, the policy's mean, or one episode drawn (the paper) */
  final: z.enum(['best', 'greedy', 'sample']),
  /** best: how many of the best are brought to the budgets exactly and scored again */
  finalists: count,
  /** of these, how many race with the baselines' networks; 0: the best of them is the result */
  raced: whole,
  /**
   * best: what is expected of widths by all scores chooses, or (none) the single scores. By default a keep-decision has
   * none: which channels stay counts as much as how many
   */
  surrogate: z.enum(['gaussian-process', 'none']),
  /** seconds that a script may take for a candidate */
  scriptSeconds: positive,
  /** measurements of the result by a measured budget; the largest must hold */
  confirmations: count,
  /** latency: the result stays below its budget by this share, for noise */
  latencyMargin: z.number().min(0).max(0.5),
});
export type ConstrainedSettings = z.infer<typeof constrainedSchema>;

type Sizes = Pick<
  ConstrainedSettings,
  'updates' | 'episodesPerUpdate' | 'rate' | 'validationImages' | 'finalists'
>;
const sizes: Record<Effort, Sizes> = {
  quick: { updates: 12, episodesPerUpdate: 8, rate: 0.01, validationImages: 1000, finalists: 4 },
  standard: { updates: 30, episodesPerUpdate: 16, rate: 0.005, validationImages: 2000, finalists: 8 },
  thorough: { updates: 60, episodesPerUpdate: 32, rate: 0.003, validationImages: 5000, finalists: 16 },
};
const recalibrations: Record<Effort, { batches: number; size: number }> = {
  quick: { batches: 5, size: 128 },
  standard: { batches: 10, size: 128 },
  thorough: { batches: 20, size: 256 },
};

/**
 * The defaults that differ where the paper's recipe is asked for: what its authors' code ran
 * (docs/methods/constrained.md).
 */
function paper(granularity: Granularity, decisions: number): Partial<ConstrainedSettings> {
  const steps = granularity === 'keep' ? 124_000 : 40_000;
  // 128 steps of 3 environments; whole episodes only
  const episodesPerUpdate = Math.max(1, Math.round(384 / decisions));
  return {
    priorScale: 0,
    start: 'zero',
    updates: Math.max(1, Math.round(steps / (episodesPerUpdate * decisions))),
    episodesPerUpdate,
    policy: 'clipped',
    hidden: 32,
    logSigma: 0,
    gamma: 0.99,
    costGamma: 0.99,
    lambda: 0.95,
    normaliseObservations: true,
    rate: 3e-4,
    gradientClip: 0.5,
    rescaleCosts: false,
    klTarget: granularity === 'keep' ? 0 : 0.1,
    multiplier: 'softplus-adam',
    multiplierRate: 1,
    multiplierMost: 1000,
    mostPruned: granularity === 'keep' ? 1 : 0.9,
    mostPrunedGrowth: granularity === 'keep' ? 0 : 0.05,
    tuneSteps: granularity === 'keep' ? [0, 0, 32, 64, 256] : [0, 32, 128],
    validationImages: 20_000,
    onePolicy: false,
    final: 'sample',
    raced: 0,
    surrogate: 'none',
  };
}

/** Fills in what was not given. @throws InputError naming a setting that is wrong or unknown */
export function constrainedSettings(
  given: Readonly<Record<string, unknown>>,
  effort: Effort,
  { dependencies, trainImages }: SettingsContext,
): ConstrainedSettings {
  const parsed = constrainedSchema.partial().safeParse(given);
  if (!parsed.success) throw new InputError(settingError(parsed.error));
  const values = Object.fromEntries(
    Object.entries(parsed.data).filter(([, v]) => v !== undefined),
  ) as Partial<ConstrainedSettings>;
  const { batches, size } = recalibrations[effort];
  const images = Math.max(trainImages, 1);
  const recalibrationBatchSize = values.recalibrationBatchSize ?? Math.min(size, images);
  const granularity = values.granularity ?? 'ratio';
  const multiplier = values.multiplier ?? (values.recipe === 'paper' ? 'softplus-adam' : ('pid' as const));
  const decisions = dependencies.groups.filter((g) => g.frozen === undefined && g.size > 1).length;
  const defaults: ConstrainedSettings = {
    recipe: 'espalier',
    granularity,
    importance: 'l1',
    priorScale: 2,
    start: 'budget',
    ...sizes[effort],
    policy: 'squashed',
    hidden: 32,
    logSigma: -0.7,
    gamma: 1,
    lambda: 0.95,
    costGamma: 1,
    costLambda: 1,
    normaliseObservations: false,
    epochs: 10,
    minibatch: 64,
    gradientClip: 0.5,
    clip: 0.2,
    clipCosts: false,
    rescaleCosts: true,
    klTarget: 0.1,
    valueCoefficient: 0.5,
    entropyCoefficient: 0,
    multiplier,
    multiplierStart: 1,
    multiplierRate: 1,
    pidProportional: 3,
    pidIntegral: 0.2,
    pidDerivative: 1,
    pidSmoothing: 0.2,
    pidDelay: 1,
    multiplierMost: 100,
    mostPruned: 0.95,
    mostPrunedGrowth: 0,
    tuneSteps: [0],
    tuneRate: 3e-4,
    tuneBatchSize: Math.min(60, images),
    recalibrationBatches: Math.max(1, Math.min(batches, Math.floor(images / recalibrationBatchSize))),
    recalibrationBatchSize,
    recalibrationMode: 'average',
    onePolicy: true,
    final: 'best',
    raced: RACED,
    surrogate: granularity === 'ratio' ? 'gaussian-process' : 'none',
    scriptSeconds: 60,
    confirmations: 3,
    latencyMargin: 0.02,
  };
  const own = values.recipe === 'paper' ? paper(granularity, Math.max(decisions, 1)) : {};
  return parseConstrained({ ...defaults, ...own, ...values });
}

/** Validates complete settings. @throws InputError */
export function parseConstrained(value: unknown): ConstrainedSettings {
  const parsed = constrainedSchema.safeParse(value);
  if (!parsed.success) throw new InputError(settingError(parsed.error));
  return parsed.data;
}
