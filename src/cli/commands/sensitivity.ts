import { InputError } from '../../graph/errors.ts';
import type { Dependencies } from '../../graph/types.ts';
import type { LoadedModel } from '../../formats/types.ts';
import { change, percent } from '../../report/text.ts';
import { sensitivityOf as measure } from '../../run/rebuild/sensitivity.ts';
import type { SensitivityReport } from '../../run/rebuild/sensitivity.ts';
import type { Effort } from '../../terms/choices.ts';
import { table } from '../output.ts';
import { Progress } from '../progress.ts';
import { stopOnCtrlC } from '../stop.ts';
import { dataOptions } from './data-options.ts';
import type { DataFlags } from './data-options.ts';

export interface SensitivityFlags extends DataFlags {
  readonly sensitivity?: boolean;
  readonly effort?: Effort;
  readonly seed?: number;
  readonly roundTo?: number;
}

/**
 * Measures every prunable group alone. Progress goes to stderr.
 * @throws InputError without images, or where nothing can be pruned; Interrupted by Ctrl-C
 */
export async function sensitivityOf(
  model: LoadedModel,
  dependencies: Dependencies,
  options: SensitivityFlags,
): Promise<SensitivityReport> {
  const data = dataOptions(options);
  if (!data) throw new InputError('--sensitivity is measured on images: give some with --data PATH');
  const { effort = 'standard', seed = 1, roundTo = 1, backend = 'auto', threads } = options;
  const progress = new Progress();
  const stop = stopOnCtrlC(() => progress.say('Stopping…'));
  try {
    return await measure(model, dependencies, {
      data,
      effort,
      seed,
      roundTo,
      backend,
      threads,
      signal: stop.signal,
      ...progress.opening,
      onMeasured: ({ done, total }) =>
        progress.update({ stage: 'sensitivity', done, total, unit: 'networks' }),
      onRemark: (remark) => progress.say(`warning: ${remark}`),
    });
  } finally {
    progress.clear();
    stop.release();
  }
}

/** As a table for people, under a sentence that says what was measured. */
export function sensitivityText(
  { images, recalibrated, whole, measure: of, groups }: SensitivityReport,
  macs: number,
): string {
  const rows = groups.flatMap(({ id, layers, channels, widths }) =>
    widths.map((one, i) => [
      ...(i === 0 ? [id, layers.join(', ')] : ['', '']),
      `${one.width} of ${channels}`,
      change(macs, one.macs),
      signed(one.loss - whole.loss, 4),
      signed(one.accuracy - whole.accuracy, 2),
    ]),
  );
  return [
    `sensitivity: one group alone narrowed, its strongest filters kept, batch norms measured afresh on ${recalibrated} images`,
    of === undefined
      ? `(whole: loss ${whole.loss.toFixed(4)}, ${percent(whole.accuracy, 2)} of ${images} validation images right)`
      : `(whole: loss ${whole.loss.toFixed(4)}, ${percent(whole.accuracy, 2)} ${of} on ${images} validation images)`,
    table(['channel group', 'layers', 'width', 'MACs', 'loss', 'points'], rows, [0, 1]),
  ].join('\n');
}

function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return `±${text}`;
  return `${value < 0 ? '−' : '+'}${text}`;
}
