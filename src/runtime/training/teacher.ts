import type { Graph, Weights } from '../../graph/types.ts';
import { Breather } from '../breathe.ts';
import type { Head } from '../heads.ts';
import { othersOf } from './losses.ts';
import { Network } from './network.ts';
import { withOutputs } from '../execution.ts';
import type { Backend, Batch } from '../types.ts';

/**
 * The original network, which tells what outputs should go on answering that labels say nothing of. Dispose it.
 */
export class Teacher {
  private constructor(
    private readonly network: Network,
    private readonly weights: readonly number[],
  ) {}

  /**
   * @param images some of the training images: plain values that vary there by more than 1 are weighed by one over their
   * variance, since at the rates of a classifier their squares would drown it, and diverge. Smaller ones aren't made to
   * weigh more: they would do the same.
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
    const outputs = heads.map(({ output }) => output);
    const network = new Network(backend, withOutputs(graph, outputs), weights);
    try {
      const spreads = heads.map(() => new Spread());
      const breather = new Breather(signal);
      for await (const { x, n } of images) {
        await breather.breathe();
        network.predict(x, n).forEach((values, i) => spreads[i].add(values, values.length / n));
      }
      const weigh = ({ activation }: Head, i: number) =>
        activation === 'none' ? 1 / Math.max(1, spreads[i].variance) : 1;
      return new Teacher(network, heads.map(weigh));
    } catch (error) {
      network.dispose();
      throw error;
    }
  }

  /** The same batches, each with the original's answers. */
  async *answer(batches: AsyncIterable<Batch>): AsyncGenerator<Batch, void, void> {
    for await (const batch of batches) {
      const answers = this.network.predict(batch.x, batch.n);
      yield { ...batch, answers: answers.map((values, i) => ({ values, weight: this.weights[i] })) };
    }
  }

  dispose(): void {
    this.network.dispose();
  }
}

/** Mean over the values of a sample of their variance from sample to sample. */
class Spread {
  private sum = new Float64Array(0);
  private squares = new Float64Array(0);
  private samples = 0;

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

  get variance(): number {
    const n = this.samples;
    const each = this.sum.map((sum, i) => Math.max(0, this.squares[i] / n - (sum / n) ** 2));
    return each.reduce((a, b) => a + b, 0) / each.length;
  }
}
