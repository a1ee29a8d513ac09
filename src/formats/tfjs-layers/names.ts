import { InputError } from '../../graph/errors.ts';
import type { LayerWeights } from '../keras-config/types.ts';

/** Keras' name of a layer's variable ("depthwise_kernel", "moving_mean"): the end of the parameter's id. */
export function variableName(param: string): string {
  return param.slice(param.lastIndexOf('/') + 1);
}

/**
 * The name that each layer's weights have in a model that is newly written: the layer's own, without the models around.
 * @returns layer path -> name
 * @throws InputError where two layers would have one name
 */
export function weightOwners(layers: readonly LayerWeights[], file: string): Map<string, string> {
  const owners = new Map<string, string>();
  const seen = new Map<string, string>();
  for (const { path, params } of layers) {
    const inner = path.slice(path.lastIndexOf('/') + 1);
    const other = seen.get(inner);
    if (params.length > 0 && other !== undefined)
      throw new InputError(
        `"${file}" can't be written for TensorFlow.js: its layers "${other}" and "${path}" would have one weight name; rename one`,
      );
    seen.set(inner, path);
    owners.set(path, inner);
  }
  return owners;
}

/**
 * Finds every parameter's weight by name: "layer/kernel", "outer/inner/kernel", "inner/kernel" of a nested model, or
 * any of them behind prefixes ("model/layer/kernel"). Where the choice is not plain it refuses: a guess would give a
 * network that runs and is wrong.
 * @param names the manifest's weight names
 * @returns parameter id -> name
 * @throws InputError for a layer without weights, a doubtful name, or a weight of no layer
 */
export function matchNames(
  layers: readonly LayerWeights[],
  names: readonly string[],
  file: string,
): Map<string, string> {
  const owners = new Map<string, string[]>();
  for (const name of names) {
    const owner = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    const own = owners.get(owner);
    if (own) own.push(name);
    else owners.set(owner, [name]);
  }
  const find = ownerFinder([...owners.keys()], layers, file);
  const taken = new Map<string, string>();
  const matched = new Map<string, string>();
  for (const layer of layers) {
    if (layer.params.length === 0) continue;
    const owner = find(layer.path);
    const other = taken.get(owner);
    if (other !== undefined)
      throw new InputError(
        `"${file}": the weights "${owner}/..." could be those of layer "${other}" or of layer "${layer.path}"`,
      );
    taken.set(owner, layer.path);
    const own = matchVariables(layer.params.map(variableName), owners.get(owner)!, layer.path, file);
    layer.params.forEach((param, i) => matched.set(param, own[i]));
  }
  for (const owner of owners.keys())
    if (!taken.has(owner))
      throw new InputError(`"${file}" has the weight "${owners.get(owner)![0]}", which belongs to no layer`);
  return matched;
}

/** Parts of an owner's name that are looked at, from its end: models are nested less deeply. */
const MOST_PARTS = 64;

/** Finds the owner of a layer's weights: by its path, or by its own name, whole or behind prefixes. */
function ownerFinder(
  owners: readonly string[],
  layers: readonly LayerWeights[],
  file: string,
): (layerPath: string) => string {
  const innerOf = (layerPath: string) => layerPath.slice(layerPath.lastIndexOf('/') + 1);
  const wanted = new Set(layers.flatMap(({ path }) => [path, innerOf(path)]));
  const known = new Set(owners);
  const behind = new Map<string, string[]>();
  for (const owner of owners) {
    let at = owner.lastIndexOf('/');
    for (let n = 0; at >= 0 && n < MOST_PARTS; n++, at = at > 0 ? owner.lastIndexOf('/', at - 1) : -1) {
      const end = owner.slice(at + 1);
      if (!wanted.has(end)) continue;
      const list = behind.get(end);
      if (list) list.push(owner);
      else behind.set(end, [owner]);
    }
  }
  const whole = (name: string) => (known.has(name) ? [name] : []);
  return (layerPath) => {
    const inner = innerOf(layerPath);
    const ways = [whole(layerPath), behind.get(layerPath), whole(inner), behind.get(inner)];
    const found = ways.find((way) => way !== undefined && way.length > 0);
    if (!found) throw new InputError(`"${file}" has no weights for layer "${layerPath}"`);
    if (found.length > 1)
      throw new InputError(
        `"${file}": the weights of layer "${layerPath}" could be "${found[0]}/..." or "${found[1]}/..."`,
      );
    return found[0];
  };
}

/** By variable name where the names are the known ones, else by order; both must give every variable once. */
function matchVariables(
  expected: readonly string[],
  names: readonly string[],
  layer: string,
  file: string,
): string[] {
  if (names.length !== expected.length)
    throw new InputError(
      `"${file}" has ${names.length} weights for layer "${layer}", which needs ${expected.length} (${expected.join(', ')})`,
    );
  const byName = expected.map((variable) => names.filter((name) => plain(name) === plainest(variable)));
  if (byName.every((found) => found.length === 1)) return byName.map((found) => found[0]);
  const known = names.filter((name) => knownVariables.has(plain(name)));
  if (known.length > 0)
    throw new InputError(
      `"${file}" has the weights ${names.join(', ')} for layer "${layer}", which needs ${expected.join(', ')}`,
    );
  return [...names];
}

const knownVariables = new Set(['kernel', 'bias', 'gamma', 'beta', 'mean', 'variance', 'alpha']);

/** "layer/depthwise_kernel:0" -> its variable without what differs between versions of Keras. */
function plain(name: string): string {
  return plainest(name.slice(name.lastIndexOf('/') + 1).replace(/:\d+$/, ''));
}

function plainest(variable: string): string {
  return variable.replace(/^(moving|running)_/, '').replace(/^depthwise_kernel$/, 'kernel');
}
