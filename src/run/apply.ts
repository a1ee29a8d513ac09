import path from 'node:path';
import { initialise } from '../formats/networks/initialise.ts';
import { saveModel } from '../formats/index.ts';
import { InputError } from '../graph/errors.ts';
import type { Bounds } from '../config/paths.ts';
import type { Weights } from '../graph/types.ts';
import type { PrunedConfig } from '../config/schema.ts';
import type { TrainEvent } from '../runtime/trainer.ts';
import type { DataPlan } from './plan.ts';
import { trainSettingsSchema } from './plan.ts';
import { probeFolder } from './probe.ts';
import { configData, rebuild } from './rebuild.ts';
import type { Rebuilt } from './rebuild.ts';
import { outputs } from './result.ts';
import { openWorkshop } from './workshop.ts';

export interface ApplyOptions extends Bounds {
  /** where to write the model; default where the run did */
  readonly out?: string;
  /** images to recalibrate and fine-tune on, as the config says */
  readonly data?: DataPlan;
  /** look for the preprocessing that `data` names, rather than take the config's */
  readonly ownPreprocess?: boolean;
  /** of fine-tuning; default as in the config */
  readonly epochs?: number;
  readonly backend?: 'auto' | 'tensorflow' | 'wasm';
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
}

export interface Applied {
  readonly out: string;
  readonly config: PrunedConfig;
  readonly trained: boolean;
}

/**
 * Rebuilds the pruned model of a config from its source: cut, and with images also recalibrated and fine-tuned.
 * @throws InputError where the source is not the one that the config was made from
 */
export async function applyConfig(file: string, options: ApplyOptions = {}): Promise<Applied> {
  const rebuilt = await rebuild(file, undefined, options);
  const { config, source, pruned } = rebuilt;
  if (!rebuilt.sameSource)
    throw new InputError(
      `${rebuilt.sourceFile} is not the model that ${file} was made from (its SHA-256 differs); get that one, or prune anew`,
    );
  const out = options.out
    ? path.resolve(options.out)
    : outputs(source, path.dirname(path.resolve(file))).model;
  await probeFolder(path.dirname(out), config.cost.after.bytes);
  const weights = options.data ? await trained(rebuilt, options.data, options) : pruned.weights;
  await saveModel(source, pruned.graph, weights, out);
  return { out, config, trained: options.data !== undefined };
}

async function trained(
  { config, source, pruned }: Rebuilt,
  data: DataPlan,
  options: ApplyOptions,
): Promise<Weights> {
  const { signal } = options;
  const { seed, retrain } = config.method;
  const workshop = await openWorkshop(configData(config, data), source, {
    backend: options.backend ?? 'auto',
    threads: options.threads,
    seed,
    preprocess: options.ownPreprocess ? undefined : config.data?.preprocess,
    signal,
  });
  try {
    const weights =
      retrain === 'scratch' ? initialise(pruned.graph, seed) : await workshop.recalibrate(pruned, signal);
    const given = trainSettingsSchema.safeParse(config.fineTuning);
    if (!given.success) return weights;
    const settings = { ...given.data, epochs: options.epochs ?? given.data.epochs };
    const network = { graph: pruned.graph, weights };
    const events = workshop.train(network, settings, { stage: 'fine-tune', seed, signal });
    for (;;) {
      const next = await events.next();
      if (next.done) return next.value;
      options.onEvent?.(next.value);
    }
  } finally {
    await workshop.close();
  }
}
