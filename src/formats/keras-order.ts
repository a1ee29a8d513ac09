import { isObject } from './keras-config/plain.ts';
import { readModelSpec } from './keras-config/spec.ts';
import type { Argument, ModelSpec, TensorRef } from './keras-config/layer-spec.ts';

/**
 * The configuration with its layers in the order in which Keras itself numbers them. Keras finds weights by that
 * order, not by name, both in .h5 and in .keras files; so a configuration that Keras didn't write must be put into it
 * before weights are laid down beside it. Nested models too.
 * @throws InputError where it is no model configuration
 */
export function inKerasOrder(config: unknown, where: string): unknown {
  const copy = structuredClone(config);
  reorder(copy, readModelSpec(config, where));
  return copy;
}

function reorder(entry: unknown, model: ModelSpec): void {
  if (!isObject(entry)) return;
  const inner = entry.config;
  const layers = Array.isArray(inner) ? inner : isObject(inner) ? inner.layers : undefined;
  if (!Array.isArray(layers)) return;
  model.layers.forEach((layer, i) => {
    if (layer.model) reorder(layers[i], layer.model);
  });
  if (model.kind === 'sequential' || !isObject(inner)) return;
  const at = new Map(model.layers.map((layer, i) => [layer.name, i]));
  inner.layers = kerasOrder(model).map((name) => layers[at.get(name)!] as unknown);
}

/**
 * Layer names of a functional model as Keras orders them: by depth (longest way to an output), deepest first, and
 * within one depth by when a depth-first walk back from the outputs first meets them.
 */
function kerasOrder(model: ModelSpec): string[] {
  const layers = new Map(model.layers.map((layer) => [layer.name, layer]));
  const callsOf = (name: string) => layers.get(name)?.calls ?? [];
  const key = (ref: TensorRef) => {
    // a nested model's calls may be counted from its own construction
    const call = Math.min(ref.node, Math.max(0, callsOf(ref.layer).length - 1));
    return `${call} ${ref.layer}`;
  };
  const parents = (node: string): string[] => {
    const space = node.indexOf(' ');
    const call = callsOf(node.slice(space + 1))[Number(node.slice(0, space))];
    if (!call) return [];
    const given: Argument[] = [...call.args, ...Object.values(call.kwargs)];
    return given.flatMap((argument) => ('tensor' in argument ? [key(argument.tensor)] : []));
  };
  const layerOf = (node: string) => node.slice(node.indexOf(' ') + 1);

  const first = new Map<string, number>();
  const finished: string[] = [];
  const seen = new Set<string>();
  const walk = (node: string) => {
    if (seen.has(node)) return;
    seen.add(node);
    if (!first.has(layerOf(node))) first.set(layerOf(node), first.size);
    parents(node).forEach(walk);
    finished.push(node);
  };
  model.outputs.map(key).forEach(walk);

  const nodeDepth = new Map<string, number>();
  const depth = new Map<string, number>();
  for (const node of finished.reverse()) {
    const own = Math.max(nodeDepth.get(node) ?? 0, depth.get(layerOf(node)) ?? 0);
    depth.set(layerOf(node), own);
    for (const parent of parents(node)) nodeDepth.set(parent, Math.max(own + 1, nodeDepth.get(parent) ?? 0));
  }
  // an input that nothing reads stands first among the last
  for (const { layer } of model.inputs)
    if (!depth.has(layer)) {
      depth.set(layer, 0);
      first.set(layer, -1);
    }
  const used = [...depth.keys()].sort(
    (a, b) => depth.get(b)! - depth.get(a)! || first.get(a)! - first.get(b)!,
  );
  return [...used, ...model.layers.map((l) => l.name).filter((name) => !depth.has(name))];
}
