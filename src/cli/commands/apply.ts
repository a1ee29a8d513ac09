import { InputError } from '../../graph/errors.ts';
import { count } from '../../report/text.ts';
import { applyConfig } from '../../run/rebuild/apply.ts';
import type { Applied } from '../../run/rebuild/apply.ts';
import type { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { stopOnCtrlC } from '../stop.ts';
import { dataOptions } from './data-options.ts';
import type { DataFlags } from './data-options.ts';

interface ApplyOptions extends DataFlags {
  readonly out?: string;
  readonly source?: string;
  readonly epochs?: number;
  readonly cutOnly?: boolean;
  readonly force?: boolean;
}

/**
 * `espalier apply CONFIG`: cuts, and with `--data` recalibrates and trains as the config says.
 * @returns 1 where other bytes were written than the run wrote
 */
export async function apply(output: Output, [file]: string[], options: ApplyOptions): Promise<number> {
  const data = dataOptions(options);
  if (!data && options.epochs !== undefined)
    throw new InputError('--epochs needs images: give some with --data');
  if (data && options.cutOnly)
    throw new InputError('--cut-only trains nothing, so it takes no --data; leave out one of the two');
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
      cutOnly: options.cutOnly,
      force: options.force,
      signal: stop.signal,
      ...progress.opening,
      onEvent: (event) => {
        if (event.type === 'progress') progress.update({ ...event, perSecond: event.imagesPerSecond });
      },
    });
  } finally {
    progress.clear();
    stop.release();
  }
  const { out, beside, wrote, note, cost, outcome, trained, differences } = applied;
  output.data({ out, beside, cost, trained, outcome, differences });
  if (note) output.note(`warning: ${note}`);
  const size = `${count(cost.macs)} MACs, ${count(cost.params)} parameters`;
  output.print(`${outcome === 'there' ? 'nothing to do for' : 'wrote'} ${out}: ${size}`);
  const said = outcomeText(applied);
  if (outcome === 'other') output.note(said);
  else output.print(said);
  if (outcome === 'there' && wrote.length) output.print(`wrote ${wrote.join(', ')}`);
  return outcome === 'other' ? 1 : 0;
}

function outcomeText({ outcome, differences }: Applied): string {
  const other = differences.length ? `here ${differences.join(', ')}` : '';
  switch (outcome) {
    case 'same':
      return 'the same bytes as the run wrote';
    case 'alike':
      return 'the network that the run wrote, to the bit; its file is in another format or container';
    case 'there':
      return 'it holds these bytes already';
    case 'cut':
      return "cut, but not trained: its accuracy is that straight after cutting, not the config's";
    case 'unknown':
      return `not compared with what the run wrote: ${other || 'the config holds no hash of its model'}`;
    case 'other':
      return `other bytes than the run wrote: ${
        other ||
        'their SHA-256 is not the one that the config records; processors differ in more than it records, and the config may have been edited since'
      }`;
  }
}
