import type * as Ort from 'onnxruntime-node';
import { availableParallelism } from 'node:os';
import { InputError } from '../../graph/errors.ts';
import type { Graph, Model, Weights } from '../../graph/types.ts';
import { openBackend } from '../backend/open.ts';
import type { Trust } from './agreement.ts';
import { Breather } from '../breathe.ts';
import { Distance } from './distance.ts';
import { headsOf, labelledHead } from '../heads.ts';
import type { Head } from '../heads.ts';
import { logitsGraph } from './logits.ts';
import { mustTell, othersOf } from '../training/losses.ts';
import { Network } from '../training/network.ts';
import { agreementOf, Likeness } from './likeness.ts';
import { withOutputs } from '../execution.ts';
import { exportOnnx } from '../export-onnx.ts';
import { openSession } from '../onnx/session.ts';
import type { Backend, Batch } from '../types.ts';
import { packed } from '../../terms/comparison/answers.ts';
import { packedLosses } from '../../terms/comparison/losses.ts';
import type { Measure, Score } from '../../terms/scores.ts';

/** A network ready to score images. */
export interface Scorer {
  /** onnxruntime, or the backend's name where that can't be had */
  readonly engine: string;
  /** why not onnxruntime; absent where it is */
  readonly why?: string;
  readonly threads: number;
  /** what `scores` gives */
  readonly kind: 'logits' | 'softmax' | 'sigmoid';
  /** the output that `scores` gives: the one that labels are of */
  readonly head: Head;
  /** the network's labelled output for n images, row-major [n, ...]; x: [n, H, W, C] */
  scores(x: Float32Array, n: number): Promise<Float32Array>;
  /** the same, and where asked for the other outputs behind it, as the network returns them */
  all(x: Float32Array, n: number): Promise<Float32Array[]>;
  release(): Promise<void>;
}

export interface ScorerOptions {
  /** default: all cores */
  readonly threads?: number;
  /** stop before a final softmax or sigmoid (default false: the network's own output) */
  readonly logits?: boolean;
  /**
   * give the outputs that labels say nothing of, too (default false); where there are none, and logits are asked for, all
   * in the network's order, before their activations
   */
  readonly others?: boolean;
  /** used where onnxruntime can't be loaded: this one, or none, which is an error; default: the process's own backend */
  readonly backend?: Backend | 'none';
  /** how far onnxruntime is believed, as judgeOnnx found; default 'optimised' */
  readonly trust?: Trust;
}

/** Opens a network for scoring by onnxruntime, 1.4 to 3 times faster than the training backends. Release it after use. */
export async function openScorer(
  graph: Graph,
  weights: Weights,
  options: ScorerOptions = {},
): Promise<Scorer> {
  if (graph.inputs.length !== 1)
    throw new InputError(`the network takes ${graph.inputs.length} inputs; images can be given to one only`);
  const head = labelledHead(graph);
  const kind = options.logits || head.activation === 'none' ? 'logits' : head.activation;
  const others = options.others ? othersOf(graph).map(({ output }) => output) : [];
  const everything = graph.taught && options.others && options.logits;
  const shown: Graph = everything
    ? withOutputs(
        graph,
        headsOf(graph).map(({ node }) => node),
      )
    : options.logits && others.length === 0
      ? logitsGraph(graph)
      : { ...graph, outputs: [options.logits ? head.node : head.output, ...others] };
  const threads = options.threads ?? availableParallelism();
  let session: Ort.InferenceSession;
  let ort: typeof Ort;
  const network = exportOnnx(shown, weights);
  try {
    const { trust = 'optimised' } = options;
    if (trust === 'none' && options.backend !== 'none')
      throw new Error('its outputs for this network are others than those of the backend that trains');
    ({ ort, session } = await openSession(network.bytes, { threads, optimise: trust !== 'plain' }));
  } catch (error) {
    if (options.backend === 'none') throw error;
    const backend = options.backend ?? (await openBackend({ threads }));
    const why = `onnxruntime can't be used: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
    return { ...backendScorer(backend, shown, weights), kind, head, why };
  }
  const shape = network.inputs[0];
  const all = async (x: Float32Array, n: number): Promise<Float32Array[]> => {
    const result = await session.run({ input0: new ort.Tensor('float32', x, [n, ...shape]) });
    return network.outputs.map((_, i) => result[`output${i}`].data as Float32Array);
  };
  return {
    engine: 'onnxruntime',
    threads,
    kind,
    head,
    scores: async (x, n) => (await all(x, n))[0],
    all,
    async release() {
      await session.release();
    },
  };
}

/** The same by a training backend, slower. */
function backendScorer(
  backend: Backend,
  graph: Graph,
  weights: Weights,
): Pick<Scorer, 'engine' | 'threads' | 'scores' | 'all' | 'release'> {
  const network = new Network(backend, graph, weights);
  return {
    engine: backend.name,
    threads: backend.threads,
    scores: async (x, n) => network.predict(x, n)[0],
    all: async (x, n) => network.predict(x, n),
    release: async () => network.dispose(),
  };
}

export interface EvaluateOptions extends Omit<ScorerOptions, 'logits' | 'others'> {
  readonly signal?: AbortSignal;
  /** called with the number of images scored so far */
  readonly onImages?: (images: number) => void;
  /** the network before pruning: how far the outputs are from its answers that labels say nothing of is measured, too */
  readonly original?: Model;
  /** note which images were right (default false) */
  readonly each?: boolean;
  /** note the loss of each image (default false) */
  readonly losses?: boolean;
}

/** Losses above this (and what is no number) count as this, so that one image can't spoil a mean. */
const WORST = 100;

/**
 * Top-1 accuracy in percent and the mean of the loss that the output's kind implies: cross-entropy, for several sigmoids
 * binary cross-entropy as in Keras (their mean). A single unit counts as two classes. An image whose scores aren't numbers
 * counts as wrong. Without labels: agreement with the original's answers, which the batches hold (likeness.ts).
 * @throws InputError without images, or where a label is not one of the network's classes
 */
export async function evaluate(
  network: Scorer | Model,
  batches: AsyncIterable<Batch>,
  given: EvaluateOptions = {},
): Promise<Score> {
  if ('graph' in network && network.graph.taught) return await compare(network, batches, given);
  const { original, each = false, losses = false, ...options } = given;
  const others = original && 'graph' in network ? othersOf(network.graph) : [];
  const answering =
    original && others.length
      ? await openScorer(original.graph, original.weights, { ...options, others: true })
      : null;
  const distances = others.map((head) => new Distance(head));
  const scorer: Scorer =
    'scores' in network
      ? network
      : await openScorer(network.graph, network.weights, {
          ...options,
          logits: true,
          others: others.length > 0,
        });
  mustTell(scorer.head);
  const breather = new Breather(options.signal);
  let images = 0;
  const right: boolean[] = [];
  const lost: number[] = [];
  try {
    for await (const batch of batches) {
      await breather.breathe();
      const [scores, ...rest] = distances.length
        ? await scorer.all(batch.x, batch.n)
        : [await scorer.scores(batch.x, batch.n)];
      const width = scores.length / batch.n;
      for (let i = 0; i < batch.n; i++) {
        const row = scores.subarray(i * width, (i + 1) * width);
        const result = judge(row, batch.y[i], scorer);
        right.push(result.right);
        lost.push(Number.isFinite(result.loss) ? Math.min(result.loss, WORST) : WORST);
      }
      const answers = answering ? (await answering.all(batch.x, batch.n)).slice(1) : [];
      distances.forEach((distance, i) => distance.add(answers[i], rest[i]));
      images += batch.n;
      options.onImages?.(images);
    }
  } finally {
    if (scorer !== network) await scorer.release();
    await answering?.release();
  }
  if (images === 0) throw new InputError('there are no images to evaluate on');
  const measure = measureOf(scorer.head);
  return {
    accuracy: (100 * right.filter(Boolean).length) / images,
    loss: lost.reduce((sum, one) => sum + one, 0) / images,
    images,
    ...(measure ? { measure } : {}),
    ...(each ? { right: packed(right) } : {}),
    ...(losses ? { losses: packedLosses(lost) } : {}),
    ...(distances.length ? { outputs: distances.map(({ score }) => score) } : {}),
  };
}

/** Agreement with the original, whose answers the batches hold, and the mean of the loss that training goes by. */
async function compare(
  { graph, weights }: Model,
  batches: AsyncIterable<Batch>,
  { original: _, each = false, losses = false, ...options }: EvaluateOptions,
): Promise<Score> {
  const scorer = await openScorer(graph, weights, { ...options, logits: true, others: true });
  const likeness = new Likeness(graph);
  const breather = new Breather(options.signal);
  try {
    for await (const batch of batches) {
      await breather.breathe();
      likeness.add(batch.answers, await scorer.all(batch.x, batch.n), batch.n);
      options.onImages?.(likeness.losses.length);
    }
  } finally {
    await scorer.release();
  }
  const lost = likeness.losses.map((one) => (Number.isFinite(one) ? Math.min(one, WORST) : WORST));
  if (lost.length === 0) throw new InputError('there are no images to evaluate on');
  return {
    accuracy: likeness.agreement,
    loss: lost.reduce((sum, one) => sum + one, 0) / lost.length,
    images: lost.length,
    measure: agreementOf(graph),
    ...(each && likeness.right ? { right: packed(likeness.right) } : {}),
    ...(losses ? { losses: packedLosses(lost) } : {}),
  };
}

/** What the accuracy of an output is called where it isn't plain accuracy; without labels agreementOf says it. */
export function measureOf({ kind }: Pick<Head, 'kind'>): Measure | undefined {
  return kind === 'sigmoids' ? 'top-1 of sigmoids' : undefined;
}

/** The class that a row of scores is for. */
export function answerOf(row: ArrayLike<number>, { kind, head }: Pick<Scorer, 'kind' | 'head'>): number {
  if (row.length === 1 && head.classes === 2) return Number(row[0] > (kind === 'logits' ? 0 : 0.5));
  let best = 0;
  for (let i = 1; i < row.length; i++) if (row[i] > row[best]) best = i;
  return best;
}

function judge(
  row: Float32Array,
  label: number,
  { kind, head }: Pick<Scorer, 'kind' | 'head'>,
): { right: boolean; loss: number } {
  const logits = kind === 'logits';
  const scores = row.length === 1 && head.classes === 2 ? [logits ? 0 : 1 - row[0], row[0]] : row;
  const classes = scores.length;
  if (!(label >= 0 && label < classes))
    throw new InputError(
      `an image has class ${label}, but the network has ${classes} classes (0 to ${classes - 1})`,
    );
  let best = 0;
  for (let i = 1; i < classes; i++) if (scores[i] > scores[best]) best = i;
  const right = best === label && Number.isFinite(scores[best]);
  if (head.kind === 'sigmoids') return { right, loss: binaryLoss(scores, label, logits) };
  if (!logits) return { right, loss: -Math.log(scores[label]) };
  let sum = 0;
  for (let i = 0; i < classes; i++) sum += Math.exp(scores[i] - scores[best]);
  return { right, loss: Math.log(sum) - (scores[label] - scores[best]) };
}

/** Mean over units of the binary cross-entropy, every unit but the label's being asked for no. */
function binaryLoss(scores: ArrayLike<number>, label: number, logits: boolean): number {
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    // of the answer's own side: log(1 + exp(-z)), without overflow
    const z = i === label ? scores[i] : -scores[i];
    if (logits) sum += Math.max(-z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
    else sum -= Math.log(i === label ? scores[i] : 1 - scores[i]);
  }
  return sum / scores.length;
}
