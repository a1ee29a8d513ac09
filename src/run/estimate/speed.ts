import { setImmediate as nextTurn } from 'node:timers/promises';
import { hasStatistics } from '../../graph/op-facts.ts';
import { inputSize } from '../../graph/shapes.ts';
import { Interrupted } from '../../graph/errors.ts';
import { fullArchitecture, leadingChannels } from '../../graph/architecture.ts';
import { prune } from '../../graph/surgery.ts';
import { Random } from '../../graph/random.ts';
import type { Dependencies, Model } from '../../graph/types.ts';
import type { LoadedModel } from '../../formats/types.ts';
import { openBackend } from '../../runtime/backend/open.ts';
import { Network } from '../../runtime/training/network.ts';
import { recalibrate } from '../../runtime/training/recalibrate.ts';
import { defaultTrainSettings } from '../../runtime/training/schedule.ts';
import { openScorer } from '../../runtime/scoring/score.ts';
import type { Backend, Batch } from '../../runtime/types.ts';
import type { Architecture } from '../../terms/candidates.ts';
import type { BackendChoice } from '../../terms/choices.ts';
import { headsOf } from '../../runtime/heads.ts';

/** Seconds an image takes, and seconds to open a network for scoring. */
export interface Pace {
  /** in a step that runs as one graph, where the backend can */
  readonly trained: number;
  readonly trainedOpByOp: number;
  readonly recalibrated: number;
  readonly scored: number;
  readonly opened: number;
}

/** How fast a model is on this machine, as it is and narrowed. */
export interface Speed {
  readonly backend: string;
  readonly threads: number;
  readonly full: Pace;
  readonly narrow: Pace;
  /** MACs of the narrow one over those of the full one */
  readonly share: number;
}

export interface SpeedOptions {
  readonly backend: BackendChoice;
  readonly threads?: number;
  readonly batchSize: number;
  readonly signal?: AbortSignal;
}

/** Seconds that each of the measurements may take, after its first step. */
const budgetSeconds = 0.2;
/** A batch of large networks is made smaller, so that one step stays short. */
const mostMacs = 2e10;

/**
 * Times a few training steps, recalibrations and scorings of a model at two widths, on noise. Takes seconds; the first
 * time it opens the process's backend.
 * @throws Interrupted once the signal is aborted; Error where the backend can't be had
 */
export async function measureSpeed(
  model: LoadedModel,
  dependencies: Dependencies,
  narrow: { readonly architecture: Architecture; readonly share: number },
  macs: number,
  options: SpeedOptions,
): Promise<Speed> {
  const backend = await openBackend({ prefer: options.backend, threads: options.threads });
  const most = Math.max(1, Math.floor(mostMacs / Math.max(macs, 1)));
  const cut = (architecture: Architecture): Model =>
    prune(model.graph, model.weights, dependencies, leadingChannels(dependencies, architecture));
  const pace = async (architecture: Architecture) =>
    await paceOf(backend, cut(architecture), Math.min(options.batchSize, most), options);
  const full = await pace(fullArchitecture(dependencies));
  return {
    backend: backend.name,
    threads: backend.threads,
    full,
    narrow: await pace(narrow.architecture),
    share: narrow.share,
  };
}

async function paceOf(
  backend: Backend,
  network: Model,
  batchSize: number,
  { threads, signal }: SpeedOptions,
): Promise<Pace> {
  const { graph, weights } = network;
  const batch = noise(network, batchSize);
  const settings = defaultTrainSettings('fine-tune', { images: batchSize });
  const trainee = new Network(backend, graph, weights);
  const training = async (asGraph: boolean): Promise<number> =>
    await timed(() => trainee.trainStep(batch, { rate: 1e-6, settings, seed: 1, asGraph }), signal);
  let trained: number;
  let trainedOpByOp: number;
  try {
    trainedOpByOp = await training(false);
    trained = backend.kernels.compile ? await training(true) : trainedOpByOp;
  } finally {
    trainee.dispose();
  }
  const norms = graph.nodes.some(({ op }) => hasStatistics(op));
  const once = async function* () {
    yield batch;
  };
  const recalibrated = norms
    ? await timed(() => recalibrate(backend, graph, weights, { batches: once(), signal }), signal)
    : 0;
  const began = performance.now();
  const scorer = await openScorer(graph, weights, { threads, backend, logits: true });
  const opened = (performance.now() - began) / 1000;
  try {
    const scored = await timed(() => scorer.scores(batch.x, batch.n), signal);
    return {
      trained: trained / batch.n,
      trainedOpByOp: trainedOpByOp / batch.n,
      recalibrated: recalibrated / batch.n,
      scored: scored / batch.n,
      opened,
    };
  } finally {
    await scorer.release();
  }
}

/** Seconds of one go: the mean of some, after a first one that warms up. */
async function timed(work: () => unknown, signal: AbortSignal | undefined): Promise<number> {
  await work();
  const began = performance.now();
  let count = 0;
  let spent = 0;
  while (count < 2 || (spent < budgetSeconds && count < 200)) {
    if (signal?.aborted) throw new Interrupted();
    await work();
    await nextTurn();
    count++;
    spent = (performance.now() - began) / 1000;
  }
  return spent / count;
}

function noise({ graph }: Model, n: number): Batch {
  const size = n * inputSize(graph);
  const random = new Random(1);
  // without labels the original's answers are what is learned, whatever they are
  const answers = headsOf(graph).map((head) => ({ values: new Float32Array(n * head.size), weight: 1 }));
  return {
    n,
    x: Float32Array.from({ length: size }, () => random.uniform()),
    y: new Int32Array(n),
    ...(graph.taught ? { answers } : {}),
  };
}
