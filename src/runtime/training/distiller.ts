import type { Graph, Weights } from '../../graph/types.ts';
import { labelledHead } from '../heads.ts';
import type { Head } from '../heads.ts';
import { withOutputs } from '../execution.ts';
import type { Backend, Batch } from '../types.ts';
import { Network } from './network.ts';
import { sigmoid, softmaxRows } from './probabilities.ts';

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
        believed: rows ? softmaxRows(values, size, 1) : values.map(sigmoid),
      };
    }
  }

  dispose(): void {
    this.network.dispose();
  }
}

/** Whether the output that labels are of gives probabilities. */
export function canTeach(graph: Graph): boolean {
  // without labels its answers are what is learned, all of them
  if (graph.taught) return false;
  const { kind, classes } = labelledHead(graph);
  return kind !== 'values' && classes !== null;
}
