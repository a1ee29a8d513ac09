import { architectureOf, fullArchitecture } from './architecture.ts';
import { costModel, layerCosts } from './cost.ts';
import { alongChannels } from './ops/rules/layout.ts';
import type { LayerCost } from './cost.ts';
import type { Dependencies, Graph } from './types.ts';
import type { KeptChannels } from '../terms/candidates.ts';
import type { Cost } from '../terms/cost.ts';

/** One figure on both sides. */
export interface Sides {
  readonly a: number;
  readonly b: number;
}

/** A layer on both sides. JSON-safe. */
export interface LayerDiff {
  readonly layer: string;
  readonly layerType: string;
  /** number of channels of its output */
  readonly width: Sides;
  readonly macs: Sides;
  readonly params: Sides;
  /** channels of the original network; only where both sides are cuts of the same one */
  readonly channels?: ChannelDiff;
}

/** Positions along the channels of the layer's output, ascending. */
export interface ChannelDiff {
  /** on both sides */
  readonly kept: readonly number[];
  /** in A, not in B */
  readonly removed: readonly number[];
  /** in B, not in A */
  readonly added: readonly number[];
  /** on neither */
  readonly absent: readonly number[];
}

export interface Diff {
  /** layers that have parameters or whose width differs, in execution order */
  readonly layers: readonly LayerDiff[];
  readonly onlyInA: readonly string[];
  readonly onlyInB: readonly string[];
  readonly total: { readonly a: Cost; readonly b: Cost };
}

/**
 * Two choices of channels of one network, layer by layer.
 * @throws InputError where one of them does not fit the groups
 */
export function diffKept(
  graph: Graph,
  dependencies: Dependencies,
  keptA: KeptChannels,
  keptB: KeptChannels,
): Diff {
  const a = architectureOf(dependencies, keptA);
  const b = architectureOf(dependencies, keptB);
  const setsA = keptA.map((channels) => new Set(channels));
  const setsB = keptB.map((channels) => new Set(channels));
  const sidesA = byLayer(graph, layerCosts(graph, dependencies, a));
  const sidesB = byLayer(graph, layerCosts(graph, dependencies, b));
  const layers: LayerDiff[] = [];
  for (const [layer, sideA] of sidesA) {
    const diff = compare(layer, sideA, sidesB.get(layer)!);
    const axis = alongChannels(dependencies.values[sideA.node]);
    const full = axis?.group.length ?? sideA.width;
    const channels = {
      kept: [] as number[],
      removed: [] as number[],
      added: [] as number[],
      absent: [] as number[],
    };
    for (let i = 0; i < full; i++) {
      const g = axis ? axis.group[i] : -1;
      const inA = g < 0 || setsA[g].has(axis!.channel[i]);
      const inB = g < 0 || setsB[g].has(axis!.channel[i]);
      channels[inA ? (inB ? 'kept' : 'removed') : inB ? 'added' : 'absent'].push(i);
    }
    const moved = channels.removed.length + channels.added.length > 0;
    if (sideA.hasParams || moved) layers.push({ ...diff, channels });
  }
  const cost = costModel(graph, dependencies);
  return { layers, onlyInA: [], onlyInB: [], total: { a: cost(a), b: cost(b) } };
}

/** Two networks, their layers matched by name; layers of one side alone are listed. */
export function diffGraphs(graphA: Graph, graphB: Graph): Diff {
  const sidesA = byLayer(graphA, layerCosts(graphA, nothing, []));
  const sidesB = byLayer(graphB, layerCosts(graphB, nothing, []));
  const layers: LayerDiff[] = [];
  for (const [layer, a] of sidesA) {
    const b = sidesB.get(layer);
    if (b && (a.hasParams || b.hasParams || a.width !== b.width)) layers.push(compare(layer, a, b));
  }
  const total = (graph: Graph) => costModel(graph, nothing)(fullArchitecture(nothing));
  return {
    layers,
    onlyInA: [...sidesA.keys()].filter((l) => !sidesB.has(l)),
    onlyInB: [...sidesB.keys()].filter((l) => !sidesA.has(l)),
    total: { a: total(graphA), b: total(graphB) },
  };
}

/** A network whose widths are all fixed. */
const nothing: Dependencies = { groups: [], params: {}, values: {} };

interface Side {
  readonly node: string;
  readonly layerType: string;
  readonly width: number;
  readonly macs: number;
  readonly params: number;
  readonly hasParams: boolean;
}

/** Costs of the nodes of a layer summed (a separable convolution has two); the last one gives its output. */
function byLayer(graph: Graph, costs: readonly LayerCost[]): Map<string, Side> {
  const sides = new Map<string, Side>();
  graph.nodes.forEach((node, i) => {
    const before = sides.get(node.layer);
    sides.set(node.layer, {
      node: node.id,
      layerType: node.layerType,
      width: alongChannels(costs[i].outputShape) ?? 1,
      macs: (before?.macs ?? 0) + costs[i].macs,
      params: (before?.params ?? 0) + costs[i].params,
      hasParams: (before?.hasParams ?? false) || Object.keys(node.params).length > 0,
    });
  });
  return sides;
}

function compare(layer: string, a: Side, b: Side): LayerDiff {
  return {
    layer,
    layerType: a.layerType,
    width: { a: a.width, b: b.width },
    macs: { a: a.macs, b: b.macs },
    params: { a: a.params, b: b.params },
  };
}
