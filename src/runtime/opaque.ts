import type { Graph } from '../graph/types.ts';

/** Names of layers that Espalier can't compute, with what they are: "lrn1 (LRN)". */
export function opaqueLayers({ nodes }: Graph): string[] {
  return [
    ...new Set(nodes.flatMap(({ op, layer }) => (op.kind === 'opaque' ? `${layer} (${op.what})` : []))),
  ];
}

/** Why a network can't be scored or trained, in one sentence that names such layers; null where it can. */
export function opaqueProblem(graph: Graph): string | null {
  const layers = opaqueLayers(graph);
  if (layers.length === 0) return null;
  const more = layers.length > 3 ? ` and ${layers.length - 3} more` : '';
  return `Espalier can't compute ${layers.slice(0, 3).join(', ')}${more}, so this network can't be scored or trained: prune it by its weights alone, without images`;
}
