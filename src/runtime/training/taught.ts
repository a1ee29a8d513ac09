import type { Graph, Weights } from '../../graph/types.ts';
import { Breather } from '../breathe.ts';
import { withOutputs } from '../execution.ts';
import { headsOf, tellsClasses, withoutLabels } from '../heads.ts';
import { aimsOf } from './losses.ts';
import { Network } from './network.ts';
import { softmaxRows } from './probabilities.ts';
import type { Backend, Batch } from '../types.ts';

/** Embeddings are as wide as this, or twice, four times, ... as wide; classes hardly ever number so. */
const LEAST_EMBEDDING = 64;
/**
 * Of what could be told of an image by its class, scores of classes tell so much: they are sure of one, and of others from
 * image to image. Positions, sizes and embeddings, read as scores, are hardly sure, or always of the same.
 */
const TELLING = 0.3;

/**
 * A network where there are no labels. Of its outputs that are plain values in a row, some are scores of classes and some
 * are not, which nothing but their values on images can tell.
 * @param images some of the training images
 */
export async function taughtGraph(
  backend: Backend,
  graph: Graph,
  weights: Weights,
  images: AsyncIterable<Pick<Batch, 'n' | 'x'>>,
  signal?: AbortSignal,
): Promise<Graph> {
  const bare = withoutLabels(graph, []);
  const open = headsOf(bare).filter(({ kind, units }) => kind === 'logits' && !isEmbedding(units));
  if (open.length === 0) return bare;
  const network = new Network(
    backend,
    withOutputs(
      bare,
      open.map(({ node }) => node),
    ),
    weights,
  );
  try {
    const told = open.map(({ units }) => new Told(units));
    const breather = new Breather(signal);
    for await (const { x, n } of images) {
      await breather.breathe();
      network.predict(x, n).forEach((values, i) => told[i].add(values));
    }
    return withoutLabels(
      graph,
      open.filter((_, i) => told[i].share >= TELLING).map(({ output }) => output),
    );
  } finally {
    network.dispose();
  }
}

function isEmbedding(units: number): boolean {
  return units >= LEAST_EMBEDDING && Number.isInteger(Math.log2(units));
}

/** What rows of scores, as probabilities, tell of images: the mutual information of image and class. */
class Told {
  private readonly sum: Float64Array;
  private entropy = 0;
  private rows = 0;

  constructor(private readonly width: number) {
    this.sum = new Float64Array(width);
  }

  add(values: Float32Array): void {
    const rows = softmaxRows(values, this.width, 1);
    rows.forEach((p, i) => (this.sum[i % this.width] += p));
    this.entropy += entropy(rows);
    this.rows += rows.length / this.width;
  }

  /** 0 to 1: of the most that so many images of so many classes can tell; 0 for one image. */
  get share(): number {
    const { rows, width } = this;
    const most = Math.log(Math.min(rows, width));
    const mean = this.sum.map((p) => p / rows);
    return most > 0 ? (entropy(mean) - this.entropy / rows) / most : 0;
  }
}

function entropy(probabilities: Float32Array | Float64Array): number {
  let sum = 0;
  for (const p of probabilities) if (p > 0) sum -= p * Math.log(p);
  return sum;
}

/** What a network without labels learns by, and what its accuracy is, in a sentence. @param asked there may be labels */
export function describeTaught(graph: Graph, asked: boolean): string {
  const aims = aimsOf(graph, true);
  const several = aims.length > 1;
  const each = aims.map(({ head, loss }) => `${several ? `"${head.name}" ` : ''}by ${loss}`).join(', ');
  const taken = asked
    ? "folders' names count for nothing, as asked"
    : 'there are no class folders, so the images are taken without labels';
  return `${taken}: the original is the teacher, its answers are learned ${each}, and accuracy is agreement with it, ${agreementIs(graph)}`;
}

/** What to think of outputs that say the same of all images; null where there are none. */
export function describeDull(names: readonly string[]): string | null {
  if (names.length === 0) return null;
  const which = names.map((name) => `"${name}"`).join(' and ');
  return `the original says the same of all images that were looked at (${which}), so that agreeing with it means nothing: are they such as it was trained on, and is the preprocessing right (--preprocess)?`;
}

/** What agreement with the original is of such a network, to be said after "agreement is". */
export function agreementIs(graph: Graph): string {
  const heads = headsOf(graph);
  const says = heads.filter((head) => tellsClasses(head, graph)).length;
  if (says === heads.length) return 'the share of images of which both say the same class';
  if (says === 0) return '100 times one minus the relative error';
  return 'the mean over outputs of the share of images of the same class, or 100 times one minus the relative error';
}
