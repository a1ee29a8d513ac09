import { freemem } from 'node:os';
import { hasStatistics } from '../../../graph/op-facts.ts';
import { InputError } from '../../../graph/errors.ts';
import type { Dependencies, Graph } from '../../../graph/types.ts';
import { convolves, inputGroups, twoLayerSize, usersOf } from './generator.ts';
import { sizeOf } from '../../../graph/ops/rules/sizes.ts';

/** Share of the free memory that a generator may fill; the rest is for activations and images. */
const MARGIN = 0.7;

/** Free memory of this process in bytes, a container's limit respected. */
function freeMemory(): number {
  return Math.min(process.availableMemory?.() ?? Infinity, freemem());
}

/** Trained numbers of the paper's generator: (h + 1) times the convolution weights, and a little. */
export function pruningNetSize(graph: Graph, dependencies: Dependencies, hidden: number): number {
  let total = 0;
  for (const [id, { node, role }] of usersOf(graph)) {
    const size = sizeOf(graph.params[id].shape);
    if (convolves(node, role))
      total += twoLayerSize(Math.max(inputGroups(dependencies, id).length, 1), hidden, size);
    else if (!hasStatistics(node.op)) total += size;
  }
  return total;
}

/** float32 bytes while it trains: the numbers, their gradients and momenta. */
export function trainingBytes(numbers: number): number {
  return numbers * 4 * 3;
}

export function fits(numbers: number, free = freeMemory()): boolean {
  return trainingBytes(numbers) <= free * MARGIN;
}

/** @throws InputError, with the numbers, where the paper's generator would not fit into memory */
export function checkPruningNetFits(
  graph: Graph,
  dependencies: Dependencies,
  hidden: number,
  free = freeMemory(),
): void {
  const numbers = pruningNetSize(graph, dependencies, hidden);
  if (fits(numbers, free)) return;
  const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`;
  throw new InputError(
    `the PruningNet of this network has ${(numbers / 1e6).toFixed(0)} million parameters and needs ` +
      `${gigabytes(trainingBytes(numbers))} with gradients and momenta, but of the ${gigabytes(free)} of free memory ` +
      `it may take ${gigabytes(free * MARGIN)}; use the generator "inherit", which is about as large as the network`,
  );
}
