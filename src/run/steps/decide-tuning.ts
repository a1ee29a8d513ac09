import type { Graph } from '../../graph/types.ts';
import { canTeach } from '../../runtime/training/distiller.ts';
import type { Augmentation } from '../../terms/choices.ts';
import { trainSettings } from '../../terms/training.ts';
import type { TrainSettings } from '../../terms/training.ts';
import { described, findAugmentation } from '../plan/augmentation.ts';
import { fineTuneSettings } from '../plan/fine-tune-settings.ts';
import type { Plan } from '../plan/plan.ts';
import type { State } from '../store/state.ts';
import type { Trainer } from './ports.ts';

/** How every arm of a run is fine-tuned. */
export interface DecidedTuning {
  readonly settings: NonNullable<State['fineTuning']>;
  /** in a sentence; absent where nothing is trained */
  readonly said?: string;
}

/** What is known of the original. */
interface Original {
  readonly graph: Graph;
  /** multiply-accumulates for one image */
  readonly macs: number;
  /** it does no better than guessing, so that it has nothing to teach */
  readonly untrained: boolean;
  /** what becomes of the layers that its file has frozen */
  readonly frozen: TrainSettings['frozen'];
  readonly signal?: AbortSignal;
}

/** Decides it, once, before anything is searched. */
export async function decideTuning(
  plan: Plan,
  trainer: Trainer,
  { graph, macs, untrained, frozen, signal }: Original,
): Promise<DecidedTuning> {
  const { set } = trainer.images;
  const teaches = !untrained && canTeach(graph);
  const choices = { ...plan, augment: plan.data?.augment, frozen };
  const settings = fineTuneSettings(choices, {
    images: set.train.size,
    validation: set.validation.size,
    macs,
    teaches,
  });
  const { epochs } = settings;
  // in the schema's order of keys, as a resumed run reads them
  const decided = (augmentation: Augmentation) => trainSettings.parse({ ...settings, augmentation });
  if (epochs === 0) return { settings: decided(settings.augmentation) };
  const { augmentation, why } =
    plan.data?.augment || untrained
      ? { augmentation: settings.augmentation, why: described(settings.augmentation) }
      : await findAugmentation({
          epochs,
          height: set.height,
          width: set.width,
          classes: set.classes.length,
          accuracy: async (how) => (await trainer.scoreOriginal(how, signal)).accuracy,
        });
  const taught = settings.distillation
    ? `, ${Math.round(100 * settings.distillation)} % of what it learns being the original's own answers`
    : '';
  return {
    settings: decided(augmentation),
    said: `fine-tuning will take ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'} at most${taught}; images are ${why}`,
  };
}
