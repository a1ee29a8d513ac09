import { isObject } from './plain.ts';

type Json = Record<string, unknown>;

/** A configuration without the wrappers of TensorFlow's pruning toolkit. */
export interface Unwrapped {
  readonly config: unknown;
  /** path of a layer, model by model and joined by "/" -> name that its wrapper had; empty where there was none */
  readonly wrappers: ReadonlyMap<string, string>;
}

/**
 * Puts the wrapped layers in the place of their wrappers (PruneLowMagnitude), under their own names, as strip_pruning
 * does: a wrapper holds the layer, and masks of the weights that it keeps at zero.
 */
export function unwrapPruning(config: unknown): Unwrapped {
  const wrappers = new Map<string, string>();
  if (!JSON.stringify(config)?.includes('PruneLowMagnitude')) return { config, wrappers };
  const copy = structuredClone(config);
  if (isObject(copy)) unwrapModel(copy, [], wrappers);
  return { config: wrappers.size > 0 ? copy : config, wrappers };
}

/** What is said of it, once. */
export const unwrappedWarning =
  "TensorFlow's pruning toolkit had wrapped its layers: they are read through (weights times their masks) and written without the wrappers, as strip_pruning does, and without training_config";

function unwrapModel(entry: Json, names: readonly string[], wrappers: Map<string, string>): void {
  const config = entry.config;
  const layers = Array.isArray(config) ? config : isObject(config) ? config.layers : undefined;
  if (!Array.isArray(layers)) return;
  const taken = new Set(layers.filter(isObject).map(nameOf));
  const renamed = new Map<string, string>();
  layers.forEach((layer: unknown, i) => {
    if (!isObject(layer)) return;
    const inner = wrappedBy(layer);
    if (inner) {
      const wrapper = nameOf(layer);
      const own = nameOf(inner);
      const name = own === '' || taken.has(own) ? wrapper : own;
      taken.add(name);
      renamed.set(wrapper, name);
      wrappers.set([...names, name].join('/'), wrapper);
      layers[i] = { ...layer, ...inner, name, config: innerConfig(layer, inner, name) };
    }
    unwrapModel(layers[i] as Json, [...names, nameOf(layers[i] as Json)], wrappers);
  });
  if (renamed.size === 0) return;
  for (const layer of layers) if (isObject(layer)) rename(layer.inbound_nodes, renamed);
  if (isObject(config)) for (const key of ['input_layers', 'output_layers']) rename(config[key], renamed);
}

function wrappedBy(layer: Json): Json | undefined {
  const isWrapper = typeof layer.class_name === 'string' && /(^|>)PruneLowMagnitude$/.test(layer.class_name);
  const inner = isWrapper && isObject(layer.config) ? layer.config.layer : undefined;
  return isObject(inner) && typeof inner.class_name === 'string' ? inner : undefined;
}

/** The inner layer's settings; of a Sequential's first layer the wrapper holds the input's shape. */
function innerConfig(wrapper: Json, inner: Json, name: string): unknown {
  if (!isObject(inner.config)) return inner.config;
  const outer = wrapper.config as Json;
  const shape = 'batch_input_shape' in outer ? { batch_input_shape: outer.batch_input_shape } : {};
  return { ...shape, ...inner.config, name };
}

/** Puts the new names into references [layer, node, tensor, ...], wherever they stand. */
function rename(value: unknown, names: ReadonlyMap<string, string>): void {
  if (Array.isArray(value)) {
    const name =
      typeof value[0] === 'string' && typeof value[1] === 'number' ? names.get(value[0]) : undefined;
    if (name !== undefined) value[0] = name;
    value.forEach((item) => rename(item, names));
  } else if (isObject(value)) Object.values(value).forEach((item) => rename(item, names));
}

function nameOf(entry: Json): string {
  const inner = isObject(entry.config) ? entry.config.name : undefined;
  return String(entry.name ?? inner ?? '');
}
