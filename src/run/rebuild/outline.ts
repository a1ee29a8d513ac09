import { fullArchitecture } from '../../graph/architecture.ts';
import { findGroups } from '../../graph/channels.ts';
import type { GroupOptions } from '../../graph/channels.ts';
import { costModel, layerCosts } from '../../graph/cost.ts';
import { alongChannels } from '../../graph/ops/rules/layout.ts';
import type { ChannelGroup, Dependencies, Graph, Shape } from '../../graph/types.ts';
import type { Cost } from '../../terms/cost.ts';

/** One node of a network, as it is listed. */
export interface LayerOutline {
  readonly node: string;
  readonly layer: string;
  readonly type: string;
  readonly outputShape: Shape;
  readonly macs: number;
  readonly params: number;
  /** the group whose channels it makes; null where it makes none */
  readonly makes: ChannelGroup | null;
  /** how many channels it makes */
  readonly width: number | null;
  /** the group that runs along its output's channels, the first of several; null where none does */
  readonly carries: number | null;
}

/** An input or output of a network. */
export interface End {
  readonly name: string;
  readonly shape: Shape;
}

/** A network uncut, node by node: what the command line and the panel list. */
export interface Outline {
  readonly dependencies: Dependencies;
  readonly cost: Cost;
  readonly inputs: readonly End[];
  readonly outputs: readonly End[];
  readonly layers: readonly LayerOutline[];
}

/** @throws InputError where shapes don't fit, or a layer to freeze is not there */
export function outlineOf(graph: Graph, options: GroupOptions): Outline {
  const dependencies = findGroups(graph, options);
  const full = fullArchitecture(dependencies);
  const costs = layerCosts(graph, dependencies, full);
  const made = new Map<string, ChannelGroup>();
  for (const group of dependencies.groups)
    for (const { node, role } of group.members) if (role === 'producer') made.set(node, group);
  const layers = graph.nodes.map(({ id, layer, layerType }, i): LayerOutline => {
    const { outputShape, macs, params } = costs[i];
    const makes = made.get(id) ?? null;
    const width = makes && (alongChannels(outputShape) ?? null);
    const carries = carriedBy(dependencies, id);
    return { node: id, layer, type: layerType, outputShape, macs, params, makes, width, carries };
  });
  const shapes = new Map(layers.map(({ node, outputShape }) => [node, outputShape]));
  const ends = (ids: readonly string[]) => ids.map((id): End => ({ name: id, shape: shapes.get(id) ?? [] }));
  const cost = costModel(graph, dependencies)(full);
  return { dependencies, cost, inputs: ends(graph.inputs), outputs: ends(graph.outputs), layers };
}

/** The group that runs along the channels of a node's value, the first of several (a concatenation has them). */
export function carriedBy({ values }: Dependencies, node: string): number | null {
  return alongChannels(values[node] ?? [])?.group.find((group) => group >= 0) ?? null;
}
