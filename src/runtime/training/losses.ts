import type * as tfc from '@tensorflow/tfjs-core';
import { InputError } from '../../graph/errors.ts';
import type { Graph } from '../../graph/types.ts';
import { headsOf, labelledHead, tellsClasses } from '../heads.ts';
import type { Head, HeadKind } from '../heads.ts';
import { withOutputs } from '../execution.ts';
import { answerRows, blend, entropyOf, targetRows, unitRows } from './targets.ts';
import { sigmoid, softmaxRows } from './probabilities.ts';
import type { Backend, Batch } from '../types.ts';
import type { OutputLoss } from '../../terms/scores.ts';
import type { LearnsBy, TrainSettings } from '../../terms/training.ts';

export type LossName = 'categorical cross-entropy' | 'binary cross-entropy' | OutputLoss;

/** How a loss is computed from logits: a softmax over rows, two classes a unit, or squared differences. */
export type Form = 'rows' | 'units' | 'squares';

interface Row {
  readonly name: LossName;
  readonly form: Form;
}

const categorical: Row = { name: 'categorical cross-entropy', form: 'rows' };
const binary: Row = { name: 'binary cross-entropy', form: 'units' };
const squares: Row = { name: 'mean squared error', form: 'squares' };
const normalised: Row = { name: 'normalised mean squared error', form: 'squares' };
const rows: Row = { name: 'KL divergence', form: 'rows' };
const units: Row = { name: 'KL divergence', form: 'units' };

/**
 * What logits are divided by before two networks' probabilities are compared, where answers are all there is to learn
 * from: the smaller ones, which say what an image is a little like, weigh more (Hinton et al. 2015).
 */
export const TEMPERATURE = 2;

/**
 * What each kind of output learns by, and the only place that decides it: by labels where it has them, else by what the
 * original answers; `alone` where no output has labels, and plain values weigh by how much they vary.
 */
const LOSSES: Readonly<Record<HeadKind, Readonly<Record<LearnsBy | 'alone', Row>>>> = {
  softmax: { labels: categorical, answers: rows, alone: rows },
  sigmoids: { labels: binary, answers: units, alone: units },
  sigmoid: { labels: binary, answers: units, alone: units },
  logits: { labels: categorical, answers: squares, alone: normalised },
  logit: { labels: binary, answers: squares, alone: normalised },
  values: { labels: categorical, answers: squares, alone: normalised },
};

/** An output and what it is trained towards. */
export interface Aim {
  readonly head: Head;
  readonly by: LearnsBy;
  readonly loss: LossName;
  readonly form: Form;
  /** what its logits are divided by; 1 but where there are no labels */
  readonly temperature: number;
}

/**
 * What a network is trained towards: the output that labels are of, and where the original's answers are at hand all
 * others. Without labels all outputs, by the answers.
 */
export function aimsOf(graph: Graph, answered: boolean): readonly Aim[] {
  if (graph.taught)
    return headsOf(graph).map((head): Aim => {
      const { name, form } =
        head.kind === 'logits' && tellsClasses(head, graph) ? rows : LOSSES[head.kind].alone;
      return { head, by: 'answers', loss: name, form, temperature: form === 'squares' ? 1 : TEMPERATURE };
    });
  const aim = (head: Head, by: Aim['by']): Aim => {
    const { name, form } = LOSSES[head.kind][by];
    return { head, by, loss: name, form, temperature: 1 };
  };
  const labelled = labelledHead(graph);
  if (!answered) return [aim(labelled, 'labels')];
  return [aim(labelled, 'labels'), ...othersOf(graph).map((head) => aim(head, 'answers'))];
}

/** The outputs that labels say nothing of. */
export function othersOf(graph: Graph): readonly Head[] {
  if (graph.taught) return headsOf(graph);
  const { output } = labelledHead(graph);
  return headsOf(graph).filter((head) => head.output !== output);
}

/** The graph up to the logits of these aims, in their order. */
export function aimedGraph(graph: Graph, aims: readonly Aim[]): Graph {
  return withOutputs(
    graph,
    aims.map(({ head }) => head.node),
  );
}

/** What a batch should give, and the least that its loss can be. */
export interface Targets {
  /** one an aim */
  readonly rows: readonly { readonly values: Float32Array; readonly shape: [number, number] }[];
  /**
   * What each aim's loss is multiplied with in the sum. Several sigmoids count as many times as there are, up to ten: their
   * mean would train each as many times slower than one softmax, at the same rate.
   */
  readonly weights: readonly number[];
  /** what the sum is as people know it: KL divergence for a cross-entropy with answers, and the labels' own loss once */
  readonly reported: (sum: number) => number;
}

/** Hundreds of labels, nearly all of which are a no, would be as many times a softmax's gradient. */
const MOST_TIMES = 10;

/** How many times an output counts (Targets.weights). */
export function timesOf(form: Form, { units }: Head): number {
  return form === 'units' ? Math.min(units, MOST_TIMES) : 1;
}

/**
 * @throws InputError where a label is not one of the network's classes, or an answer is missing
 */
export function targetsOf(
  aims: readonly Aim[],
  batch: Batch,
  {
    labelSmoothing: smoothing = 0,
    distillation = 0,
  }: Partial<Pick<TrainSettings, 'labelSmoothing' | 'distillation'>> = {},
): Targets {
  let least = 0;
  let next = 0;
  const weights: number[] = [];
  const rows = aims.map(({ head, by, form, temperature }) => {
    const times = timesOf(form, head);
    const width = form === 'rows' ? widthOf(head) : form === 'units' ? 2 : head.size;
    const shaped = (values: Float32Array) => ({
      values,
      shape: [values.length / width, width] as [number, number],
    });
    if (by === 'labels') {
      mustTell(head);
      weights.push(times);
      const rows =
        form === 'units'
          ? unitRows(batch.y, head.size, smoothing)
          : targetRows(batch.y, widthOf(head), smoothing);
      if (distillation > 0) blend(rows, mustAnswer(batch, form), distillation);
      return shaped(rows);
    }
    const answer = batch.answers?.[next++];
    if (!answer) throw new InputError(`the batch lacks the original's answers for output ${head.name}`);
    const weight = times * answer.weight * temperature ** 2;
    weights.push(weight);
    if (form === 'squares') return shaped(answer.values);
    const believed = temperature === 1 ? answer.values : softened(answer.values, width, form, temperature);
    const values = form === 'units' ? answerRows(believed) : believed;
    least += weight * entropyOf(values, width);
    return shaped(values);
  });
  // the labels' own loss counts once; without labels the sum is what it is
  const unit = aims.some(({ by }) => by === 'labels') ? weights[0] : 1;
  return { rows, weights, reported: (sum) => (sum - least) / unit };
}

/** Logits as probabilities, at a temperature. */
function softened(logits: Float32Array, width: number, form: Form, temperature: number): Float32Array {
  return form === 'units'
    ? logits.map((z) => sigmoid(z / temperature))
    : softmaxRows(logits, width, temperature);
}

/** What the original says of a batch's images, as rows. */
function mustAnswer({ believed }: Batch, form: Form): Float32Array {
  if (!believed)
    throw new InputError("the batch lacks the original's answers, which it should be distilled from");
  return form === 'units' ? answerRows(believed) : believed;
}

/** @throws InputError where the output is a map of scores, of which no image's label is */
export function mustTell({ kind, name, classes }: Head): void {
  if (classes === null && kind !== 'values')
    throw new InputError(
      `output ${name} scores every place of a map, not the image, so class labels can't be of it; prune takes such a network without labels (--no-labels)`,
    );
}

/** Classes of a head that learns by a softmax; of a map, its values in one row, as ever. */
function widthOf({ kind, units, size }: Head): number {
  return kind === 'values' ? size : units;
}

/**
 * The sum of all aims' losses, each the mean over its rows, from the values of an aimed graph; inside a gradient's tape.
 * Binary cross-entropy is the mean over units, as in Keras.
 */
export function lossOf(
  { tf, kernels }: Backend,
  aims: readonly Aim[],
  values: readonly tfc.Tensor[],
  targets: readonly tfc.Tensor2D[],
  weights: readonly number[],
): tfc.Scalar {
  const losses = aims.map(({ form, temperature }, i): tfc.Scalar => {
    const { shape } = targets[i];
    const as = (rows: number, width: number): tfc.Tensor2D => {
      const value = values[i];
      const fits = value.rank === 2 && value.shape[0] === rows && value.shape[1] === width;
      const shaped = (fits ? value : tf.reshape(value, [rows, width])) as tfc.Tensor2D;
      return temperature === 1 ? shaped : tf.div<tfc.Tensor2D>(shaped, temperature);
    };
    if (form === 'squares') return tf.mean(tf.square(tf.sub(as(...shape), targets[i])));
    if (form === 'rows') return kernels.softmaxCrossEntropy(as(...shape), targets[i]);
    const units = as(shape[0], 1);
    return kernels.softmaxCrossEntropy(tf.concat([tf.zerosLike(units), units], 1), targets[i]);
  });
  return losses
    .map((loss, i) => (weights[i] === 1 ? loss : tf.mul<tfc.Scalar>(loss, weights[i])))
    .reduce((sum, loss) => tf.add(sum, loss));
}

/** What a network learns by, in a sentence; null where that is one class an image, as usual. */
export function describeAims(graph: Graph, answered: boolean): string | null {
  if (graph.taught) return null;
  const [labels, ...answers] = aimsOf(graph, answered);
  const { name, kind, size } = labels.head;
  const sigmoids =
    kind === 'sigmoids'
      ? `${size} sigmoids, by binary cross-entropy; its accuracy is the top-1 of sigmoids: whether the likeliest label is the image's class`
      : `by ${labels.loss}`;
  if (headsOf(graph).length === 1)
    return kind === 'sigmoids' ? `the network is multi-label: it learns ${sigmoids}` : null;
  const rest = answers.length
    ? `; without labels, ${answers.map(({ head, loss }) => `"${head.name}" (${loss})`).join(' and ')} ${answers.length === 1 ? 'keeps' : 'keep'} to the original's own answers`
    : '; the others are not trained';
  return `of its ${headsOf(graph).length} outputs, labels are of "${name}": it learns ${sigmoids}${rest}`;
}
