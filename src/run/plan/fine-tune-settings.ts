import { InputError } from '../../graph/errors.ts';
import { frozenLayers } from '../../graph/frozen.ts';
import type { Graph } from '../../graph/types.ts';
import { defaultTrainSettings } from '../../runtime/training/schedule.ts';
import type { DataOptions, Effort } from '../../terms/choices.ts';
import type { TrainSettings } from '../../terms/training.ts';

const epochsByEffort: Record<Effort, number> = { quick: 3, standard: 15, thorough: 40 };

/** How the pruned network is trained after cutting, at an effort; every arm alike. */
export function fineTuneSettings(
  effort: Effort,
  images: number,
  given: { epochs?: number; augment?: DataOptions['augment']; frozen?: TrainSettings['frozen'] },
): TrainSettings {
  const settings = defaultTrainSettings('fine-tune', {
    images,
    epochs: given.epochs ?? epochsByEffort[effort],
  });
  return {
    ...settings,
    ...(given.augment ? { augmentation: given.augment } : {}),
    ...(given.frozen ? { frozen: given.frozen } : {}),
  };
}

/** What a run does with the layers that its source's file has frozen; undefined where none are. */
export function frozenPlan(graph: Graph, keepFrozen: boolean | undefined): TrainSettings['frozen'] {
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
export function scratchSettings(fineTuning: TrainSettings, images: number): TrainSettings {
  const scratch = defaultTrainSettings('scratch', { images, epochs: fineTuning.epochs });
  const { batchSize, augmentation, frozen } = fineTuning;
  // fresh weights that stay as they are would be worth nothing
  return { ...scratch, batchSize, augmentation, ...(frozen ? { frozen: 'trained' } : {}) };
}
