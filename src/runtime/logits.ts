import { InputError } from '../graph/errors.ts';
import type { Graph } from '../graph/types.ts';
import { planOf, withOutputs } from './plan.ts';

/** What the values of a classifier's last layer are. */
export interface Logits {
  /** id of the node whose value, flattened to [n, classes], is the logits */
  readonly node: string;
  /** what the network applies to them: nothing, softmax, or (for one unit: two classes) sigmoid */
  readonly activation: 'none' | 'softmax' | 'sigmoid';
  /** another activation that the network ends in, if it does */
  readonly last?: string;
}

const SHAPE_ONLY = new Set(['identity', 'dropout', 'flatten', 'reshape']);

/**
 * Finds the node before the final softmax (or sigmoid) of the network's first output, looking through reshapes.
 * A network that ends in neither returns logits itself.
 */
export function logitsOf(graph: Graph): Logits {
  const { nodes } = planOf(graph);
  if (graph.outputs.length === 0) throw new InputError('the network has no output');
  const output = graph.outputs[0];
  for (let id = output; ;) {
    const node = nodes.get(id)!;
    if (node.op.kind === 'softmax') return { node: node.inputs[0], activation: 'softmax' };
    if (node.op.kind === 'activation' && node.op.activation === 'sigmoid')
      return { node: node.inputs[0], activation: 'sigmoid' };
    if (node.op.kind === 'activation' && node.op.activation !== 'linear')
      return { node: output, activation: 'none', last: node.op.activation };
    if (!SHAPE_ONLY.has(node.op.kind)) return { node: output, activation: 'none' };
    id = node.inputs[0];
  }
}

const cut = new WeakMap<Graph, Graph>();

/** The graph up to its logits. The same object each time, so that its plan is computed once. */
export function logitsGraph(graph: Graph): Graph {
  let result = cut.get(graph);
  if (!result) cut.set(graph, (result = withOutputs(graph, [logitsOf(graph).node])));
  return result;
}
