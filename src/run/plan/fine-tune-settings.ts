import { batchCount } from '../../data/batches.ts';
import { InputError } from '../../graph/errors.ts';
import { frozenLayers } from '../../graph/frozen.ts';
import { hasNorms } from '../../graph/op-facts.ts';
import type { Graph } from '../../graph/types.ts';
import { defaultTrainSettings, fineTuneBatch } from '../../runtime/training/schedule.ts';
import type { Augmentation, Effort } from '../../terms/choices.ts';
import type { Plan } from './plan.ts';
import { fineTuneDefaults } from '../../terms/training.ts';
import type { TrainSettings } from '../../terms/training.ts';

/**
 * How long the pruned network is trained after cutting: `epochs` at least, and on few images as many more as `steps`
 * mini-batches need, as long as they take no more than `macs` multiply-accumulates (of the forward pass, by the original).
 * Measured in docs/fine-tuning.md.
 */
const lengths: Record<Effort, { readonly epochs: number; readonly steps: number; readonly macs: number }> = {
  quick: { epochs: 3, steps: 2_000, macs: 2e12 },
  standard: { epochs: 15, steps: 6_000, macs: 6e12 },
  thorough: { epochs: 40, steps: 14_000, macs: 14e12 },
};
/** Of a handful of images an epoch is one step, and each is followed by a look at the validation images. */
const MOST_EPOCHS = 500;
/** Fewer validation images can't tell one epoch from another: then the last one's weights are taken. */
const ENOUGH_TO_TELL = 100;
/** A loss that has not fallen for so many epochs, or for a third of them all, is one that won't. */
const LEAST_PATIENCE = 10;

/** What the length and the aim of a fine-tuning go by. */
export interface Tuned {
  /** training images */
  readonly images: number;
  readonly validation: number;
  /** multiply-accumulates of the original, for one image */
  readonly macs: number;
  /** whether the original has anything to teach: it is trained, and gives probabilities */
  readonly teaches: boolean;
}

/** What a plan says of it. */
export type TuningChoices = Pick<Plan, 'effort' | 'fineTuneEpochs' | 'fineTuneRate' | 'distillation'> & {
  readonly augment?: Augmentation;
  readonly frozen?: TrainSettings['frozen'];
};

/** How the pruned network is trained after cutting, at an effort; every arm alike. */
export function fineTuneSettings(choices: TuningChoices, tuned: Tuned): TrainSettings {
  const { images, validation, teaches } = tuned;
  const { augment, frozen, fineTuneRate, distillation = fineTuneDefaults.distillation } = choices;
  const epochs = choices.fineTuneEpochs ?? epochsFor(choices.effort, tuned);
  const settings = defaultTrainSettings('fine-tune', { images, epochs });
  return {
    ...settings,
    ...(fineTuneRate === undefined ? {} : { schedule: { ...settings.schedule, rate: fineTuneRate } }),
    ...(augment ? { augmentation: augment } : {}),
    ...(teaches && distillation > 0 ? { distillation } : {}),
    ...(validation >= ENOUGH_TO_TELL
      ? { patience: Math.max(LEAST_PATIENCE, Math.ceil(epochs / 3)), keepBest: true as const }
      : {}),
    ...(frozen ? { frozen } : {}),
  };
}

function epochsFor(effort: Effort, { images, macs }: Tuned): number {
  const { epochs, steps, macs: most } = lengths[effort];
  const perEpoch = Math.max(1, batchCount(images, fineTuneBatch(images), true));
  const few = Math.min(MOST_EPOCHS, Math.ceil(steps / perEpoch), Math.floor(most / (images * macs)));
  return Math.max(epochs, few);
}

/** What a run does with the layers that its source's file has frozen; undefined where none are. */
export function frozenSetting(graph: Graph, keepFrozen: boolean | undefined): TrainSettings['frozen'] {
  if (frozenLayers(graph).length === 0) return undefined;
  return keepFrozen ? 'kept' : 'trained';
}

/**
 * The same in a sentence.
 * @param how what leaves them frozen, to be followed by "them"
 * @throws InputError where nothing would be left to train
 */
export function frozenSentence(
  graph: Graph,
  keepFrozen: boolean | undefined,
  how = '--keep-frozen leaves',
): string | null {
  const frozen = frozenLayers(graph);
  if (frozen.length === 0) return null;
  const one = frozen.length === 1;
  const which = one ? `layer ${frozen[0]} is` : `${frozen.length} layers are`;
  if (!keepFrozen)
    return `${which} frozen in the file, and ${one ? 'is' : 'are'} trained after cutting all the same, since cutting changed what ${one ? 'it computes' : 'they compute'} (${how} ${one ? 'it' : 'them'}); the file that is written has ${one ? 'it' : 'them'} frozen as before`;
  if (!Object.values(graph.params).some(({ trainable }) => trainable))
    throw new InputError(
      'every layer is frozen in the file, so with --keep-frozen nothing is left to train; leave it out, or add --fine-tune-epochs 0',
    );
  return `${which} frozen in the file and ${one ? 'stays' : 'stay'} so, as asked: what cutting costs there, training can't make good`;
}

/**
 * The same training for a network that starts from nothing: as many epochs of the same images, with the rate and the
 * warm-up that a fresh network needs (a fine-tuning rate would make this control look worse than it is).
 */
export function scratchSettings(fineTuning: TrainSettings, images: number, graph: Graph): TrainSettings {
  const about = { images, epochs: fineTuning.epochs, norms: hasNorms(graph) };
  const scratch = defaultTrainSettings('scratch', about);
  const { batchSize, augmentation, distillation, patience, keepBest, frozen } = fineTuning;
  // fresh weights that stay as they are would be worth nothing
  return {
    ...scratch,
    batchSize,
    augmentation,
    patience,
    ...(distillation ? { distillation } : {}),
    ...(keepBest ? { keepBest } : {}),
    ...(frozen ? { frozen: 'trained' } : {}),
  };
}
