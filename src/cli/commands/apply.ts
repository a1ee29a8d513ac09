import { initialise } from '../../formats/networks/initialise.ts';
import path from 'node:path';
import { saveModel } from '../../formats/index.ts';
import { InputError } from '../../graph/errors.ts';
import { count } from '../../report/text.ts';
import { trainSettingsSchema } from '../../run/plan.ts';
import { probeFolder } from '../../run/probe.ts';
import { configData, rebuild } from '../../run/rebuild.ts';
import { outputs } from '../../run/result.ts';
import { openWorkshop } from '../../run/workshop.ts';
import type { Weights } from '../../graph/types.ts';
import type { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { stopOnCtrlC } from '../stop.ts';
import { dataPlan } from './data-options.ts';
import type { DataOptions } from './data-options.ts';

interface ApplyOptions extends DataOptions {
  readonly out?: string;
  readonly epochs?: number;
}

/** `espalier apply CONFIG`: cuts; with `--data` it also recalibrates and fine-tunes as the config says. */
export async function apply(output: Output, [file]: string[], options: ApplyOptions): Promise<void> {
  const data = dataPlan(options);
  if (!data && options.epochs !== undefined)
    throw new InputError('--epochs needs images: give some with --data');
  const rebuilt = await rebuild(file);
  const { config, source, pruned } = rebuilt;
  if (!rebuilt.sameSource)
    throw new InputError(
      `${rebuilt.sourceFile} is not the model that ${file} was made from (its SHA-256 differs); get that one, or prune anew`,
    );
  const out = options.out
    ? path.resolve(options.out)
    : outputs(source, path.dirname(path.resolve(file))).model;
  await probeFolder(path.dirname(out), config.cost.after.bytes);
  let weights: Weights = pruned.weights;
  const progress = new Progress();
  const stop = stopOnCtrlC(() => progress.say('Stopping…'));
  const { signal } = stop;
  try {
    if (data) {
      const workshop = await openWorkshop(configData(config, data), source, {
        backend: options.backend ?? 'auto',
        threads: options.threads,
        seed: config.method.seed,
        preprocess: options.preprocess ? undefined : config.data?.preprocess,
        signal,
      });
      try {
        weights =
          config.method.retrain === 'scratch'
            ? initialise(pruned.graph, config.method.seed)
            : await workshop.recalibrate(pruned, signal);
        const given = trainSettingsSchema.safeParse(config.fineTuning);
        if (given.success) {
          const settings = { ...given.data, epochs: options.epochs ?? given.data.epochs };
          const network = { graph: pruned.graph, weights };
          const events = workshop.train(network, settings, {
            stage: 'fine-tune',
            seed: config.method.seed,
            signal,
          });
          for (;;) {
            const next = await events.next();
            if (next.done) {
              weights = next.value;
              break;
            }
            if (next.value.type === 'progress')
              progress.update({ ...next.value, perSecond: next.value.imagesPerSecond });
          }
        }
      } finally {
        await workshop.close();
      }
    }
    progress.clear();
    await saveModel(source, pruned.graph, weights, out);
  } finally {
    progress.clear();
    stop.release();
  }
  const trained = data !== undefined;
  output.data({ out, cost: config.cost.after, trained });
  output.print(
    `wrote ${out}: ${count(config.cost.after.macs)} MACs, ${count(config.cost.after.params)} parameters`,
  );
  if (!trained)
    output.print(
      'cut, but not trained: its accuracy is that straight after cutting; give --data to fine-tune it',
    );
}
