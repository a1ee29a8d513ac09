import { InputError } from '../../graph/errors.ts';
import type { LayerSpec, ModelSpec } from '../keras-config/layer-spec.ts';
import type { ParsedConfig } from '../keras-config/types.ts';
import { INTEGER } from '../keras-h5/hdf5-module.ts';
import type { Hdf5 } from '../keras-h5/hdf5.ts';
import { slashed } from './slashes.ts';
import type { Groups } from './slashes.ts';

/**
 * Where model.weights.h5 keeps a model's layers. Keras 3 writes "layers"; tf.keras 2.12 and 2.13, which walked the
 * attributes of a model in another order, "_layer_checkpoint_dependencies".
 */
const containers = ['layers', '_layer_checkpoint_dependencies'];

/** Keras' own rule (its naming of saved objects): Conv2DTranspose -> conv2d_transpose, PReLU -> p_re_lu. */
function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/**
 * Paths of every layer's group in a store that Keras 3 would write: "/layers/conv2d_1". Layers are counted by class,
 * in the order of the configuration (see inKerasOrder).
 */
export function newStorePaths(
  model: ModelSpec,
  names: readonly string[] = [],
  group = '',
): Map<string, string> {
  const paths = new Map<string, string>();
  const used = new Map<string, number>();
  for (const layer of savedLayers(model)) {
    const snake = snakeCase(savedClass(layer));
    const n = used.get(snake) ?? 0;
    used.set(snake, n + 1);
    const at = `${group}/layers/${n === 0 ? snake : `${snake}_${n}`}`;
    const path = [...names, layer.name];
    if (layer.model) for (const [p, g] of newStorePaths(layer.model, path, at)) paths.set(p, g);
    else paths.set(path.join('/'), at);
  }
  return paths;
}

/**
 * Finds every parameter's dataset in an existing store. Groups are named by class with a counter, and versions of
 * Keras count differently; so the layers of one class that have weights are matched, in order, to the groups of that
 * class that hold some, by the layer's name instead where the groups carry it.
 * @param wrappers of pruning, which the configuration no longer has: path of a layer -> name of its wrapper
 * @returns parameter id -> path of its dataset
 * @throws InputError where the numbers differ: a guess would give a network that runs and is wrong
 */
export function findArrays(
  file: Hdf5,
  model: ModelSpec,
  parsed: ParsedConfig,
  where: string,
  wrappers: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const { groups: h5, actual } = slashed(file);
  const params = new Map(parsed.layers.map((layer) => [layer.path, layer.params]));
  const found = new Map<string, string>();
  const visit = (inner: ModelSpec, names: readonly string[], group: string): void => {
    const container = containers.map((c) => `${group}/${c}`).find((c) => h5.kind(c) === 'group');
    const isWrapped = (layer: LayerSpec) => wrappers.has([...names, layer.name].join('/'));
    const classOf = (layer: LayerSpec) => (isWrapped(layer) ? 'PruneLowMagnitude' : savedClass(layer));
    // a wrapper has variables of its own, whatever is in it
    const weighty = savedLayers(inner).filter((layer) => isWrapped(layer) || hasParams(layer, names, params));
    if (weighty.length === 0) return;
    if (container === undefined)
      throw new InputError(`"${where}" has no weights for the layers of "${names.join('/') || inner.name}"`);
    const groups = h5.names(container).filter((name) => holdsArrays(h5, `${container}/${name}`));
    const classes = new Map<string, LayerSpec[]>();
    for (const layer of weighty) {
      const snake = snakeCase(classOf(layer));
      classes.set(snake, [...(classes.get(snake) ?? []), layer]);
    }
    for (const [snake, layers] of classes) {
      const own = groups
        .map((name) => ({ name, n: counter(name, snake) }))
        .filter(({ n }) => n >= 0)
        .sort((a, b) => a.n - b.n)
        .map(({ name }) => `${container}/${name}`);
      if (own.length !== layers.length)
        throw new InputError(
          `"${where}" stores weights of ${own.length} "${snake}" layers in "${container}", but its configuration has ${layers.length} (first: "${layers[0].name}"); a layer or model that two models share is stored once, which Espalier does not read`,
        );
      const named = new Map(own.map((g) => [layerName(h5, g), g]));
      const byName = layers.every((layer) => named.has(layer.name));
      layers.forEach((layer, i) => {
        const group = byName ? named.get(layer.name)! : own[i];
        const at = isWrapped(layer) ? `${group}/layer` : group;
        const path = [...names, layer.name];
        if (layer.model) visit(layer.model, path, at);
        else takeArrays(path.join('/'), at);
      });
    }
  };
  const takeArrays = (path: string, group: string) => {
    const ids = params.get(path)!;
    if (ids.length === 0) return;
    const arrays = h5
      .names(`${group}/vars`)
      .filter((name) => isWeight(file, actual(`${group}/vars/${name}`)));
    if (arrays.length !== ids.length || ids.some((_, i) => !arrays.includes(String(i))))
      throw new InputError(
        `"${where}" stores ${arrays.length} arrays for layer "${path}", which needs ${ids.length}`,
      );
    ids.forEach((id, i) => found.set(id, actual(`${group}/vars/${i}`)));
  };
  visit(model, [], '');
  return found;
}

/** Integers are no weights: they count (what a Normalization layer was adapted to), or are a random generator's state. */
function isWeight(h5: Hdf5, path: string): boolean {
  return h5.kind(path) === 'dataset' && h5.dataset(path).type !== INTEGER;
}

/** Keras leaves a Sequential's input layer out of its list of layers, and operations are no layers. */
function savedLayers(model: ModelSpec): readonly LayerSpec[] {
  return model.layers.filter(
    (layer) =>
      !(model.kind === 'sequential' && layer.className === 'InputLayer') && layer.operation === undefined,
  );
}

/** Older configurations call a functional model Model; its class has been Functional since there are .keras files. */
function savedClass(layer: LayerSpec): string {
  return layer.model?.kind === 'functional' && layer.className === 'Model' ? 'Functional' : layer.className;
}

function hasParams(
  layer: LayerSpec,
  names: readonly string[],
  params: ReadonlyMap<string, readonly string[]>,
): boolean {
  const path = [...names, layer.name];
  if (layer.model) return layer.model.layers.some((inner) => hasParams(inner, path, params));
  return (params.get(path.join('/')) ?? []).length > 0;
}

/** Whether a layer's group has arrays of its own, or a model's group has any below. */
function holdsArrays(h5: Groups, group: string): boolean {
  if (h5.kind(group) !== 'group') return false;
  if (h5.kind(`${group}/vars`) === 'group' && h5.names(`${group}/vars`).length > 0) return true;
  return containers.some(
    (c) =>
      h5.kind(`${group}/${c}`) === 'group' &&
      h5.names(`${group}/${c}`).some((name) => holdsArrays(h5, `${group}/${c}/${name}`)),
  );
}

/** "conv2d" -> 0, "conv2d_7" -> 7, anything else -> -1. */
function counter(group: string, snake: string): number {
  if (group === snake) return 0;
  const rest = group.startsWith(`${snake}_`) ? group.slice(snake.length + 1) : '';
  return /^\d+$/.test(rest) ? Number(rest) : -1;
}

/** The layer's name where Keras noted it (3.6 and later). */
function layerName(h5: Groups, group: string): string | undefined {
  for (const at of [`${group}/vars`, group])
    if (h5.kind(at) === 'group') {
      const name = h5.strings(at, 'name')?.[0];
      if (name !== undefined) return name;
    }
  return undefined;
}
