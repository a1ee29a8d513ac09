import * as z from 'zod';
import { settingError } from '../setting-error.ts';
import { kernelOf, mixes } from '../../graph/op-facts.ts';
import { fullArchitecture } from '../../graph/architecture.ts';
import { costModel } from '../../graph/cost.ts';
import { InputError } from '../../graph/errors.ts';
import type { SettingsContext } from '../types.ts';
import { rewardKinds } from './reward.ts';
import { fits, pruningNetSize, trainingBytes } from './generators/size.ts';
import type { Effort } from '../../terms/choices.ts';
import type { TrainSettings } from '../../terms/training.ts';
import {
  count,
  whole,
  share,
  positive,
  notNegative,
  rates,
  RACED,
  recalibrationMode,
} from '../setting-kinds.ts';
import { searchCriterion } from '../importance/importance.ts';
import { generatorKinds } from './generators/generator.ts';
import type { GeneratorKind } from './generators/generator.ts';
import { offspring, surrogate } from './evolution/search-space.ts';
import { sizeMetric } from '../../terms/goals.ts';

/** Every setting of rewarded meta-pruning. Flat, so that each can be given by name. */
const rewardedMetaSchema = z.strictObject({
  /** what makes the weights of a candidate; auto has been resolved by `settings` */
  generator: z.enum(generatorKinds),
  /** why, in words, where auto chose */
  generatorReason: z.string(),
  /** width of the generators' hidden layers */
  hidden: count,
  /** pruning-net: a scale and offset a batch norm and level (the paper: false) */
  affine: z.boolean(),
  /** inherit: how channels are ranked */
  importance: searchCriterion,

  epochs: whole,
  batchSize: count,
  rate: positive,
  /** inherit: rate of the inherited weights, as a multiple of `rate` */
  weightRate: notNegative,
  schedule: rates,
  momentum: share,
  weightDecay: notNegative,
  labelSmoothing: share,
  /** largest common L2 norm of a step's gradients; 0: any, as in the paper */
  clipNorm: notNegative,
  flip: z.boolean(),
  shift: whole,
  /** encoding vectors of training: uniform over all levels (the paper), or drawn like the search's candidates */
  sampling: z.enum(['uniform', 'window']),

  population: count,
  archive: count,
  parents: count,
  mutation: whole,
  mutationProbability: share,
  crossover: whole,
  generations: count,
  /** levels that random candidates are drawn from; the lower end sinks to 10 below the uniform width that fits */
  lowLevel: whole.max(30),
  highLevel: whole.max(30),
  tries: count,
  /** children outside of the window: brought into it, or rejected as in the paper */
  offspring,
  /** what is expected of candidates by their neighbours' scores, or none of it as in the paper */
  surrogate,
  /** of what was found, how many race with the baselines' networks; 0: the best of the search is the result */
  raced: whole,
  /** the first population holds the uniform width too */
  includeUniform: z.boolean(),
  /** and the widths that plain rules give: by one ranking of all channels, by a knapsack, slice by slice */
  includeRules: z.boolean(),
  /** the search ends after its first part, unless something is ahead of the rules' networks by more than the noise */
  stopEarly: z.boolean(),
  /** one search serves all points of a run; else each is searched for by itself */
  oneSearch: z.boolean(),
  /** lower end of the search's window, as a share of the budget; 0: upper end only */
  windowLow: share,

  /** mini-batches of batch-norm recalibration before each score, and their size */
  recalibrationBatches: count,
  recalibrationBatchSize: count,
  /** average of the batches' statistics, or the paper's running ones */
  recalibrationMode,
  /** images of the validation split that a candidate is scored on, at most */
  validationImages: count,

  reward: z.enum(rewardKinds),
  rewardMetric: sizeMetric,
  /** exponents of the two coefficients; the paper's are 2 and 1 */
  accuracyCoefficient: notNegative,
  efficiencyCoefficient: notNegative,
  /** BA in percent; the paper's 70.6 suits accuracies near 55 */
  baseAccuracy: positive.max(1000),
  /** BF in the metric's unit; absent: the original network's cost */
  baseCost: positive.optional(),
});

export type RewardedMetaSettings = z.infer<typeof rewardedMetaSchema>;

const givenSchema = rewardedMetaSchema
  .omit({ generator: true, generatorReason: true })
  .partial()
  .extend({
    generator: z.enum(['auto', ...generatorKinds]).optional(),
    generatorReason: z.string().optional(),
  });

type Search = Pick<
  RewardedMetaSettings,
  'population' | 'archive' | 'parents' | 'mutation' | 'crossover' | 'generations'
>;
/** The paper's constants are those of `thorough`; the others shrink the population and its parts alike. */
const searches: Record<Effort, Search> = {
  quick: { population: 20, archive: 20, parents: 6, mutation: 10, crossover: 10, generations: 6 },
  standard: { population: 40, archive: 40, parents: 8, mutation: 20, crossover: 20, generations: 12 },
  thorough: { population: 50, archive: 50, parents: 10, mutation: 25, crossover: 25, generations: 20 },
};
/** More images than these change an accuracy by less than two candidates differ (docs/methods/rewarded-meta.md). */
const recalibrations: Record<Effort, { batches: number; size: number; images: number }> = {
  quick: { batches: 10, size: 128, images: 2000 },
  standard: { batches: 20, size: 256, images: 5000 },
  thorough: { batches: 25, size: 256, images: 10_000 },
};
/** The paper's, for its generator. */
const paperRecalibration = { batches: 100, size: 1000, images: 50_000 };
const epochs: Record<Effort, Record<GeneratorKind, number>> = {
  quick: { source: 0, inherit: 2, 'pruning-net': 6 },
  standard: { source: 0, inherit: 6, 'pruning-net': 20 },
  thorough: { source: 0, inherit: 20, 'pruning-net': 64 },
};

/** Fills in what was not given. @throws InputError naming a setting that is wrong or unknown */
export function rewardedMetaSettings(
  given: Readonly<Record<string, unknown>>,
  effort: Effort,
  context: SettingsContext,
  reward: RewardedMetaSettings['reward'],
): RewardedMetaSettings {
  const parsed = givenSchema.safeParse(given);
  if (!parsed.success) throw new InputError(settingError(parsed.error));
  const values = parsed.data;
  const hidden = values.hidden ?? 32;
  const { generator, reason } = choose(values.generator ?? 'auto', hidden, values.epochs ?? 0, context);
  if (generator === 'source' && values.epochs)
    throw new InputError('the generator source trains nothing: leave out epochs, or take generator=inherit');
  const depthwise = context.graph.nodes.some(({ op }) => {
    const kernel = kernelOf(op);
    return kernel && !mixes(kernel);
  });
  const inherit = generator !== 'pruning-net';
  const batchSize =
    values.batchSize ?? (context.trainImages >= 10_000 ? 128 : context.trainImages >= 1000 ? 64 : 32);
  const { batches, size, images } =
    effort === 'thorough' && !inherit ? paperRecalibration : recalibrations[effort];
  const recalibrationBatchSize =
    values.recalibrationBatchSize ?? Math.min(size, Math.max(context.trainImages, 1));
  const defaults: RewardedMetaSettings = {
    generator,
    generatorReason: reason,
    hidden,
    affine: false,
    importance: 'l1',
    epochs: epochs[effort][generator],
    batchSize,
    // the paper's rates (ResNet 0.1 at batch 256, MobileNets 0.25 at 512), in proportion to the batch
    rate: inherit ? (0.05 * batchSize) / 128 : depthwise ? (0.25 * batchSize) / 512 : (0.1 * batchSize) / 256,
    weightRate: 0.4,
    schedule: inherit ? 'cosine' : depthwise ? 'linear' : 'step',
    momentum: 0.9,
    weightDecay: !inherit && depthwise ? 0 : 1e-4,
    // the paper's, for weights made from nothing; trained ones lose by it (measured: README)
    labelSmoothing: inherit ? 0 : 0.1,
    // networks with large logits diverge at the start without (a norm of 27 was seen, where others have 1 to 4)
    clipNorm: inherit ? 5 : 0,
    flip: context.augmentation?.flip ?? false,
    shift: context.augmentation?.shift ?? 0,
    sampling: inherit ? 'window' : 'uniform',
    ...searches[effort],
    mutationProbability: 0.1,
    // the fewer widths a generator must serve, the better it serves them (measured: README)
    lowLevel: inherit ? 10 : 0,
    highLevel: 30,
    tries: 1000,
    offspring: 'repaired',
    surrogate: 'gaussian-process',
    raced: RACED,
    includeUniform: inherit,
    includeRules: inherit,
    stopEarly: false,
    oneSearch: false,
    windowLow: 0.95,
    recalibrationBatches: Math.max(
      1,
      Math.min(batches, Math.floor(Math.max(context.trainImages, 1) / recalibrationBatchSize)),
    ),
    recalibrationBatchSize,
    recalibrationMode: inherit ? 'average' : effort === 'thorough' ? 'momentum' : 'average',
    validationImages: images,
    reward,
    rewardMetric: 'macs',
    accuracyCoefficient: 2,
    efficiencyCoefficient: 1,
    baseAccuracy: 100,
  };
  const merged = { ...defaults, ...definedOnly(values), generator, generatorReason: reason };
  // written out, so that what every run records is complete
  if (merged.reward === 'rewarded-meta') {
    const { graph, dependencies } = context;
    merged.baseCost ??= costModel(graph, dependencies)(fullArchitecture(dependencies))[merged.rewardMetric];
  }
  if (values.mutation === undefined)
    merged.mutation = Math.min(merged.mutation, Math.floor(merged.population / 2));
  if (values.crossover === undefined)
    merged.crossover = Math.min(merged.crossover, merged.population - merged.mutation);
  // the papers' searches go on to the end, and so does one whose result takes part in no race, or that is short anyway
  if (values.stopEarly === undefined)
    merged.stopEarly =
      effort !== 'quick' &&
      merged.includeRules &&
      merged.offspring === 'repaired' &&
      merged.surrogate !== 'none' &&
      merged.raced > 0;
  if (values.oneSearch === undefined)
    merged.oneSearch = merged.offspring === 'repaired' && merged.surrogate !== 'none';
  return parseSettings(merged);
}

/** Validates complete settings. @throws InputError */
export function parseSettings(value: unknown): RewardedMetaSettings {
  const parsed = rewardedMetaSchema.safeParse(value);
  if (!parsed.success) throw new InputError(settingError(parsed.error));
  return parsed.data;
}

/** The generator's training in the runtime's words; step: the paper's drops at 1/4, 1/2 and 3/4. */
export function trainSettings(settings: RewardedMetaSettings): TrainSettings {
  return {
    epochs: settings.epochs,
    batchSize: settings.batchSize,
    optimizer: 'sgd',
    schedule: { kind: settings.schedule, rate: settings.rate, milestones: [0.25, 0.5, 0.75], factor: 0.1 },
    momentum: settings.momentum,
    nesterov: false,
    weightDecay: settings.weightDecay,
    labelSmoothing: settings.labelSmoothing,
    clipNorm: settings.clipNorm || undefined,
    augmentation: { flip: settings.flip, shift: settings.shift },
    patience: 0,
  };
}

function choose(
  wanted: 'auto' | GeneratorKind,
  hidden: number,
  epochs: number,
  { graph, dependencies, untrained }: SettingsContext,
): { generator: GeneratorKind; reason: string } {
  if (wanted !== 'auto') return { generator: wanted, reason: 'as asked' };
  if (!untrained && epochs > 0)
    return {
      generator: 'inherit',
      reason: 'the network is trained, so the search starts from its own weights',
    };
  if (!untrained)
    return { generator: 'source', reason: 'the network is trained, so its own weights rank the candidates' };
  const numbers = pruningNetSize(graph, dependencies, hidden);
  const size = `${(numbers / 1e6).toFixed(1)} million parameters, ${(trainingBytes(numbers) / 2 ** 20).toFixed(0)} MB in training`;
  if (fits(numbers))
    return {
      generator: 'pruning-net',
      reason: `the network is untrained and its PruningNet fits into memory (${size})`,
    };
  return {
    generator: 'inherit',
    reason: `the network is untrained, but its PruningNet would not fit into memory (${size})`,
  };
}

function definedOnly<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined)) as T;
}
