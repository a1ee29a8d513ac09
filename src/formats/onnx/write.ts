import type { Graph, Weights } from '../../graph/types.ts';
import { writeFileWhole } from '../files.ts';
import type { LoadedModel } from '../types.ts';
import type { OnnxSource } from './write/write.ts';
import { rewritten } from './write/write.ts';

/** What the reader made of a model. */
export function sourceOf({ container }: LoadedModel): OnnxSource {
  return container.own as OnnxSource;
}

/**
 * Writes the source's own graph with the network's kept channels and weights.
 * @throws InputError where it can't be written
 */
export async function writeOnnx(
  source: LoadedModel,
  graph: Graph,
  weights: Weights,
  out: string,
): Promise<void> {
  await writeFileWhole(out, rewritten(sourceOf(source), graph, weights));
}
