import type * as tfc from '@tensorflow/tfjs-core';
import { inputShape } from '../../graph/shapes.ts';
import { InputError } from '../../graph/errors.ts';
import { Random } from '../../graph/random.ts';
import type { RandomState } from '../../graph/random.ts';
import type { Dependencies, Graph, Weights } from '../../graph/types.ts';
import { Breather } from '../../runtime/breathe.ts';
import { forward } from '../../runtime/forward.ts';
import { headsOf } from '../../runtime/heads.ts';
import { aimedGraph, aimsOf, lossOf, targetsOf } from '../../runtime/training/losses.ts';
import type { Aim, Targets } from '../../runtime/training/losses.ts';
import type { Backend, Batch } from '../../runtime/types.ts';
import { FixedBatches, answered } from '../images.ts';
import type { MethodContext, MethodImages } from '../types.ts';
import type { Importance } from './importance.ts';
import { gather } from './importance.ts';
import type { Place } from './places.ts';
import { ownedPlaces } from './places.ts';
import { sizeOf } from '../../graph/ops/rules/sizes.ts';

/** A batch is drawn answers for in so many parts: each part is one look at the curvature. */
const PARTS = 8;

/**
 * Taylor importance (Molchanov et al. 2017, 2019): how much the loss that fine-tuning goes by would change were a weight
 * zero, summed over all weights that a channel owns in all places of its group, averaged over the images. All places are
 * in the loss's unit, so nothing is normalised. Gradients are those of the network as it predicts, with its moving
 * statistics: under batch statistics a filter's own scale has no gradient at all.
 *
 * By labels it is the first order, |w dL/dw|. Towards its own answers a network has no gradient: there it is at its best,
 * and what a loss of answers changes begins with the second order, w^2 H / 2. Its diagonal H is the Fisher information,
 * which for KL divergence and squared differences is the curvature itself: the mean square of the gradient where targets
 * are drawn as the network itself answers.
 *
 * @param batches with the original's answers, where the network has outputs that labels say nothing of: all, without labels
 * @param random draws the targets of those; not used without them
 * @throws InputError where a gradient is not finite
 */
export async function taylorImportance(
  backend: Backend,
  graph: Graph,
  dependencies: Dependencies,
  weights: Weights,
  batches: AsyncIterable<Batch>,
  random: Random,
): Promise<{ importance: Importance; warnings: string[] }> {
  const { tf } = backend;
  const aims = aimsOf(graph, true);
  const [labels, answers] = (['labels', 'answers'] as const).map((how) =>
    aims.filter(({ by }) => by === how),
  );
  const cut = aimedGraph(graph, aims);
  const places = ownedPlaces(cut, dependencies);
  const totals = new Map(places.map((p) => [p.param, new Float32Array(weights.get(p.param)!.length)]));
  const tensors = new Map<string, tfc.Variable>();
  for (const param of Object.values(cut.params))
    tensors.set(
      param.id,
      tf.tidy(() => tf.variable(tf.tensor(weights.get(param.id)!.slice(), [...param.shape]))),
    );
  let images = 0;
  const breather = new Breather();
  const list = places.map((p) => tensors.get(p.param)!);
  try {
    for await (const batch of batches) {
      await breather.breathe();
      images += batch.n;
      if (labels.length) add(batch, labels, targetsOf(labels, batch), (change) => tf.abs(change));
      if (answers.length === 0) continue;
      for (const part of partsOf(batch)) {
        const drawn = drawnFrom(answers, targetsOf(answers, part), random);
        add(part, answers, drawn, (change) => tf.mul(tf.square(change), 0.5));
      }
    }
  } finally {
    for (const tensor of tensors.values()) tensor.dispose();
  }
  for (const [param, total] of totals) {
    if (!total.every(Number.isFinite))
      throw new InputError(
        `channels can't be ranked by gradients: that of "${param}" is not finite on these images, as a square root's is not at 0; rank by weights instead (--method l1)`,
      );
    total.forEach((v, i) => (total[i] = v / Math.max(images, 1)));
  }
  return { importance: gather(dependencies, totals, places, alongAxis, false), warnings: [] };

  /** Adds what of w dL/dw counts. */
  function add(
    batch: Batch,
    aims: readonly Aim[],
    { rows, weights }: Pick<Targets, 'rows' | 'weights'>,
    counts: (change: tfc.Tensor) => tfc.Tensor,
  ): void {
    const shape = inputShape(cut) ?? [];
    tf.tidy(() => {
      const { grads } = tf.variableGrads(() => {
        const x = tf.tensor(batch.x, [batch.n, ...shape]);
        const values = forward(backend, cut, (id) => tensors.get(id)!, [x], {
          training: false,
          gradients: true,
        });
        const wanted = aims === labels ? values.slice(0, labels.length) : values.slice(labels.length);
        const targets = rows.map(({ values, shape }) => tf.tensor2d(values, shape));
        return lossOf(backend, aims, wanted, targets, weights);
      }, list);
      places.forEach(({ param }, i) => {
        // what only other outputs read has no gradient here
        const gradient = grads[list[i].name] as tfc.Tensor | undefined;
        if (!gradient) return;
        const change = counts(tf.mul(list[i], gradient)).dataSync<'float32'>();
        const total = totals.get(param)!;
        for (let k = 0; k < total.length; k++) total[k] += change[k] * batch.n;
      });
    });
  }
}

/** The same on training images drawn at random, in mini-batches. @param root decides which, and what is drawn for them */
export async function taylorByImages(
  { graph, dependencies, weights }: Pick<MethodContext, 'graph' | 'dependencies' | 'weights'>,
  images: MethodImages,
  root: RandomState,
  count: number,
  batchSize: number,
): ReturnType<typeof taylorImportance> {
  const { set, preprocess, backend } = images;
  const random = new Random(root).fork('taylor images');
  const some = answered(images, FixedBatches.draw(set.train, preprocess, random, count, batchSize));
  const answers = new Random(root).fork('taylor answers');
  return await taylorImportance(backend, graph, dependencies, weights, some, answers);
}

/** How many images gradients are taken of, where so many are ranked by: twice as many where labels don't say all. */
export function gradientImages(graph: Graph, images: number): number {
  return headsOf(graph).length > 1 && !graph.taught ? 2 * images : images;
}

/** The same images in smaller batches. */
function* partsOf({ n, x, y, answers }: Batch): Generator<Batch> {
  const size = Math.ceil(n / PARTS);
  for (let from = 0; from < n; from += size) {
    const to = Math.min(n, from + size);
    const part = (values: Float32Array) => {
      const width = values.length / n;
      return values.subarray(from * width, to * width);
    };
    yield {
      n: to - from,
      x: part(x),
      y: y.subarray(from, to),
      answers: answers?.map((one) => ({ ...one, values: part(one.values) })),
    };
  }
}

/**
 * Targets drawn as the answers say: one class a row, by its probability; plain values with normal noise around them. The
 * weights are such that the mean square of the loss's gradient is the curvature of the loss towards the answers: a mean
 * over rows has the rows' summed curvature over their number, the square of its gradient over the number's square.
 */
function drawnFrom(
  aims: readonly Aim[],
  { rows, weights }: Targets,
  random: Random,
): Pick<Targets, 'rows' | 'weights'> {
  const squares = aims.map(({ form }) => form === 'squares');
  return {
    rows: rows.map(({ values, shape }, i) => ({
      shape,
      values: squares[i] ? values.map((v) => v + random.normal()) : oneOf(values, shape[1], random),
    })),
    weights: weights.map((weight, i) =>
      Math.sqrt(weight * (squares[i] ? rows[i].values.length / 2 : rows[i].shape[0])),
    ),
  };
}

/** Rows of probabilities as rows with a 1 where one was drawn. */
function oneOf(values: Float32Array, width: number, random: Random): Float32Array {
  const drawn = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += width) {
    let left = random.uniform();
    let k = 0;
    while (k < width - 1 && (left -= values[row + k]) >= 0) k++;
    drawn[row + k] = 1;
  }
  return drawn;
}

function alongAxis(values: Float32Array, { shape, axis }: Place): Float64Array {
  const inner = sizeOf(shape.slice(axis + 1));
  const result = new Float64Array(shape[axis]);
  for (let i = 0; i < values.length; i++) result[Math.floor(i / inner) % shape[axis]] += values[i];
  return result;
}
