import type { Graph } from '../../graph/types.ts';
import { labelledHead } from '../heads.ts';
import type { Head } from '../heads.ts';
import { withOutputs } from '../execution.ts';

/**
 * The node before the final softmax or sigmoid of the output that class labels are of, looking through reshapes. One that
 * ends in neither returns logits itself.
 */
export function logitsOf(graph: Graph): Pick<Head, 'node' | 'activation'> {
  const { node, activation } = labelledHead(graph);
  return { node, activation };
}

const cut = new WeakMap<Graph, Graph>();

/** The graph up to these logits. The same object each time, so that its execution is worked out once. */
export function logitsGraph(graph: Graph): Graph {
  let result = cut.get(graph);
  if (!result) cut.set(graph, (result = withOutputs(graph, [logitsOf(graph).node])));
  return result;
}
