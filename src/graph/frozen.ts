import { hasStatistics } from './op-facts.ts';
import type { Graph, Node } from './types.ts';

/** Names of the layers that the source froze (`trainable: false`) and that have something to train, in order. */
export function frozenLayers({ nodes, params }: Graph): string[] {
  const frozen = nodes.filter((node) => Object.values(node.params).some((id) => params[id].frozen));
  return [...new Set(frozen.map(({ layer }) => layer))];
}

/**
 * A batch norm's share of its old statistics at each step, at most. A base's own, .99 to .999 in keras.applications, is for
 * long trainings: after a few hundred steps of fine-tuning its statistics would still be those from before (measured on a
 * MobileNet: 25 % right on test instead of 100; docs/fine-tuning.md).
 */
const MOMENTUM = 0.9;

/**
 * The same network with everything that its source froze open to training: batch norms, too, so that they run on a
 * batch's own statistics in training and move theirs. Files that are written keep the source's flags and momenta.
 */
export function thaw(graph: Graph): Graph {
  const frozen = new Set(Object.values(graph.params).flatMap((param) => (param.frozen ? param.id : [])));
  if (frozen.size === 0) return graph;
  const params = Object.fromEntries(
    Object.entries(graph.params).map(([id, { frozen: was, ...param }]) => [
      id,
      was ? { ...param, trainable: true } : param,
    ]),
  );
  const nodes = graph.nodes.map((node): Node => {
    const { op } = node;
    if (!hasStatistics(op) || !Object.values(node.params).some((id) => frozen.has(id))) return node;
    return { ...node, op: { ...op, momentum: Math.min(op.momentum, MOMENTUM) } };
  });
  return { ...graph, nodes, params };
}
