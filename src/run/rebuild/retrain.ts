import { engineVersion } from '../../config/version.ts';
import { initialise } from '../../formats/networks/initialise.ts';
import { InputError } from '../../graph/errors.ts';
import { thaw } from '../../graph/frozen.ts';
import type { Weights } from '../../graph/types.ts';
import { adopt, differences, numericsOf } from '../../runtime/backend/numerics.ts';
import type { TrainEvent } from '../../runtime/training/trainer.ts';
import { configData, recordedClasses } from './rebuild.ts';
import type { Rebuilt } from './rebuild.ts';
import type { Opening, Trainer } from '../steps/ports.ts';
import { resettle } from '../steps/settle.ts';
import { openTrainer } from '../steps/trainer.ts';
import type { BackendChoice, DataOptions, WeightsFrom } from '../../terms/choices.ts';
import { fineTuningSchema } from '../../terms/training.ts';

export interface RetrainOptions extends Opening {
  readonly data: DataOptions;
  readonly ownPreprocess?: boolean;
  readonly epochs?: number;
  readonly backend?: BackendChoice;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
}

/**
 * Trains a config's network again as its run did: the same start, images, settings and seed, and the backend as it was
 * set, as far as the user doesn't ask for another.
 * @returns the weights, and in words what was otherwise than the config records
 * @throws InputError where the images are not those of the run
 */
export async function retrain(
  { config, source, pruned }: Rebuilt,
  from: WeightsFrom,
  { data, signal, ...options }: RetrainOptions,
): Promise<{ weights: Weights; differences: string[] }> {
  const { seed } = config.method;
  const recorded = config.computedBy;
  if (recorded) adopt(recorded);
  const trainer = await openTrainer(configData(config, data), source, {
    backend: options.backend ?? recorded?.backend ?? 'auto',
    threads: options.threads ?? (process.env.TF_NUM_INTRAOP_THREADS ? undefined : recorded?.threads),
    seed,
    preprocess: config.data?.preprocess,
    ownPreprocess: options.ownPreprocess,
    recorded: recordedClasses(config),
    signal,
    onListed: options.onListed,
    onRead: options.onRead,
    onTried: options.onTried,
  });
  try {
    refuseOthers(trainer, config.data?.digest);
    const other = recorded ? differences(recorded, numericsOf(trainer.images.backend)) : [];
    if (recorded?.mixed) other.push('one machine instead of several, on which the run went on');
    if (config.engine !== engineVersion) other.push(`Espalier ${engineVersion} instead of ${config.engine}`);
    other.push(...otherImages(trainer, config.data));
    const weights =
      from === 'scratch'
        ? initialise(pruned.graph, seed, pruned.weights)
        : await trainer.recalibrate(pruned, signal);
    if (!config.fineTuning) return { weights, differences: other };
    const { recalibrated, ...trained } = fineTuningSchema.parse(config.fineTuning);
    const { epochs = trained.epochs } = options;
    const { augment = trained.augmentation } = data;
    if (epochs !== trained.epochs) other.push(`${epochs} epochs instead of ${trained.epochs}`);
    if (JSON.stringify(augment) !== JSON.stringify(trained.augmentation)) other.push('another augmentation');
    const settings = { ...trained, epochs, augmentation: augment };
    const graph = settings.frozen === 'trained' ? thaw(pruned.graph) : pruned.graph;
    const network = { graph, weights };
    const events = trainer.train(network, settings, { stage: 'fine-tune', seed, signal });
    for (;;) {
      const next = await events.next();
      if (next.done) {
        const result = { graph, weights: next.value.weights };
        return {
          weights: recalibrated ? await resettle(trainer, result, epochs, signal) : result.weights,
          differences: other,
        };
      }
      options.onEvent?.(next.value);
    }
  } finally {
    await trainer.close();
  }
}

/** @throws InputError before anything is trained */
function refuseOthers({ images: { set } }: Trainer, digest: string | undefined): void {
  if (digest === undefined || set.digest === digest) return;
  throw new InputError(
    `the images in ${set.path} are not those that the config was made with (digest ${set.digest.slice(0, 12)}… instead of ${digest.slice(0, 12)}…); get those, or ask for the cut alone with --cut-only and train it on these`,
  );
}

function otherImages(
  { images: { set, preprocess } }: Trainer,
  recorded: Rebuilt['config']['data'],
): string[] {
  if (!recorded) return [];
  const found: string[] = [];
  if (set.train.size !== recorded.train)
    found.push(`${set.train.size} training images instead of ${recorded.train}`);
  const { name, scale, offset, bgr, resize } = preprocess;
  const same = JSON.stringify({ scale, offset, bgr });
  const before = {
    scale: recorded.preprocess.scale,
    offset: recorded.preprocess.offset,
    bgr: recorded.preprocess.bgr,
  };
  if (same !== JSON.stringify(before))
    found.push(`the preprocessing ${name} instead of ${recorded.preprocess.name}`);
  if (resize !== recorded.preprocess.resize)
    found.push(
      `images resized as ${resize ?? 'before'} instead of ${recorded.preprocess.resize ?? 'older versions did'}`,
    );
  return found;
}
