import { producersOf } from '../../graph/channels.ts';
import { costModel } from '../../graph/cost.ts';
import { InputError } from '../../graph/errors.ts';
import { Random } from '../../graph/random.ts';
import type { Dependencies } from '../../graph/types.ts';
import type { LoadedModel } from '../../formats/types.ts';
import { searchImportance } from '../../methods/importance/search.ts';
import { Cutter } from '../../methods/sensitivity/cutter.ts';
import { architectureAt, cutsOf, openGroups } from '../../methods/sensitivity/levels.ts';
import { measureSensitivity } from '../../methods/sensitivity/measure.ts';
import type { Measured } from '../../methods/sensitivity/measured.ts';
import { cutDefaults } from '../../methods/sensitivity/settings.ts';
import { change, percent } from '../../report/text.ts';
import { remarksOn } from '../../run/images/head.ts';
import { openTrainer } from '../../run/steps/trainer.ts';
import type { Effort } from '../../terms/choices.ts';
import { table } from '../output.ts';
import { Progress } from '../progress.ts';
import { stopOnCtrlC } from '../stop.ts';
import { dataOptions } from './data-options.ts';
import type { DataFlags } from './data-options.ts';

/** Each group is measured at so many widths, less one. */
const PARTS = 8;

export interface SensitivityFlags extends DataFlags {
  readonly sensitivity?: boolean;
  readonly effort?: Effort;
  readonly seed?: number;
  readonly roundTo?: number;
}

/** What the network loses where one group alone is narrowed. */
export interface SensitivityReport {
  /** validation images that everything was scored on */
  readonly images: number;
  /** training images that batch norms were measured on */
  readonly recalibrated: number;
  readonly whole: Measured;
  readonly groups: readonly {
    readonly id: string;
    readonly layers: readonly string[];
    readonly channels: number;
    readonly widths: readonly (Measured & {
      readonly width: number;
      readonly macs: number;
      readonly params: number;
    })[];
  }[];
}

/**
 * Measures every prunable group alone at eighths of its width, everything else whole. Progress goes to
 * stderr.
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
  const cuts = cutsOf(dependencies, PARTS, roundTo);
  if (cuts.length === 0)
    throw new InputError(
      'there is nothing to measure: no group can lose channels, or none in such multiples',
    );
  const progress = new Progress();
  const stop = stopOnCtrlC(() => progress.say('Stopping…'));
  const { signal } = stop;
  try {
    // what other outputs answer doesn't count here
    const how = { backend, threads, seed, answers: false, signal, ...progress.opening };
    const trainer = await openTrainer(data, model, how);
    try {
      const { images, labelled } = trainer;
      const { set } = images;
      for (const remark of remarksOn(model, set)) progress.say(`warning: ${remark}`);
      const graph = labelled ? { ...model.graph, labelled } : model.graph;
      const context = { graph, weights: model.weights, dependencies };
      const settings = cutDefaults(effort, set.train.size, {});
      const root = new Random(seed).state;
      const importance = await searchImportance(context, images, settings.importance, root);
      const cutter = new Cutter(context, images, settings, root, importance);
      const measuring = measureSensitivity(dependencies, cutter, cuts, [], signal);
      for (;;) {
        const next = await measuring.next();
        if (!next.done) {
          const { done, total } = next.value;
          progress.update({ stage: 'sensitivity', done, total, unit: 'networks' });
          continue;
        }
        const cost = costModel(graph, dependencies);
        const { whole, cuts: measured } = next.value;
        return {
          images: Math.min(settings.validationImages, set.validation.size),
          recalibrated: Math.min(
            settings.recalibrationBatches * settings.recalibrationBatchSize,
            set.train.size,
          ),
          whole,
          groups: openGroups(dependencies).map((group) => ({
            id: group.id,
            layers: producersOf(group),
            channels: group.size,
            widths: measured.flatMap(({ loss, accuracy, ...cut }) => {
              if (cut.group !== group.index) return [];
              const { macs, params } = cost(architectureAt(dependencies, cut));
              return [{ width: cut.width, macs, params, loss, accuracy }];
            }),
          })),
        };
      }
    } finally {
      await trainer.close();
    }
  } finally {
    progress.clear();
    stop.release();
  }
}

/** As a table for people, under a sentence that says what was measured. */
export function sensitivityText(
  { images, recalibrated, whole, groups }: SensitivityReport,
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
    `(whole: loss ${whole.loss.toFixed(4)}, ${percent(whole.accuracy, 2)} of ${images} validation images right)`,
    table(['channel group', 'layers', 'width', 'MACs', 'loss', 'points'], rows, [0, 1]),
  ].join('\n');
}

function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return `±${text}`;
  return `${value < 0 ? '−' : '+'}${text}`;
}
