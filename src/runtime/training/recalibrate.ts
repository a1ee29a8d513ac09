import type * as tfc from '@tensorflow/tfjs-core';
import { onlyInputShape } from '../../graph/shapes.ts';
import { InputError } from '../../graph/errors.ts';
import type { Graph, Node, Weights } from '../../graph/types.ts';
import { Breather } from '../breathe.ts';
import { forward } from '../forward.ts';
import type { Backend, Batch } from '../types.ts';

/** How statistics are made of the batches'; see RecalibrateOptions.mode. */
export const recalibrationModes = ['average', 'momentum'] as const;
export type RecalibrationMode = (typeof recalibrationModes)[number];

export interface RecalibrateOptions {
  /** mini-batches: about 100 in the paper; labels are not looked at */
  readonly batches: AsyncIterable<Pick<Batch, 'n' | 'x'>>;
  /**
   * average (default): the mean over the batches, weighted by their sizes, of each batch's mean and biased variance.
   * momentum: the paper's, from mean 0 and variance 1: moving = 0.9 moving + 0.1 batch.
   */
  readonly mode?: RecalibrationMode;
  readonly signal?: AbortSignal;
}

/** The share of the newest batch in `momentum` mode. */
const NEWEST = 0.1;

/**
 * Batch-norm recalibration: new moving statistics of a network whose channels or weights changed, by running images
 * through it with batch statistics, without gradients, dropout or labels. Batch norms frozen by the source take part.
 *
 * @param params the network's tensors, or its weights
 * @returns values of every batch norm's mean and variance, by parameter id; nothing else changes
 * @throws InputError without batches; Interrupted once the signal is aborted
 */
export async function recalibrate(
  backend: Backend,
  graph: Graph,
  params: ((paramId: string) => tfc.Tensor) | Weights,
  options: RecalibrateOptions,
): Promise<Map<string, Float32Array>> {
  const { tf } = backend;
  const own = new Map<string, tfc.Tensor>();
  const param = typeof params === 'function' ? params : tensorsOf(backend, graph, params, own);
  const shape = onlyInputShape(graph);
  const make = options.mode === 'momentum' ? () => new Moving() : () => new Mean();
  const statistics = new Map<string, Statistic>();
  const take = (id: string, values: tfc.Tensor1D, start: number, n: number): void => {
    let statistic = statistics.get(id);
    if (!statistic) statistics.set(id, (statistic = make()));
    statistic.add(values.dataSync<'float32'>(), n, start);
    values.dispose();
  };
  const breather = new Breather(options.signal);
  let images = 0;
  try {
    for await (const batch of options.batches) {
      await breather.breathe();
      images += batch.n;
      const onBatchStats = (node: Node, mean: tfc.Tensor1D, variance: tfc.Tensor1D): void => {
        take(node.params.mean, mean, 0, batch.n);
        take(node.params.variance, variance, 1, batch.n);
      };
      tf.tidy(() => {
        const x = tf.tensor(batch.x, [batch.n, ...shape]);
        forward(backend, graph, param, [x], {
          training: true,
          gradients: false,
          thawBatchNorm: true,
          onBatchStats,
        });
      });
    }
  } finally {
    for (const tensor of own.values()) tensor.dispose();
  }
  if (images === 0) throw new InputError('batch-norm recalibration was given no images');
  return new Map([...statistics].map(([id, statistic]) => [id, statistic.result()]));
}

/** One mean or variance, gathered over the batches (and over the calls of a shared layer). */
interface Statistic {
  add(values: Float32Array, n: number, start: number): void;
  result(): Float32Array;
}

class Mean implements Statistic {
  private sum = new Float64Array(0);
  private weight = 0;

  add(values: Float32Array, n: number): void {
    if (this.weight === 0) this.sum = new Float64Array(values.length);
    this.weight += n;
    for (let i = 0; i < values.length; i++) this.sum[i] += n * values[i];
  }

  result(): Float32Array {
    return Float32Array.from(this.sum, (v) => v / this.weight);
  }
}

class Moving implements Statistic {
  private value: Float64Array | undefined;

  add(values: Float32Array, _n: number, start: number): void {
    this.value ??= new Float64Array(values.length).fill(start);
    for (let i = 0; i < values.length; i++) this.value[i] += NEWEST * (values[i] - this.value[i]);
  }

  result(): Float32Array {
    return Float32Array.from(this.value ?? []);
  }
}

function tensorsOf(
  backend: Backend,
  graph: Graph,
  weights: Weights,
  own: Map<string, tfc.Tensor>,
): (id: string) => tfc.Tensor {
  return (id) => {
    let tensor = own.get(id);
    if (!tensor) {
      const values = weights.get(id);
      if (!values) throw new InputError(`weight ${id} is missing`);
      tensor = backend.tf.keep(backend.tf.tensor(values.slice(), [...graph.params[id].shape]));
      own.set(id, tensor);
    }
    return tensor;
  };
}
