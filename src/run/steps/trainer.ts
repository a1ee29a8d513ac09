import { hasStatistics } from '../../graph/op-facts.ts';
import { Random } from '../../graph/random.ts';
import { InputError, Interrupted } from '../../graph/errors.ts';
import type { Model, Weights } from '../../graph/types.ts';
import { batchCount, batches } from '../../data/batches.ts';
import type { Recorded } from '../../data/classes.ts';
import { openImages } from '../../data/open.ts';
import type { ImageSet, Split } from '../../data/types.ts';
import type { LoadedModel } from '../../formats/types.ts';
import { defaultThreads } from '../../runtime/backend/numerics.ts';
import { openBackend } from '../../runtime/backend/open.ts';
import { judgeOnnx } from '../../runtime/scoring/agreement.ts';
import type { Judgement, Trust } from '../../runtime/scoring/agreement.ts';
import { Network } from '../../runtime/training/network.ts';
import { recalibrate } from '../../runtime/training/recalibrate.ts';
import { rehearse } from '../../runtime/scoring/rehearse.ts';
import { decideLabels, withoutLabels } from '../../runtime/heads.ts';
import { describeAims } from '../../runtime/training/losses.ts';
import { Distiller } from '../../runtime/training/distiller.ts';
import { describeDull, describeTaught } from '../../runtime/training/taught.ts';
import type { Teacher } from '../../runtime/training/teacher.ts';
import { epochBatches } from '../../methods/images.ts';
import type { MethodImages } from '../../methods/types.ts';
import { evaluate } from '../../runtime/scoring/score.ts';
import { train } from '../../runtime/training/trainer.ts';
import type { TrainEvent } from '../../runtime/training/trainer.ts';
import type { Backend, Batch } from '../../runtime/types.ts';
import { expectedBy, imageInput } from '../images/head.ts';
import { resizeFor, withResize } from '../images/resizing.ts';
import type { ResizeOptions } from '../images/resizing.ts';
import { choosePreprocess, sampleImages, scoringBatch } from '../images/preprocess.ts';
import type { Scoring } from '../images/preprocess.ts';
import { decided, openTeacher } from '../images/unlabelled.ts';
import type { Opening, Trained, TrainingOptions, Trainer, TrainerOptions } from './ports.ts';
import { RECALIBRATION_IMAGES } from './settle.ts';
import type { Augmentation, DataOptions } from '../../terms/choices.ts';
import type { Preprocess } from '../../terms/images.ts';
import type { Sample } from '../../terms/run-events.ts';
import type { Score, Split as ScoredSplit } from '../../terms/scores.ts';
import type { TrainSettings } from '../../terms/training.ts';
import { spread } from '../../data/splits/subset.ts';
import { samplesOf } from '../images/samples.ts';
import { keptAnswers, type KeptAnswers } from '../../methods/kept-answers.ts';

/** The validation split is drawn from this seed in every command, so that what `train` held out stays held out. */
export const splitSeed = 0;

/** Opens an image set as the model knows images: its classes numbered, other sizes resized; no backend: enough to score. */
export async function openSet(
  data: DataOptions,
  model: LoadedModel,
  options: ResizeOptions &
    Opening & {
      /** the order of the classes, from an earlier time */
      recorded?: Recorded;
      needsLabels?: boolean;
    } = {},
): Promise<ImageSet> {
  const image = imageInput(model);
  if ('problem' in image) throw new InputError(image.problem);
  return await openImages(data.path, {
    ...image,
    seed: splitSeed,
    limit: data.limit,
    validationImages: data.validationImages,
    expected: { ...expectedBy(model, data), ...(options.needsLabels ? { unlabelled: undefined } : {}) },
    recorded: options.recorded,
    resize: resizeFor(data, model, options),
    signal: options.signal,
    onListed: options.onListed,
    onProgress: options.onRead,
    onTried: options.onTried,
  });
}

/** Images, a backend and a preprocessing: all that training and scoring need. */
export async function openTrainer(
  data: DataOptions,
  model: LoadedModel,
  options: TrainerOptions,
): Promise<Trainer> {
  const { threads = defaultThreads(), signal } = options;
  let judged: Promise<Judgement & { backend: Backend }> | undefined;
  // before anything is scored: where onnxruntime is missing, this backend scores, too
  const judgedBackend = () =>
    (judged ??= openBackend({ prefer: options.backend, threads }).then(async (backend) => {
      rehearse(backend, model.graph, model.weights);
      return { backend, ...(await judgeOnnx(model, { backend, threads })) };
    }));
  const set = await openSet(data, model, {
    preprocess: options.preprocess,
    recorded: options.recorded,
    needsLabels: options.needsLabels,
    threads,
    signal,
    onListed: options.onListed,
    onRead: options.onRead,
    onTried: options.onTried,
    trust: async () => (await judgedBackend()).trust,
  });
  try {
    const { backend, trust, said: distrust } = await judgedBackend();
    const { weights } = model;
    const labelled = labelledFor(model, set, data);
    const recorded = options.ownPreprocess ? undefined : options.preprocess;
    const { preprocess, found } = recorded
      ? { preprocess: withResize(recorded, set), found: 'as before' }
      : await choosePreprocess(data, set, labelled, { threads, trust, signal, backend });
    const { graph, doubt } = await decided(backend, model, set, preprocess, data, signal);
    const original = { graph, weights };
    const answers = options.answers ?? true;
    const teacher =
      answers || set.unlabelled ? await openTeacher(backend, original, set, preprocess, signal) : null;
    const asked = doubt && `${doubt} (--labels-of)`;
    const taught = set.unlabelled ? describeTaught(graph, data.noLabels === true) : null;
    const dull = set.unlabelled && teacher ? describeDull(teacher.dull) : null;
    const learns = [taught, dull, describeAims(graph, teacher !== null), asked, distrust ?? null].filter(
      (said) => said !== null,
    );
    return new ImageSetTrainer({
      set,
      preprocess,
      found,
      backend,
      threads,
      trust,
      original,
      teacher,
      learns,
      names: model.labels ?? [],
    });
  } catch (error) {
    await set.close();
    throw error;
  }
}

/** What a trainer is made of. */
interface TrainerParts {
  readonly set: ImageSet;
  readonly preprocess: Preprocess;
  readonly found: string;
  readonly backend: Backend;
  readonly threads: number | undefined;
  readonly trust: Trust;
  /** the network as it came, with its decision on labels */
  readonly original: Model;
  readonly teacher: Teacher | null;
  readonly learns: readonly string[];
  /** names of its classes, as they travel with it */
  readonly names: readonly string[];
}

class ImageSetTrainer implements Trainer {
  readonly images: MethodImages;
  readonly found: string;
  readonly labelled: string | undefined;
  readonly taught: readonly string[] | undefined;
  readonly learns: readonly string[];
  private readonly set: ImageSet;
  private readonly preprocess: Preprocess;
  private readonly backend: Backend;
  private readonly threads: number | undefined;
  private readonly trust: Trust;
  private readonly original: Model;
  private readonly teacher: Teacher | null;
  private readonly names: readonly string[];
  /** where there are no labels */
  private readonly answers: KeptAnswers | null;

  constructor({
    set,
    preprocess,
    found,
    backend,
    threads,
    trust,
    original,
    teacher,
    learns,
    names,
  }: TrainerParts) {
    this.answers = teacher && set.unlabelled ? keptAnswers(teacher, original.graph, preprocess) : null;
    const answering = this.answers ?? teacher;
    this.images = { set, preprocess, backend, trust, ...(answering ? { teacher: answering } : {}) };
    this.found = found;
    this.labelled = original.graph.labelled;
    this.taught = original.graph.taught;

    this.learns = learns;
    this.set = set;
    this.preprocess = preprocess;
    this.backend = backend;
    this.threads = threads;
    this.trust = trust;
    this.original = original;
    this.teacher = teacher;
    this.names = names;
  }

  async score(network: Model, name: ScoredSplit, signal?: AbortSignal, losses = false): Promise<Score> {
    const split = name === 'test' ? this.set.test : this.set.validation;
    if (!split) throw new InputError(`${this.set.path} has no test images`);
    return await scoreSplit(this.own(network), split, this.preprocess, {
      answers: this.answers,
      threads: this.threads,
      backend: this.backend,
      trust: this.trust,
      original: network.weights === this.original.weights ? undefined : this.original,
      each: true,
      losses,
      signal,
    });
  }

  async scoreOriginal(augmentation: Augmentation, signal?: AbortSignal): Promise<Score> {
    const order = new Random(splitSeed).fork('augmentation');
    const split = spread(this.set.validation, sampleImages);
    const all =
      this.teacher && this.answers
        ? asBefore(this.teacher, split, this.preprocess, order, augmentation)
        : batches(split, this.preprocess, { batchSize: scoringBatch, order, augmentation });
    const { threads, backend, trust } = this;
    return await evaluate(this.own(this.original), all, { threads, backend, trust, signal });
  }

  async recalibrate(
    { graph, weights }: Model,
    signal?: AbortSignal,
    mostImages = RECALIBRATION_IMAGES,
  ): Promise<Weights> {
    if (!graph.nodes.some((node) => hasStatistics(node.op))) return weights;
    const split = spread(this.set.train, mostImages);
    const statistics = await recalibrate(this.backend, graph, weights, {
      batches: batches(split, this.preprocess, { batchSize: 64, order: 'sequential' }),
      signal,
    });
    return new Map([...weights, ...statistics]);
  }

  async *train(
    given: Model,
    settings: TrainSettings,
    options: TrainingOptions,
  ): AsyncGenerator<TrainEvent, Trained, void> {
    const { graph, weights } = this.own(given);
    const network = new Network(this.backend, graph, weights);
    const distiller = settings.distillation
      ? Distiller.of(this.backend, this.original.graph, this.original.weights)
      : null;
    try {
      const most = options.images ?? Infinity;
      const size = Math.min(this.set.train.size, most);
      const batchSize = Math.min(settings.batchSize, size);
      const batches = epochBatches(this.images, options.seed, {
        most,
        batchSize,
        augmentation: settings.augmentation,
        dropLast: true,
      });
      const { best, epochs } = yield* train(network, {
        batches: distiller ? (epoch, from) => distiller.teach(batches(epoch, from)) : batches,
        stepsPerEpoch: batchCount(size, batchSize, true),
        settings,
        seed: options.seed,
        stage: options.stage,
        from: options.from,
        signal: options.signal,
        validate:
          options.images === undefined
            ? () => this.score({ graph, weights: network.weights() }, 'validation', options.signal)
            : undefined,
        weights: () => network.weights(),
      });
      return { weights: best?.weights ?? network.weights(), epochs, best: best?.epoch };
    } finally {
      distiller?.dispose();
      network.dispose();
    }
  }

  /** A network with this trainer's decision on which output labels are of. */
  private own({ graph, weights }: Model): Model {
    const { labelled, taught } = this;
    if (taught) return { graph: withoutLabels(graph, taught), weights };
    return { graph: labelled === undefined ? graph : { ...graph, labelled }, weights };
  }

  async samples(before: Model, after: Model): Promise<Sample[]> {
    const { set, preprocess, teacher, names, threads, backend, trust } = this;
    const scoring = { threads, backend, trust };
    return await samplesOf(this.own(before), this.own(after), { set, preprocess, teacher, names, scoring });
  }

  async close(): Promise<void> {
    this.teacher?.dispose();
    await this.set.close();
  }
}

/** Augmented images with what the original answers for them as they are. */
async function* asBefore(
  teacher: Pick<Teacher, 'answer'>,
  split: Split,
  preprocess: Preprocess,
  random: Random,
  augmentation: Augmentation,
): AsyncGenerator<Batch, void, void> {
  const how = { batchSize: scoringBatch, order: 'sequential' } as const;
  const plain = teacher.answer(batches(split, preprocess, how));
  for await (const batch of batches(split, preprocess, { ...how, augmentation, random })) {
    const same = await plain.next();
    if (!same.done) yield { ...batch, answers: same.value.answers };
  }
}

/** The same network, with the decision on which of its outputs labels are of. @throws InputError as decideLabels does */
export function labelledFor<T extends Model>(
  network: T,
  { classes, unlabelled }: ImageSet,
  { labelsOf }: DataOptions,
): T {
  if (unlabelled) return { ...network, graph: withoutLabels(network.graph, []) };
  return { ...network, graph: decideLabels(network.graph, classes.length, labelsOf).graph };
}

/** Accuracy and loss of a network on a split. */
export async function scoreSplit(
  network: Model,
  split: Split,
  preprocess: Preprocess,
  options: Scoring & {
    backend?: Backend;
    original?: Model;
    each?: boolean;
    losses?: boolean;
    onImages?: (images: number) => void;
    /** gives the original's answers, where there are no labels */
    answers?: KeptAnswers | null;
  } = {},
): Promise<Score> {
  if (options.signal?.aborted) throw new Interrupted();
  const all = batches(split, preprocess, { batchSize: scoringBatch, order: 'sequential' });
  return await evaluate(network, options.answers?.answer(all, split) ?? all, options);
}
