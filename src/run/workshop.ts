import { Random } from '../graph/random.ts';
import { InputError, Interrupted } from '../graph/errors.ts';
import type { Graph, Weights } from '../graph/types.ts';
import { batchCount, batches } from '../data/batches.ts';
import { commonPreprocesses, findPreprocess } from '../data/find-preprocess.ts';
import { openImages } from '../data/open.ts';
import { parsePreprocess, standardise } from '../data/preprocess.ts';
import { thumbnails } from '../data/sample.ts';
import type { Augmentation, Batch, ImageSet, Preprocess, Split } from '../data/types.ts';
import type { LoadedModel } from '../formats/types.ts';
import { defaultThreads } from '../runtime/backend/numerics.ts';
import { openBackend } from '../runtime/backend/open.ts';
import { Network } from '../runtime/network.ts';
import { recalibrate } from '../runtime/recalibrate.ts';
import { rehearse } from '../runtime/rehearse.ts';
import { evaluate, openScorer } from '../runtime/score.ts';
import { train } from '../runtime/trainer.ts';
import type { TrainEvent } from '../runtime/trainer.ts';
import type { Backend, Score, TrainSettings } from '../runtime/types.ts';
import type { Sample } from './events.ts';
import type { DataPlan } from './plan.ts';
import { resizeFor, withResize } from './resizing.ts';
import type { ResizeOptions } from './resizing.ts';
import type { Sized, TrainingOptions, Workshop, WorkshopOptions } from './services.ts';

/** The validation split is drawn from this seed in every command, so that what `train` held out stays held out. */
export const splitSeed = 0;
const scoringBatch = 256;
/** Images that the preprocessing is found on, and that batch norms are recalibrated on, at most. */
const sampleImages = 1000;
const recalibrationImages = 6400;

/** Opens an image set at a model's input size, resized as the model knows it, without an engine: enough to score. */
export async function openSet(
  data: DataPlan,
  model: LoadedModel,
  options: ResizeOptions & { onProgress?: (done: number, total: number) => void } = {},
): Promise<ImageSet> {
  const { graph } = model;
  const op = graph.nodes.find((node) => node.id === graph.inputs[0])?.op;
  if (graph.inputs.length !== 1 || op?.kind !== 'input' || op.shape.length !== 3)
    throw new InputError(
      `${model.name} does not take images: it needs one input of height, width and channels`,
    );
  const [height, width, channels] = op.shape;
  if (channels !== 1 && channels !== 3)
    throw new InputError(`${model.name} takes ${channels} channels; images have 1 or 3`);
  return await openImages(data.path, {
    height,
    width,
    channels,
    seed: splitSeed,
    limit: data.limit,
    validationImages: data.validationImages,
    resize: resizeFor(data, model, options),
    signal: options.signal,
    onProgress: options.onProgress,
  });
}

/** The preprocessing that was asked for, or the one that suits the network best. */
export async function choosePreprocess(
  data: DataPlan,
  set: ImageSet,
  model: LoadedModel,
  options: { threads?: number; signal?: AbortSignal } = {},
): Promise<{ preprocess: Preprocess; found: string }> {
  const { preprocess, found } = await chooseScale(data, set, model, options);
  const { resized } = set;
  return {
    preprocess: withResize(preprocess, set),
    found: resized ? `${found.replace(/\.$/, '')}; images of other sizes: ${resized.why}` : found,
  };
}

async function chooseScale(
  data: DataPlan,
  set: ImageSet,
  model: LoadedModel,
  options: { threads?: number; signal?: AbortSignal },
): Promise<{ preprocess: Preprocess; found: string }> {
  const asked = parsePreprocess(data.preprocess);
  if (asked === 'standardise') return { preprocess: await standardise(set.train), found: 'as asked' };
  if (asked !== 'auto') return { preprocess: asked, found: 'as asked' };
  const split = part(set.validation, sampleImages);
  const scorer = await openScorer(model.graph, model.weights, { threads: options.threads, logits: true });
  try {
    const scoreWith = (preprocess: Preprocess) =>
      evaluate(scorer, batches(split, preprocess, { batchSize: scoringBatch, order: 'sequential' }), {
        signal: options.signal,
      });
    const found = await findPreprocess(scoreWith, await commonPreprocesses(set.train), set.classes.length);
    return { preprocess: found.preprocess, found: found.reason };
  } finally {
    await scorer.release();
  }
}

/** Images, an engine and a preprocessing: all that training and scoring need. */
export async function openWorkshop(
  data: DataPlan,
  model: LoadedModel,
  options: WorkshopOptions,
): Promise<Workshop> {
  const { threads = defaultThreads(), signal } = options;
  let opened: Promise<Backend> | undefined;
  // before anything is scored: where onnxruntime is missing, this engine scores, too
  const engine = (): Promise<Backend> =>
    (opened ??= openBackend({ prefer: options.backend, threads }).then((backend) => {
      rehearse(backend, model.graph, model.weights);
      return backend;
    }));
  const set = await openSet(data, model, {
    recorded: options.preprocess,
    threads,
    signal,
    beforeScoring: async () => void (await engine()),
  });
  try {
    const backend = await engine();
    const recorded = options.ownPreprocess ? undefined : options.preprocess;
    const chosen = recorded
      ? { preprocess: withResize(recorded, set), found: 'as before' }
      : await choosePreprocess(data, set, model, { threads, signal });
    return new RealWorkshop(set, chosen.preprocess, chosen.found, backend, threads);
  } catch (error) {
    await set.close();
    throw error;
  }
}

class RealWorkshop implements Workshop {
  readonly images;

  constructor(
    private readonly set: ImageSet,
    private readonly preprocess: Preprocess,
    readonly found: string,
    private readonly backend: Backend,
    private readonly threads: number | undefined,
  ) {
    this.images = { set, preprocess, backend };
  }

  async score(network: Sized, name: 'validation' | 'test', signal?: AbortSignal): Promise<Score> {
    const split = name === 'test' ? this.set.test : this.set.validation;
    if (!split) throw new InputError(`${this.set.path} has no test images`);
    return await scoreSplit(network, split, this.preprocess, {
      threads: this.threads,
      backend: this.backend,
      signal,
    });
  }

  async recalibrate({ graph, weights }: Sized, signal?: AbortSignal): Promise<Weights> {
    if (!graph.nodes.some((node) => node.op.kind === 'batchNorm')) return weights;
    const split = part(this.set.train, recalibrationImages);
    const statistics = await recalibrate(this.backend, graph, weights, {
      batches: batches(split, this.preprocess, { batchSize: 64, order: 'sequential' }),
      signal,
    });
    return new Map([...weights, ...statistics]);
  }

  async *train(
    { graph, weights }: Sized,
    settings: TrainSettings,
    options: TrainingOptions,
  ): AsyncGenerator<TrainEvent, Weights, void> {
    const network = new Network(this.backend, graph, weights);
    try {
      yield* train(network, {
        ...epochBatches(this.set.train, this.preprocess, settings, options.seed),
        settings,
        seed: options.seed,
        stage: options.stage,
        from: options.from,
        signal: options.signal,
        validate: () => this.score({ graph, weights: network.weights() }, 'validation', options.signal),
      });
      return network.weights();
    } finally {
      network.dispose();
    }
  }

  async samples(before: Sized, after: Sized): Promise<Sample[]> {
    const split = this.set.test ?? this.set.validation;
    const random = new Random(1);
    const indices = random.shuffle(Array.from({ length: split.size }, (_, i) => i)).slice(0, 12);
    const enlarge = Math.max(1, Math.round(112 / Math.max(split.height, split.width)));
    const images = await thumbnails(split, indices, Math.min(enlarge, 2));
    const answers: string[][] = [];
    for (const network of [before, after]) {
      const scores = await answersOf(network, picked(split, indices), this.preprocess, this.threads);
      answers.push(scores.map((best) => this.set.classes[best] ?? `class ${best}`));
    }
    return images.map((image, k) => ({
      image,
      label: this.set.classes[split.labels[indices[k]]],
      before: answers[0][k],
      after: answers[1][k],
    }));
  }

  async close(): Promise<void> {
    await this.set.close();
  }
}

/** Accuracy and loss of a network on a split. */
export async function scoreSplit(
  network: Sized,
  split: Split,
  preprocess: Preprocess,
  options: {
    threads?: number;
    backend?: Backend;
    signal?: AbortSignal;
    onImages?: (images: number) => void;
  } = {},
): Promise<Score> {
  if (options.signal?.aborted) throw new Interrupted();
  const all = batches(split, preprocess, { batchSize: scoringBatch, order: 'sequential' });
  return await evaluate(network, all, options);
}

/** The same batches for the same epoch whenever it is asked for; a last part of a batch is left out. */
function epochBatches(
  split: Split,
  preprocess: Preprocess,
  settings: TrainSettings,
  seed: number,
): { batches: (epoch: number, from: number) => AsyncIterable<Batch>; stepsPerEpoch: number } {
  const batchSize = Math.min(settings.batchSize, split.size);
  const augmentation: Augmentation = settings.augmentation;
  return {
    stepsPerEpoch: batchCount(split.size, batchSize, true),
    batches: (epoch, from) =>
      batches(split, preprocess, {
        batchSize,
        order: new Random(seed).fork(`epoch ${epoch}`),
        augmentation,
        from,
        dropLast: true,
      }),
  };
}

async function answersOf(
  { graph, weights }: { graph: Graph; weights: Weights },
  split: Split,
  preprocess: Preprocess,
  threads: number | undefined,
): Promise<number[]> {
  const scorer = await openScorer(graph, weights, { threads });
  const answers: number[] = [];
  try {
    for await (const { x, n } of batches(split, preprocess, { batchSize: 16, order: 'sequential' })) {
      const scores = await scorer.scores(x, n);
      const width = scores.length / n;
      for (let i = 0; i < n; i++) {
        const row = [...scores.subarray(i * width, (i + 1) * width)];
        answers.push(scorer.binary ? Number(row[0] > 0.5) : row.indexOf(Math.max(...row)));
      }
    }
  } finally {
    await scorer.release();
  }
  return answers;
}

/** A part of a split that is spread over it evenly. */
function part(split: Split, most: number): Split {
  if (split.size <= most) return split;
  return picked(
    split,
    Array.from({ length: most }, (_, k) => Math.floor((k * split.size) / most)),
  );
}

function picked(split: Split, indices: readonly number[]): Split {
  return {
    name: split.name,
    size: indices.length,
    height: split.height,
    width: split.width,
    channels: split.channels,
    labels: Int32Array.from(indices, (i) => split.labels[i]),
    read: (which, out) =>
      split.read(
        Array.from(which, (k) => indices[k]),
        out,
      ),
  };
}
