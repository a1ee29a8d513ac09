import { producersOf } from '../../graph/channels.ts';
import { costModel } from '../../graph/cost.ts';
import { InputError } from '../../graph/errors.ts';
import { Random } from '../../graph/random.ts';
import type { Dependencies } from '../../graph/types.ts';
import type { LoadedModel } from '../../formats/types.ts';
import { searchImportance } from '../../methods/importance/search.ts';
import { Cutter } from '../../methods/sensitivity/cutter.ts';
import { architectureAt, cutsOf, openGroups } from '../../methods/sensitivity/levels.ts';
import type { Cut } from '../../methods/sensitivity/levels.ts';
import { measureSensitivity } from '../../methods/sensitivity/measure.ts';
import type { Measured } from '../../methods/sensitivity/measured.ts';
import { cutDefaults } from '../../methods/sensitivity/settings.ts';
import type { BackendChoice, DataOptions, Effort } from '../../terms/choices.ts';
import { agreementOf } from '../../runtime/scoring/likeness.ts';
import { withoutLabels } from '../../runtime/heads.ts';
import type { Measure } from '../../terms/scores.ts';
import { remarksOn } from '../images/head.ts';
import type { Opening } from '../steps/ports.ts';
import { openTrainer } from '../steps/trainer.ts';

/** Each group is measured at so many widths, less one. */
const PARTS = 8;

/** What the network loses where one group alone is narrowed. */
export interface SensitivityReport {
  /** validation images that everything was scored on */
  readonly images: number;
  /** training images that batch norms were measured on */
  readonly recalibrated: number;
  readonly whole: Measured;
  /** what accuracies are, where they aren't plain accuracy */
  readonly measure?: Measure;
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

export interface SensitivityOptions extends Opening {
  readonly data: DataOptions;
  readonly effort: Effort;
  readonly seed: number;
  /** what widths are multiples of */
  readonly roundTo: number;
  readonly backend: BackendChoice;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** networks measured, of all, and groups among them that are done, of all */
  readonly onMeasured?: (networks: Counted, groups: Counted) => void;
  /** what to know of the model and its images, one sentence each */
  readonly onRemark?: (remark: string) => void;
}

interface Counted {
  readonly done: number;
  readonly total: number;
}

/**
 * Measures every prunable group alone at eighths of its width, everything else whole.
 * @throws InputError where nothing can be pruned, or the images don't suit; Interrupted once the signal is aborted
 */
export async function sensitivityOf(
  model: LoadedModel,
  dependencies: Dependencies,
  options: SensitivityOptions,
): Promise<SensitivityReport> {
  const { data, effort, seed, roundTo, backend, threads, signal, onListed, onRead } = options;
  const cuts = cutsOf(dependencies, PARTS, roundTo);
  if (cuts.length === 0)
    throw new InputError(
      'there is nothing to measure: no group can lose channels, or none in such multiples',
    );
  // what other outputs answer doesn't count here
  const how = { backend, threads, seed, answers: false, signal, onListed, onRead };
  const trainer = await openTrainer(data, model, how);
  try {
    const { images, labelled, taught } = trainer;
    const { set } = images;
    for (const remark of remarksOn(model, set)) options.onRemark?.(remark);
    const labels = labelled ? { ...model.graph, labelled } : model.graph;
    const graph = taught ? withoutLabels(model.graph, taught) : labels;
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
        options.onMeasured?.({ done, total }, groupsDone(cuts, done - 1));
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
        measure: taught && agreementOf(graph),
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
}

/** How many groups are through, when so many of the cuts are. */
export function groupsDone(cuts: readonly Cut[], measured: number): Counted {
  const open = new Set(cuts.slice(measured).map(({ group }) => group));
  const total = new Set(cuts.map(({ group }) => group)).size;
  return { done: total - open.size, total };
}
