import { InputError } from '../graph/errors.ts';
import type { Graph } from '../graph/types.ts';

/** Names of layers that Espalier can't compute, with what they are: "lrn1 (LRN)". */
export function opaqueLayers({ nodes }: Graph): string[] {
  return [
    ...new Set(nodes.flatMap(({ op, layer }) => (op.kind === 'opaque' ? `${layer} (${op.what})` : []))),
  ];
}

/** @throws InputError in one sentence that names them, where a network has such layers */
export function refuseOpaque(graph: Graph): void {
  const layers = opaqueLayers(graph);
  if (layers.length === 0) return;
  const more = layers.length > 3 ? ` and ${layers.length - 3} more` : '';
  throw new InputError(
    `Espalier can't compute ${layers.slice(0, 3).join(', ')}${more}, so this network can't be scored or trained: prune it without images (leave out --data), by its weights alone`,
  );
}
