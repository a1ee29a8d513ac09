import type { Graph } from './types.ts';

/** Names of the layers that the source froze (`trainable: false`) and that have something to train, in order. */
export function frozenLayers({ nodes, params }: Graph): string[] {
  const frozen = nodes.filter((node) => Object.values(node.params).some((id) => params[id].frozen));
  return [...new Set(frozen.map(({ layer }) => layer))];
}

/**
 * The same network with everything that its source froze open to training: batch norms, too, so that they run on a
 * batch's own statistics in training and move theirs. Files that are written keep the source's flags.
 */
export function thaw(graph: Graph): Graph {
  if (!Object.values(graph.params).some(({ frozen }) => frozen)) return graph;
  const params = Object.fromEntries(
    Object.entries(graph.params).map(([id, { frozen, ...param }]) => [
      id,
      frozen ? { ...param, trainable: true } : param,
    ]),
  );
  return { ...graph, params };
}
