import { specOf } from './ops/index.ts';
import { channelAxis } from './ops/rules/layout.ts';
import { networkWidths, Terms } from './widths.ts';
import type { NetworkWidths } from './widths.ts';
import type { Dependencies, Graph, Node, Shape } from './types.ts';
import type { Architecture } from '../terms/candidates.ts';
import type { Cost } from '../terms/cost.ts';

/**
 * The cost of any architecture of a network, for one image; a pure function that takes microseconds, since only
 * lengths of axes enter it. macs: multiply-accumulates of convolutions (all kinds) and dense layers, biases not
 * counted; padding counts as data, as everywhere in the literature.
 */
export function costModel(graph: Graph, dependencies: Dependencies): (architecture: Architecture) => Cost {
  const network = networkWidths(graph, dependencies);
  const macs = new Terms(network);
  const params = new Terms(network);
  for (const node of graph.nodes) addMacs(macs, network, node);
  for (const id of Object.keys(graph.params)) params.add(1, network.params[id]);
  const peak = peakElements(graph, network);
  return (architecture) => {
    const lengths = network.at(architecture);
    const count = params.evaluate(lengths);
    return {
      macs: macs.evaluate(lengths),
      params: count,
      bytes: 4 * count,
      peakActivationBytes: 4 * peak(lengths),
    };
  };
}

/** What one node costs at an architecture. A parameter that several nodes share counts at the first. */
export interface LayerCost {
  readonly node: string;
  readonly layer: string;
  readonly outputShape: Shape;
  readonly macs: number;
  readonly params: number;
}

/** The cost of every node at an architecture, in execution order; macs and params sum to those of `costModel`. */
export function layerCosts(
  graph: Graph,
  dependencies: Dependencies,
  architecture: Architecture,
): LayerCost[] {
  const network = networkWidths(graph, dependencies);
  const lengths = network.at(architecture);
  const product = (widths: readonly number[]) => widths.reduce((n, w) => n * lengths[w], 1);
  const counted = new Set<string>();
  return graph.nodes.map((node) => {
    const macs = new Terms(network);
    addMacs(macs, network, node);
    let params = 0;
    for (const id of Object.values(node.params)) {
      if (counted.has(id)) continue;
      counted.add(id);
      params += product(network.params[id]);
    }
    const outputShape = network.values[node.id].map((w) => lengths[w]);
    return { node: node.id, layer: node.layer, outputShape, macs: macs.evaluate(lengths), params };
  });
}

function addMacs(terms: Terms, network: NetworkWidths, node: Node): void {
  const { kernel } = specOf(node.op).params;
  if (!kernel) return;
  const value = network.values[kernel.applied === 'input' ? node.inputs[0] : node.id];
  const positions = value.filter((_, axis) => axis !== channelAxis(value.length));
  terms.add(1, [...positions, ...network.params[node.params.kernel]]);
}

/**
 * Largest number of elements alive at once, executing in order: each value lives from its own node to its last reader
 * (outputs of the network to the end), and a node's inputs are alive while it computes its output.
 */
function peakElements(graph: Graph, network: NetworkWidths): (lengths: Float64Array) => number {
  const at = new Map(graph.nodes.map((n, i) => [n.id, i]));
  const last = graph.nodes.map((_, i) => i);
  graph.nodes.forEach((node, i) => {
    for (const id of node.inputs) last[at.get(id)!] = i;
  });
  for (const id of graph.outputs) last[at.get(id)!] = Infinity;
  const dying: number[][] = graph.nodes.map(() => []);
  last.forEach((end, i) => {
    if (end !== Infinity) dying[end].push(i);
  });
  // values of one shape have one size: each is worked out once an architecture
  const sizes: Terms[] = [];
  const byShape = new Map<string, number>();
  const sizeOf = graph.nodes.map((node) => {
    const key = network.values[node.id].join();
    let size = byShape.get(key);
    if (size === undefined) {
      const term = new Terms(network);
      term.add(1, network.values[node.id]);
      byShape.set(key, (size = sizes.push(term) - 1));
    }
    return size;
  });
  const elements = new Float64Array(sizes.length);
  return (lengths) => {
    for (let i = 0; i < sizes.length; i++) elements[i] = sizes[i].evaluate(lengths);
    let alive = 0;
    let peak = 0;
    for (let i = 0; i < sizeOf.length; i++) {
      alive += elements[sizeOf[i]];
      if (alive > peak) peak = alive;
      for (const dead of dying[i]) alive -= elements[sizeOf[dead]];
    }
    return peak;
  };
}
