import type { Graph, Weights } from '../../graph/types.ts';
import { labelledHead } from '../heads.ts';
import type { Head } from '../heads.ts';
import { withOutputs } from '../execution.ts';
import type { Backend, Batch } from '../types.ts';
import { Network } from './network.ts';

/**
 * The original network as a teacher of what labels leave out: how like the other classes an image is (Hinton et al.
 * 2015). Dispose it.
 */
export class Distiller {
  private readonly network: Network;

  private constructor(
    backend: Backend,
    graph: Graph,
    weights: Weights,
    private readonly head: Head,
  ) {
    this.network = new Network(backend, withOutputs(graph, [head.node]), weights);
  }

  /** @returns null where it has no such answers */
  static of(backend: Backend, graph: Graph, weights: Weights): Distiller | null {
    return canTeach(graph) ? new Distiller(backend, graph, weights, labelledHead(graph)) : null;
  }

  /** The same batches, each with what the original believes of its images. */
  async *teach(batches: AsyncIterable<Batch>): AsyncGenerator<Batch, void, void> {
    const { kind, size } = this.head;
    const rows = kind === 'softmax' || kind === 'logits';
    for await (const batch of batches) {
      const [values] = this.network.predict(batch.x, batch.n);
      yield {
        ...batch,
        believed: rows ? softmaxRows(values, size) : values.map((v) => 1 / (1 + Math.exp(-v))),
      };
    }
  }

  dispose(): void {
    this.network.dispose();
  }
}

/** Whether the output that labels are of gives probabilities. */
export function canTeach(graph: Graph): boolean {
  const { kind, classes } = labelledHead(graph);
  return kind !== 'values' && classes !== null;
}

/** Softmax over each row of `width` values. */
function softmaxRows(values: Float32Array, width: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += width) {
    const row = values.subarray(start, start + width);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    let sum = 0;
    for (let i = 0; i < width; i++) sum += out[start + i] = Math.exp(row[i] - most);
    for (let i = 0; i < width; i++) out[start + i] /= sum;
  }
  return out;
}
