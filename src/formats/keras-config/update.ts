import { kernelOf, mixes } from '../../graph/op-facts.ts';
import { InputError } from '../../graph/errors.ts';
import { inferShapes } from '../../graph/shapes.ts';
import type { Graph, Node, Op, Shape } from '../../graph/types.ts';
import { fitInitializers } from './initializers.ts';
import { isObject } from './plain.ts';

type Json = Record<string, unknown>;

/**
 * The configuration with the sizes of a narrower (or retrained) graph of the same network: filters, units, groups,
 * multipliers, target shapes, and the shapes that Keras wrote down (batch shapes, build_config, tensor shapes). All
 * else stays as it was: names, initializers, version fields.
 *
 * @param config as in the file; not changed
 * @param graph from parseKerasConfig of that configuration, with channels removed
 * @throws InputError where a size changed that the configuration has no place for
 */
export function updateKerasConfig(config: unknown, graph: Graph): unknown {
  const copy = structuredClone(config);
  if (isObject(copy)) new Update(graph).model(copy, []);
  return copy;
}

class Update {
  private readonly graph: Graph;
  private readonly shapes: Record<string, Shape>;
  private readonly nodes = new Map<string, Node[]>();
  private readonly byId = new Map<string, Node>();

  constructor(graph: Graph) {
    this.graph = graph;
    this.shapes = inferShapes(graph);
    for (const node of graph.nodes) {
      this.byId.set(node.id, node);
      const list = this.nodes.get(node.layer);
      if (list) list.push(node);
      else this.nodes.set(node.layer, [node]);
    }
  }

  model(entry: Json, names: readonly string[]): void {
    const layers = layersOf(entry);
    for (const layer of layers) {
      const path = [...names, nameOf(layer)];
      // Keras makes one object of all entries with one id, but each place has its own weights, and now sizes.
      delete layer.shared_object_id;
      if (layersOf(layer).length > 0) this.model(layer, path);
      else this.layer(layer, path.join('/'));
      this.tensors(layer, names, layers);
    }
    const input = this.inputOf(entry, names);
    if (!input) return;
    if (isObject(entry.config)) rewrite(entry.config, 'build_input_shape', input);
    if (isObject(entry.build_config)) rewrite(entry.build_config, 'input_shape', input);
  }

  private layer(entry: Json, path: string): void {
    const config = entry.config;
    const nodes = this.nodes.get(path);
    if (!isObject(config) || !nodes) return;
    nodes.forEach((node) => this.sizes(entry, config, node));
    fitInitializers(config, nodes, this.graph);
    const inputs = nodes[0].inputs.map((id) => this.shapes[id]);
    const own = nodes[0].inputs.length === 0 || entry.class_name === 'InputLayer';
    const given = own ? this.shapes[nodes[0].id] : inputs[0];
    rewrite(config, 'batch_input_shape', given);
    rewrite(config, 'batch_shape', given);
    this.buildConfig(entry, inputs);
  }

  private sizes(entry: Json, config: Json, node: Node): void {
    const op: Op = node.op;
    const kernel = kernelOf(op);
    if (kernel) {
      const made = kernel.out.map((axis) => this.graph.params[node.params.kernel].shape[axis]);
      if (mixes(kernel)) config[kernel.window ? 'filters' : 'units'] = made[0];
      else config.depth_multiplier = made[1];
    }
    if ('groups' in op && 'groups' in config) config.groups = op.groups;
    // what Keras alone says of a layer, in fields of its own
    switch (op.kind) {
      case 'conv2dTranspose':
        // Keras 2 takes no notice of groups here, but loads no layer whose filters aren't a multiple of them
        if ('groups' in config && Number(config.filters) % Number(config.groups) !== 0) config.groups = 1;
        return;
      case 'groupNorm': {
        const channels = this.shapes[node.id].at(-1)!;
        config.groups = op.fixed === 'groups' ? op.count : channels / op.count;
        return;
      }
      case 'scale':
        config.projection_dim = this.graph.params[node.params.gamma].shape[0];
        return;
      case 'reshape':
        reshaped(entry, config, op.target, node);
        return;
      case 'affine':
        if (op.kept) cutConstants(entry, config, op.kept);
        return;
    }
  }

  /** Keras 3 builds each layer from the input shape that it wrote down. */
  private buildConfig(entry: Json, inputs: readonly Shape[]): void {
    const build = entry.build_config;
    if (!isObject(build)) return;
    const written = items(build.input_shape);
    if (written && written.every((s) => items(s) !== undefined)) {
      if (written.length === inputs.length)
        build.input_shape = written.map((s, i) => batchShape(s, inputs[i]));
      else delete entry.build_config;
    } else if (written) build.input_shape = batchShape(build.input_shape, inputs[0]);
    else if (build.input_shape !== null && build.input_shape !== undefined) delete entry.build_config;
  }

  /** Keras 3 notes the shape of every tensor that a layer is called on. */
  private tensors(entry: Json, names: readonly string[], siblings: readonly Json[]): void {
    const visit = (value: unknown): void => {
      if (Array.isArray(value)) value.forEach(visit);
      if (!isObject(value)) return;
      if (value.class_name !== '__keras_tensor__' || !isObject(value.config))
        return Object.values(value).forEach(visit);
      const history = value.config.keras_history;
      if (!Array.isArray(history)) return;
      const source = siblings.find((s) => nameOf(s) === history[0]);
      const shape = source && this.outputOf(source, [...names, nameOf(source)], history[1], history[2]);
      if (shape) value.config.shape = batchShape(value.config.shape, shape);
    };
    visit(entry.inbound_nodes);
  }

  /** Shape of the value that a model or layer is first called on. */
  private inputOf(entry: Json, names: readonly string[]): Shape | undefined {
    const layers = layersOf(entry);
    if (layers.length > 0) return this.inputOf(layers[0], [...names, nameOf(layers[0])]);
    const first = this.nodes.get(names.join('/'))?.[0];
    return first && this.shapes[first.inputs[0] ?? first.id];
  }

  private outputOf(entry: Json, names: readonly string[], call: unknown, tensor: unknown): Shape | undefined {
    const layers = layersOf(entry);
    if (layers.length === 0) {
      const path = names.join('/');
      const suffix = typeof call === 'number' && call > 0 ? `#${call + 1}` : '';
      for (const id of [`${path}:activation${suffix}`, path + suffix, `${path}:activation`, path])
        if (this.byId.has(id)) return this.shapes[id];
      return undefined;
    }
    let last = layers[layers.length - 1];
    const outputs = isObject(entry.config) ? entry.config.output_layers : undefined;
    if (Array.isArray(outputs)) {
      const ref: unknown = typeof outputs[0] === 'string' ? outputs : outputs[Number(tensor)];
      last = layers.find((l) => Array.isArray(ref) && nameOf(l) === ref[0]) ?? last;
    }
    return this.outputOf(last, [...names, nameOf(last)], 0, 0);
  }
}

/** The target where it is written: a Reshape layer's, keras.ops' (batch first), or TensorFlow's in the call. */
function reshaped(entry: Json, config: Json, target: Shape, node: Node): void {
  const fit = (written: unknown, sizes: readonly number[]): unknown => {
    const old = items(written);
    if (!old || old.length !== sizes.length)
      throw new InputError(
        `layer "${node.layer}" (${node.layerType}) can't be written: its target shape does not fit the network`,
      );
    // entries that the source left to be found stay so
    return replaceItems(
      written,
      sizes.map((n, i) => (old[i] === -1 || old[i] === null ? old[i] : n)),
    );
  };
  if ('target_shape' in config) config.target_shape = fit(config.target_shape, target);
  if ('newshape' in config) config.newshape = fit(config.newshape, [-1, ...target]);
  if (entry.class_name !== 'TFOpLambda') return;
  for (const settings of callSettings(entry.inbound_nodes))
    if (items(settings.shape)) settings.shape = fit(settings.shape, [-1, ...target]);
}

/** The named arguments of a TensorFlow function's calls: the last of [layer, node, tensor, settings]. */
function callSettings(nodes: unknown): Json[] {
  if (!Array.isArray(nodes)) return [];
  const last: unknown = nodes[3];
  return typeof nodes[0] === 'string' ? (isObject(last) ? [last] : []) : nodes.flatMap(callSettings);
}

/**
 * Cuts constants along channels where they are written: in the settings of Rescaling and Normalization, else among the
 * arguments of an operation's call. A list of another length is none of them.
 */
function cutConstants(entry: Json, config: Json, kept: readonly number[]): void {
  for (const key of ['scale', 'offset', 'mean', 'variance'])
    if (key in config) config[key] = cutLists(config[key], kept);
  if (entry.class_name !== 'Rescaling' && entry.class_name !== 'Normalization')
    entry.inbound_nodes = cutLists(entry.inbound_nodes, kept);
}

/** Every list of numbers that has all the kept positions, with those alone; other values as they are. */
function cutLists(value: unknown, kept: readonly number[]): unknown {
  if (Array.isArray(value)) {
    const numbers = value.length > 1 && value.every((v) => typeof v === 'number');
    if (numbers) return kept[kept.length - 1] < value.length ? kept.map((p) => value[p] as number) : value;
    return value.map((v) => cutLists(v, kept));
  }
  if (!isObject(value) || value.class_name === '__keras_tensor__') return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, cutLists(v, kept)]));
}

function rewrite(config: Json, key: string, shape: Shape): void {
  if (items(config[key])) config[key] = batchShape(config[key], shape);
}

/** A written shape, batch axis first, with a graph's sizes where it has numbers; open axes stay open. */
function batchShape(written: unknown, shape: Shape | undefined): unknown {
  const old = items(written);
  if (!old || !shape || old.length !== shape.length + 1) return written;
  return replaceItems(
    written,
    old.map((n, i) => (i > 0 && typeof n === 'number' ? shape[i - 1] : n)),
  );
}

/** The items of a list, or of Keras' wrapper around a tuple or tensor shape. */
function items(value: unknown): unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return isObject(value) && Array.isArray(value.items) ? value.items : undefined;
}

const replaceItems = (written: unknown, values: unknown[]): unknown =>
  isObject(written) ? { ...written, items: values } : values;

function layersOf(entry: Json): Json[] {
  const { config } = entry;
  const list = entry.class_name === 'Sequential' && Array.isArray(config) ? config : undefined;
  const layers = list ?? (isObject(config) && Array.isArray(config.layers) ? config.layers : []);
  return layers.filter(isObject);
}

function nameOf(entry: Json): string {
  const inner = isObject(entry.config) ? entry.config.name : undefined;
  return String(entry.name ?? inner ?? '');
}
