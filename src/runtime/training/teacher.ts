import type { Graph, Weights } from '../../graph/types.ts';
import { Breather } from '../breathe.ts';
import { tellsClasses } from '../heads.ts';
import type { Head } from '../heads.ts';
import { aimsOf, othersOf } from './losses.ts';
import { Network } from './network.ts';
import { withOutputs } from '../execution.ts';
import { activated, classOf } from './probabilities.ts';
import type { Answer, Backend, Batch } from '../types.ts';

/** Images on which an original should have said something else at least once. */
const LEAST_TOLD = 20;

/**
 * The original network, which tells what outputs should go on answering that labels say nothing of: all, where there are
 * none. Dispose it.
 */
export class Teacher {
  private constructor(
    private readonly network: Network,
    private readonly scales: readonly Pick<Answer, 'weight' | 'scale'>[],
    /** without labels: names of outputs that said the same of all images that were looked at */
    readonly dull: readonly string[] = [],
  ) {}

  /**
   * @param images some of the training images: plain values that vary there by more than 1 are weighed by one over their
   * variance, since at the rates of a classifier their squares would drown it, and diverge. Smaller ones aren't made to
   * weigh more: they would do the same. Without labels plain values are weighed by one over their variance, whatever it is
   * (normalised mean squared error).
   * @returns null where labels say all
   */
  static async open(
    backend: Backend,
    graph: Graph,
    weights: Weights,
    images: AsyncIterable<Pick<Batch, 'n' | 'x'>>,
    signal?: AbortSignal,
  ): Promise<Teacher | null> {
    const heads = othersOf(graph);
    if (heads.length === 0) return null;
    const { taught } = graph;
    const outputs = heads.map(({ output, node }) => (taught ? node : output));
    const network = new Network(backend, withOutputs(graph, outputs), weights);
    try {
      const spreads = heads.map(() => new Spread());
      const said = heads.map(() => new Set<number>());
      const breather = new Breather(signal);
      for await (const { x, n } of images) {
        await breather.breathe();
        network.predict(x, n).forEach((values, i) => {
          const given = taught ? activated(values, heads[i]) : values;
          spreads[i].add(given, values.length / n);
          if (!taught || !tellsClasses(heads[i], graph)) return;
          const width = values.length / n;
          for (let k = 0; k < n; k++) said[i].add(classOf(values.subarray(k * width, (k + 1) * width)));
        });
      }
      const weigh = ({ activation }: Head, i: number) => ({
        weight: activation === 'none' ? 1 / Math.max(1, spreads[i].variance) : 1,
      });
      if (!taught) return new Teacher(network, heads.map(weigh));
      const dull = heads.filter((head, i) =>
        tellsClasses(head, graph) ? said[i].size === 1 : !spreads[i].varies,
      );
      const names = spreads[0].samples < LEAST_TOLD ? [] : dull.map(({ name }) => name);
      return new Teacher(network, weighAlone(graph, spreads), names);
    } catch (error) {
      network.dispose();
      throw error;
    }
  }

  /** The same batches, each with the original's answers. */
  async *answer(batches: AsyncIterable<Batch>): AsyncGenerator<Batch, void, void> {
    for await (const batch of batches) {
      const answers = this.network.predict(batch.x, batch.n);
      yield { ...batch, answers: answers.map((values, i) => ({ values, ...this.scales[i] })) };
    }
  }

  dispose(): void {
    this.network.dispose();
  }
}

/** Without labels: the scale of what is compared as values. */
function weighAlone(graph: Graph, spreads: readonly Spread[]): Pick<Answer, 'weight' | 'scale'>[] {
  return aimsOf(graph, true).map(({ head, form }, i) => {
    const { scale } = spreads[i];
    const weight = form === 'squares' ? 1 / scale : 1;
    return tellsClasses(head, graph) ? { weight } : { weight, scale };
  });
}

/** Mean over the values of a sample of their variance from sample to sample. */
class Spread {
  private sum = new Float64Array(0);
  private squares = new Float64Array(0);
  samples = 0;

  add(values: Float32Array, width: number): void {
    if (this.samples === 0) {
      this.sum = new Float64Array(width);
      this.squares = new Float64Array(width);
    }
    this.samples += values.length / width;
    values.forEach((value, i) => {
      this.sum[i % width] += value;
      this.squares[i % width] += value * value;
    });
  }

  /** The variance; of what doesn't vary (or of one image) the mean square, so that nothing is divided by zero. */
  get scale(): number {
    const square = this.squares.reduce((a, b) => a + b, 0) / this.squares.length / this.samples;
    return this.varies ? this.variance : square || 1;
  }

  get varies(): boolean {
    const square = this.squares.reduce((a, b) => a + b, 0) / this.squares.length / this.samples;
    return this.variance > 1e-9 * square;
  }

  get variance(): number {
    const n = this.samples;
    const each = this.sum.map((sum, i) => Math.max(0, this.squares[i] / n - (sum / n) ** 2));
    return each.reduce((a, b) => a + b, 0) / each.length;
  }
}
