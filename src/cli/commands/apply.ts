import { InputError } from '../../graph/errors.ts';
import { count } from '../../report/text.ts';
import { applyConfig } from '../../run/apply.ts';
import type { Applied } from '../../run/apply.ts';
import type { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { stopOnCtrlC } from '../stop.ts';
import { dataPlan } from './data-options.ts';
import type { DataOptions } from './data-options.ts';

interface ApplyOptions extends DataOptions {
  readonly out?: string;
  readonly source?: string;
  readonly epochs?: number;
}

/** `espalier apply CONFIG`: cuts; with `--data` it also recalibrates and fine-tunes as the config says. */
export async function apply(output: Output, [file]: string[], options: ApplyOptions): Promise<void> {
  const data = dataPlan(options);
  if (!data && options.epochs !== undefined)
    throw new InputError('--epochs needs images: give some with --data');
  const progress = new Progress();
  const stop = stopOnCtrlC(() => progress.say('Stopping…'));
  let applied: Applied;
  try {
    applied = await applyConfig(file, {
      out: options.out,
      data,
      ownPreprocess: options.preprocess !== undefined,
      epochs: options.epochs,
      backend: options.backend,
      threads: options.threads,
      source: options.source,
      roots: [process.cwd()],
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === 'progress') progress.update({ ...event, perSecond: event.imagesPerSecond });
      },
    });
  } finally {
    progress.clear();
    stop.release();
  }
  const { out, config, trained } = applied;
  output.data({ out, cost: config.cost.after, trained });
  output.print(
    `wrote ${out}: ${count(config.cost.after.macs)} MACs, ${count(config.cost.after.params)} parameters`,
  );
  if (!trained)
    output.print(
      'cut, but not trained: its accuracy is that straight after cutting; give --data to fine-tune it',
    );
}
