import { InputError } from '../graph/errors.ts';
import type { Graph, Node } from '../graph/types.ts';

/** How a graph is executed: its nodes by id, and for each position which values nobody reads afterwards. */
export interface Execution {
  readonly nodes: ReadonlyMap<string, Node>;
  /** ids of values that may be dropped once the node at this position has run */
  readonly dropAfter: readonly (readonly string[])[];
}

const known = new WeakMap<Graph, Execution>();

/** How a graph is executed; worked out once a graph. Throws InputError where a node reads a value that isn't there yet. */
export function executionOf(graph: Graph): Execution {
  const before = known.get(graph);
  if (before) return before;
  const nodes = new Map<string, Node>();
  const last = new Map<string, number>();
  graph.nodes.forEach((node, i) => {
    for (const input of node.inputs) {
      if (!nodes.has(input))
        throw new InputError(`node ${node.id} reads ${input}, which no node before it makes`);
      last.set(input, i);
    }
    nodes.set(node.id, node);
    last.set(node.id, i);
  });
  for (const id of graph.outputs) {
    if (!nodes.has(id)) throw new InputError(`the network's output ${id} is made by no node`);
    last.delete(id);
  }
  const dropAfter: string[][] = graph.nodes.map(() => []);
  for (const [id, i] of last) dropAfter[i].push(id);
  const execution = { nodes, dropAfter };
  known.set(graph, execution);
  return execution;
}

/** The part of a graph that computes the given values. Inputs stay, in order, even where they are no longer read. */
export function withOutputs(graph: Graph, outputs: readonly string[]): Graph {
  const { nodes } = executionOf(graph);
  const wanted = new Set<string>(graph.inputs);
  const visit = (id: string): void => {
    const node = nodes.get(id);
    if (!node) throw new InputError(`the graph has no node ${id}`);
    if (wanted.has(id)) return;
    wanted.add(id);
    node.inputs.forEach(visit);
  };
  outputs.forEach(visit);
  const kept = graph.nodes.filter((node) => wanted.has(node.id));
  const used = new Set(kept.flatMap((node) => Object.values(node.params)));
  const params = Object.fromEntries(Object.entries(graph.params).filter(([id]) => used.has(id)));
  return { nodes: kept, inputs: graph.inputs, outputs: [...outputs], params };
}
