import { kernelOf, mixes } from '../../../graph/op-facts.ts';
import { inferShapes } from '../../../graph/shapes.ts';
import type { Graph, Node, Shape } from '../../../graph/types.ts';
import { fitInitializers } from './initializers.ts';
import { writeFields } from '../layers/table.ts';
import { isObject } from '../plain.ts';
import { batchShape, items, rewrite } from '../written.ts';
import type { Json } from '../written.ts';

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
    const { op } = node;
    const kernel = kernelOf(op);
    if (kernel) {
      const made = kernel.out.map((axis) => this.graph.params[node.params.kernel].shape[axis]);
      if (mixes(kernel)) config[kernel.window ? 'filters' : 'units'] = made[0];
      else config.depth_multiplier = made[1];
    }
    if ('groups' in op && 'groups' in config) config.groups = op.groups;
    const inputs = node.inputs.map((id) => this.shapes[id]);
    writeFields({ entry, config, node, graph: this.graph, shape: this.shapes[node.id], inputs }, op);
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
      const part = typeof tensor === 'number' && tensor > 0 ? `:${tensor}` : ':activation';
      for (const id of [path + part + suffix, path + suffix, path + part, path])
        if (this.byId.has(id)) return this.shapes[id];
      return undefined;
    }
    let last = layers[layers.length - 1];
    let value: unknown = 0;
    const outputs = isObject(entry.config) ? entry.config.output_layers : undefined;
    if (Array.isArray(outputs)) {
      const ref: unknown = typeof outputs[0] === 'string' ? outputs : outputs[Number(tensor)];
      last = layers.find((l) => Array.isArray(ref) && nameOf(l) === ref[0]) ?? last;
      if (Array.isArray(ref)) value = ref[2];
    }
    return this.outputOf(last, [...names, nameOf(last)], 0, value);
  }
}

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
