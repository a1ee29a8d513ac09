import { InputError } from '../../graph/errors.ts';
import type { Param } from '../../graph/types.ts';
import type { LayerWeights, ParsedConfig } from '../keras-config/types.ts';
import type { Hdf5 } from './hdf5.ts';
import type { Meta } from './hdf5-module.ts';
import { FLOAT } from './hdf5-module.ts';

/** A dataset of the file. */
export interface StoredArray {
  readonly path: string;
  /** as in weight_names: "conv/kernel:0" */
  readonly name: string;
  readonly meta: Meta;
  /** zeros and ones of the same shape that a pruning wrapper multiplied it with */
  readonly mask?: StoredArray;
}

/**
 * Keras' order of a top-level layer's or model's arrays in an HDF5 file: all that are trained, then all that are
 * not; so in a nested model the batch-norm statistics come last, and those of a frozen layer stand together.
 */
export function savedOrder(params: readonly Param[]): Param[] {
  return [...params.filter((p) => p.trainable), ...params.filter((p) => !p.trainable)];
}

/** Top-level layers that have parameters, in the configuration's order. */
export function topLevel(parsed: ParsedConfig): { name: string; layers: LayerWeights[] }[] {
  const groups = new Map<string, LayerWeights[]>();
  for (const layer of parsed.layers) {
    const list = groups.get(layer.names[0]);
    if (list) list.push(layer);
    else groups.set(layer.names[0], [layer]);
  }
  return [...groups]
    .map(([name, layers]) => ({ name, layers }))
    .filter(({ layers }) => layers.some((l) => l.params.length > 0));
}

/**
 * Finds each parameter's array.
 * @param root group that holds layer_names: "/model_weights"
 * @param wrappers of pruning, which the configuration no longer has: path of a layer -> name of its wrapper
 * @returns parameter id -> its dataset
 * @throws InputError where the arrays don't fit the configuration, or fit it in more than one way
 */
export function matchArrays(
  file: Hdf5,
  root: string,
  parsed: ParsedConfig,
  where: string,
  wrappers: ReadonlyMap<string, string> = new Map(),
): Map<string, StoredArray> {
  const wrapped = new Map([...wrappers].map(([layer, wrapper]) => [wrapper, layer.split('/').at(-1)!]));
  const saved = (attributeList(file, root, 'layer_names') ?? [])
    .map((name) => {
      const arrays = arraysOf(file, `${root}/${name}`, where);
      return { name: wrapped.get(name) ?? name, arrays: wrapped.size > 0 ? masked(arrays, wrapped) : arrays };
    })
    .filter(({ arrays }) => arrays.length > 0);
  const expected = topLevel(parsed);
  const byName = new Map(saved.map((s) => [s.name, s.arrays]));
  const named = expected.every(({ name }) => byName.has(name));
  if (!named && saved.length !== expected.length)
    throw new InputError(
      `${where}: weights of ${saved.length} layers are stored, but the network has ${expected.length} with weights (first missing: "${expected.find(({ name }) => !byName.has(name))!.name}")`,
    );
  const found = new Map<string, StoredArray>();
  expected.forEach(({ name, layers }, i) => {
    const arrays = named ? byName.get(name)! : saved[i].arrays;
    for (const [id, array] of matchLayer(name, layers, arrays, parsed, where)) found.set(id, array);
  });
  return found;
}

/** A list attribute, which Keras splits into name0, name1, ... where it is over 64 kB. */
export function attributeList(file: Hdf5, path: string, name: string): string[] | undefined {
  const there = new Set(file.attributeNames(path));
  const whole = there.has(name) ? file.strings(path, name) : undefined;
  if (whole) return whole;
  const all: string[] = [];
  for (let i = 0; ; i++) {
    const part = there.has(`${name}${i}`) ? file.strings(path, `${name}${i}`) : undefined;
    if (!part) return i === 0 ? undefined : all;
    all.push(...part);
  }
}

function arraysOf(file: Hdf5, group: string, where: string): StoredArray[] {
  if (file.kind(group) !== 'group')
    throw new InputError(`${where}: the group "${group}", named in layer_names, is missing`);
  const arrays: StoredArray[] = [];
  for (const name of attributeList(file, group, 'weight_names') ?? []) {
    const path = `${group}/${name}`;
    if (file.kind(path) !== 'dataset')
      throw new InputError(`${where}: the array "${path}", named in weight_names, is missing`);
    const meta = file.dataset(path);
    // Integers are states of random generators, or count what a layer was adapted to: no weights.
    if (meta.type === FLOAT) arrays.push({ path, name, meta });
  }
  return arrays;
}

/** The layers' own arrays, each with its mask; a wrapper's threshold and masks are arrays of no layer. */
function masked(arrays: readonly StoredArray[], wrapped: ReadonlyMap<string, string>): StoredArray[] {
  const role = (array: StoredArray) => /(?:^|\/)(mask|threshold)(?:_\d+)?$/.exec(bare(array.name))?.[1];
  const own = arrays.filter((array) => role(array) === undefined);
  for (const mask of arrays.filter((array) => role(array) === 'mask')) {
    const wrapper = bare(mask.name).split('/').at(-2) ?? '';
    const layer = `${wrapped.get(wrapper) ?? ''}/`;
    const alike = own.filter(({ meta }) => meta.shape?.join() === mask.meta.shape?.join());
    const named = alike.filter(({ name }) => name.startsWith(layer) || name.includes(`/${layer}`));
    const [target] = named.length > 0 ? named : alike;
    if (target) own[own.indexOf(target)] = { ...target, mask };
  }
  return own;
}

type Assignment = Map<string, StoredArray>;

function matchLayer(
  name: string,
  layers: readonly LayerWeights[],
  arrays: readonly StoredArray[],
  parsed: ParsedConfig,
  where: string,
): Assignment {
  const params = layers.flatMap((l) => l.params).map((id) => parsed.graph.params[id]);
  const fail = (problem: string): never => {
    throw new InputError(`${where}: layer "${name}": ${problem}`);
  };
  if (arrays.length !== params.length)
    fail(`${arrays.length} arrays are stored, but it has ${params.length} weights`);
  const statistics = (p: Param) => /\/moving_(mean|variance)$/.test(p.id);
  const inOrder = (order: readonly Param[]) => new Map(order.map((p, i) => [p.id, arrays[i]]));
  const fitting = (orders: readonly Param[][]) => orders.map(inOrder).filter((one) => fits(one, parsed));
  const own = new Set(layers.flatMap((l) => (l.frozen ? [] : l.params)));
  const trains = (p: Param) => own.has(p.id) && !statistics(p);
  const keras = fitting([
    // a model that isn't trained puts the layers first that would be
    [...params.filter(trains), ...params.filter((p) => !trains(p))],
    savedOrder(params),
  ]);
  const byName = assignByName(layers, arrays);
  const named = byName && fits(byName, parsed) ? byName : undefined;
  // Keras loads by order, whatever arrays are called: layers that were renamed after they were made left them the names
  // of others. Names only tell which of its orders it was.
  if (keras.length > 0) return keras.find((one) => named && same(one, named)) ?? keras[0];
  if (named) return named;
  const others = fitting([params, [...params.filter((p) => !statistics(p)), ...params.filter(statistics)]]);
  if (others.length === 0) {
    const wrong = savedOrder(params).findIndex((p, i) => !shapeFits(p, arrays[i]));
    if (wrong >= 0)
      fail(
        `the array "${arrays[wrong].name}" has the shape [${arrays[wrong].meta.shape?.join(', ')}], expected [${savedOrder(params)[wrong].shape.join(', ')}]`,
      );
    fail('its arrays are in an order that Espalier does not know');
  }
  if (!others.every((one) => same(one, others[0]))) fail('its arrays fit the weights in more than one way');
  return others[0];
}

/** Each weight's array by "layer/role" at the end of its name; undefined where that leaves any open. */
function assignByName(
  layers: readonly LayerWeights[],
  arrays: readonly StoredArray[],
): Assignment | undefined {
  const byName = new Map<string, StoredArray>();
  for (const array of arrays) byName.set(bare(array.name), array);
  if (byName.size !== arrays.length) return undefined;
  const found: Assignment = new Map();
  const used = new Set<StoredArray>();
  for (const layer of layers) {
    for (const id of layer.params) {
      const role = id.slice(id.lastIndexOf('/') + 1);
      const paths = layer.names.map((_, i) => layer.names.slice(i).join('/'));
      const names = paths.flatMap((p) => [`${p}/${role}`, `${p}/${role.replace('depthwise_', '')}`]);
      const array = names.map((n) => byName.get(n)).find((a) => a !== undefined);
      if (!array || used.has(array)) return undefined;
      used.add(array);
      found.set(id, array);
    }
  }
  return found;
}

function fits(assignment: Assignment, parsed: ParsedConfig): boolean {
  for (const [id, array] of assignment) {
    if (!shapeFits(parsed.graph.params[id], array)) return false;
    const stored = ROLES.exec(bare(array.name))?.[1];
    const role = ROLES.exec(id)?.[1];
    // Keras 3 calls the kernel of a DepthwiseConv2D plainly so.
    if (stored && role && stored !== role && `depthwise_${stored}` !== role) return false;
  }
  return true;
}

const ROLES =
  /(?:^|\/)(kernel|bias|gamma|beta|moving_mean|moving_variance|depthwise_kernel|pointwise_kernel|alpha|mean|variance)$/;

const bare = (name: string) => name.replace(/:\d+$/, '');

function shapeFits(param: Param, { meta }: StoredArray): boolean {
  const shape = meta.shape ?? [];
  return shape.length === param.shape.length && shape.every((d, i) => Number(d) === param.shape[i]);
}

function same(a: Assignment, b: Assignment): boolean {
  for (const [id, array] of a) if (b.get(id) !== array) return false;
  return true;
}
