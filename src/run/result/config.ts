import path from 'node:path';
import { engineVersion } from '../../config/version.ts';
import { formatRanges } from '../../config/ranges.ts';
import type { ConfigScore, PrunedConfig } from '../../config/schema.ts';
import type { Dependencies, Graph } from '../../graph/types.ts';
import type { LoadedModel } from '../../formats/types.ts';
import type { ImageSet } from '../../data/types.ts';
import { labelledHead } from '../../runtime/heads.ts';
import { aimsOf } from '../../runtime/training/losses.ts';
import type { LatencyPair } from '../steps/ports.ts';
import type { PlacedFiles } from './place.ts';
import type { Plan } from '../plan/plan.ts';
import { multipleOf } from '../plan/rounding.ts';
import type { ArmState, State } from '../store/state.ts';
import { relative } from '../../config/paths.ts';
import { producersOf } from '../../graph/channels.ts';
import type { Preprocess } from '../../terms/images.ts';
import type { Score, Split } from '../../terms/scores.ts';
import type { TrainSettings } from '../../terms/training.ts';
import type { WeightsFrom } from '../../terms/choices.ts';

/** What a config says of the images. */
export interface DataFacts {
  readonly path: string;
  readonly form: string;
  readonly digest: string;
  /** images of each split */
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** see ImageSet.recordedClasses */
  readonly classes?: readonly string[];
  readonly unlabelled?: true;
}

/** An open set's facts. */
export function dataFacts(set: ImageSet): DataFacts {
  const { path: where, form, digest, train, validation, test } = set;
  const sizes = { train: train.size, validation: validation.size, test: test?.size ?? 0 };
  const { unlabelled } = set;
  return { path: where, form, digest, ...sizes, classes: set.recordedClasses, unlabelled };
}

export interface ConfigInputs {
  readonly plan: Plan;
  /** the candidate's number, where it is not the one that the method chose */
  readonly candidate?: number;
  readonly model: LoadedModel;
  readonly modelPath: string;
  readonly dependencies: Dependencies;
  readonly state: State;
  readonly settings: unknown;
  readonly fineTuning: TrainSettings | null;
  readonly set?: DataFacts;
  readonly preprocess?: Preprocess;
  /** only where it was asked for */
  readonly latency?: Omit<LatencyPair, 'spread'>;
  /** where its weights come from */
  readonly weights: WeightsFrom;
  /** of the model as it was written */
  readonly sha256: string;
  readonly before: PrunedConfig['cost']['before'];
  readonly files: PlacedFiles;
}

/** The pruned config of a finished run. Nothing in it depends on when or where the run was. */
export function buildConfig(inputs: ConfigInputs): PrunedConfig {
  const { plan, model, dependencies, state, set, files } = inputs;
  const [main, ...others] = state.arms;
  const controls = others.filter(({ share }) => share === undefined);
  const points = others.filter(({ share }) => share !== undefined);
  const candidate = main.candidate!;
  const from = (file: string) => relative(path.dirname(files.config), file);
  const score = (split: Split, value?: Score): ConfigScore | undefined =>
    value && {
      split,
      accuracy: round(value.accuracy, 4),
      loss: round(value.loss, 6),
      images: value.images,
      measure: value.measure,
      outputs: value.outputs?.map(({ name, loss, value: far }) => ({ name, loss, value: round(far, 6) })),
    };
  return {
    espalier: 1,
    engine: engineVersion,
    source: { path: from(inputs.modelPath), sha256: plan.model.sha256, format: model.format },
    pruned: {
      path: from(files.model),
      sha256: inputs.sha256,
      beside: files.beside.length
        ? files.beside.map(({ file, sha256 }) => ({ path: path.basename(file), sha256 }))
        : undefined,
    },
    data: set && {
      path: from(set.path),
      digest: set.digest,
      form: set.form,
      train: set.train,
      validation: set.validation,
      test: set.test,
      classes: set.classes && [...set.classes],
      limit: plan.data?.limit,
      validationImages: plan.data?.validationImages,
      preprocess: {
        name: inputs.preprocess!.name,
        scale: [...inputs.preprocess!.scale],
        offset: [...inputs.preprocess!.offset],
        bgr: inputs.preprocess!.bgr,
        resize: inputs.preprocess!.resize,
      },
      labelsOf:
        model.graph.outputs.length > 1 && !set.unlabelled ? labelledHead(model.graph).name : undefined,
      unlabelled: set.unlabelled,
    },
    method: {
      name: plan.method,
      seed: plan.seed,
      effort: plan.effort,
      roundTo: multipleOf(plan, model.graph, dependencies),
      freeze: plan.freeze,
      rule: main.rule,
      accuracyDrop: inputs.candidate === undefined ? plan.accuracyDrop : undefined,
      weights: inputs.weights,
      interiorOutputs: plan.interiorOutputs || undefined,
      candidate: inputs.candidate,
    },
    settings: JSON.parse(JSON.stringify(inputs.settings ?? {})) as Record<string, unknown>,
    fineTuning: inputs.fineTuning?.epochs
      ? (JSON.parse(JSON.stringify({ ...inputs.fineTuning, recalibrated: main.recalibrated })) as Record<
          string,
          unknown
        >)
      : undefined,
    learns: set && inputs.fineTuning?.epochs ? learnsOf(model.graph) : undefined,
    computedBy: main.computedBy,
    targets: state.budgets.map(({ metric, limit, original, command }) => ({
      metric,
      limit,
      original,
      command,
    })),
    groups: dependencies.groups.map((group, g) => ({
      id: group.id,
      channels: group.size,
      kept: formatRanges(candidate.kept[g]),
      layers: producersOf(group),
      frozen: group.frozen,
    })),
    cost: { before: inputs.before, after: candidate.cost },
    accuracy: {
      original: score('validation', state.original.validation),
      originalTest: score('test', state.original.test),
      cut: score('validation', main.scores.cut),
      recalibrated: score('validation', main.scores.recalibrated),
      fineTuned: score('validation', main.scores.fineTuned),
      test: score('test', main.scores.test),
    },
    latency: inputs.latency && {
      before: round(inputs.latency.before, 4),
      after: round(inputs.latency.after, 4),
      unit: 'ms',
      threads: inputs.latency.threads,
      machine: inputs.latency.machine,
    },
    controls: controls.length ? controls.map(lineOf) : undefined,
    front: points.length ? points.map(lineOf) : undefined,
  };
}

/** Another arm of the run in a line. */
function lineOf({ name, candidate, scores }: ArmState): NonNullable<PrunedConfig['controls']>[number] {
  const { macs, params } = candidate!.cost;
  return {
    name,
    macs,
    params,
    cut: accuracy(scores.cut),
    recalibrated: accuracy(scores.recalibrated),
    fineTuned: accuracy(scores.fineTuned),
    test: accuracy(scores.test),
  };
}

/** What each output learns by; undefined where it is one with one class an image, as usual. */
function learnsOf(graph: Graph): PrunedConfig['learns'] {
  const aims = aimsOf(graph, true);
  if (aims.length === 1 && aims[0].head.kind !== 'sigmoids' && !graph.taught) return undefined;
  return aims.map(({ head, by, loss }) => ({ output: head.name, by, loss }));
}

const accuracy = (value?: Score): number | undefined => value && round(value.accuracy, 4);

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
