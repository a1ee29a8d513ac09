import { InputError } from '../../graph/errors.ts';
import type { Argument, Call, LayerSpec, ModelSpec, Operation, TensorRef } from './layer-spec.ts';
import { isLayerName } from './layers/table.ts';
import { isObject, plain } from './plain.ts';
import { truthy } from './settings.ts';

const FUNCTIONAL = new Set(['Functional', 'Model', 'Container', 'Network']);

/** Reads the envelope of a configuration, whichever dialect, without looking into the layers' own settings. */
export function readModelSpec(config: unknown, where: string): ModelSpec {
  const top = plain(config, where);
  if (!isObject(top) || typeof top.class_name !== 'string' || top.config === undefined)
    throw new InputError(`${where}: not a Keras model configuration (no class_name and config)`);
  const model = asModel(top, where);
  if (!model)
    throw new InputError(
      `${where}: a model of the class "${top.class_name}" is not Sequential or Functional: its network is Python code; save it as a functional model`,
    );
  return model;
}

function asModel(entry: Record<string, unknown>, where: string): ModelSpec | undefined {
  const config = entry.config;
  if (entry.class_name === 'Sequential') {
    const layers = Array.isArray(config) ? config : isObject(config) ? config.layers : undefined;
    if (!Array.isArray(layers)) throw new InputError(`${where}: a Sequential model without layers`);
    const rest = isObject(config) ? config : {};
    const name = text(rest.name) ?? text(entry.name) ?? 'sequential';
    return {
      kind: 'sequential',
      name,
      layers: uniqueNames(
        layers.map((l) => readLayer(l, where)),
        name,
        where,
      ),
      inputs: [],
      outputs: [],
      trainable: truthy(rest.trainable ?? true),
      buildShape: rest.build_input_shape,
    };
  }
  // A subclass of Model saved as functional keeps its own class name, but has the same three fields.
  const isFunctional =
    isObject(config) && Array.isArray(config.layers) && 'input_layers' in config && 'output_layers' in config;
  if (!isFunctional) {
    if (FUNCTIONAL.has(entry.class_name as string))
      throw new InputError(`${where}: a functional model without layers, input_layers or output_layers`);
    return undefined;
  }
  const name = text(config.name) ?? text(entry.name) ?? 'model';
  return {
    kind: 'functional',
    name,
    layers: uniqueNames(
      (config.layers as unknown[]).map((l) => readLayer(l, where)),
      name,
      where,
    ),
    inputs: refs(config.input_layers, `${where}: input_layers of "${name}"`),
    outputs: refs(config.output_layers, `${where}: output_layers of "${name}"`),
    trainable: truthy(config.trainable ?? true),
  };
}

function readLayer(entry: unknown, where: string): LayerSpec {
  if (!isObject(entry) || typeof entry.class_name !== 'string')
    throw new InputError(`${where}: a layer without a class_name`);
  const inner = isObject(entry.config) ? entry.config : {};
  const name = text(entry.name) ?? text(inner.name);
  if (name === undefined) throw new InputError(`${where}: a ${entry.class_name} layer without a name`);
  const nodes = entry.inbound_nodes ?? [];
  if (!Array.isArray(nodes)) throw new InputError(`${where}: layer "${name}" has no list of inbound_nodes`);
  const model = asModel({ ...entry, name }, where);
  const module = text(entry.module) ?? '';
  const operation = model ? undefined : operationOf(entry.class_name, module, inner, nodes);
  const registered = text(entry.registered_name);
  return {
    name,
    className: entry.class_name,
    module,
    ...(registered !== undefined && registered !== entry.class_name && { registered }),
    ...(operation && { operation }),
    config: inner,
    calls: nodes.map((node) => readCall(node, `${where}: layer "${name}"`)),
    ...(model && { model }),
  };
}

function operationOf(
  className: string,
  module: string,
  config: Record<string, unknown>,
  nodes: readonly unknown[],
): Operation | undefined {
  if (/^(TF|Slicing)OpLambda$/.test(className) && typeof config.function === 'string')
    return { library: 'tensorflow', name: config.function };
  const ops = /^keras\.(?:src\.)?ops(?:\.(\w+))?/.exec(module);
  if (ops) return { library: 'keras', name: `${ops[1] ?? 'ops'}.${className}` };
  // a layer's own configuration always says whether it is trainable, and its dtype by an object; an operation's never
  const keras3 = nodes.some((node) => isObject(node) && Array.isArray(node.args));
  if (module !== '' || !keras3 || 'trainable' in config || isObject(config.dtype)) return undefined;
  const both = ALSO_OPERATIONS.has(className) && !(className === 'Reshape' && 'target_shape' in config);
  return both || !isLayerName(className) ? { library: 'lost', name: className } : undefined;
}

/** Names that Keras 3 has both for a layer and for an operation. */
const ALSO_OPERATIONS = new Set(
  'Add Average Concatenate Dot Identity Maximum Minimum Multiply Reshape Softmax Subtract'.split(' '),
);

/** Keras 3: {args, kwargs}. Keras 2: [[layer, node, tensor, kwargs], ...], or one such entry alone. */
function readCall(node: unknown, where: string): Call {
  const args: Argument[] = [];
  const kwargs: Record<string, Argument> = Object.create(null);
  const named = (items: unknown) => {
    if (!isObject(items)) return;
    for (const [key, item] of Object.entries(items)) {
      if (item === null || item === undefined) continue;
      const found = argumentsOf(item);
      if (found.length === 1) kwargs[key] = found[0];
      else found.forEach((argument, i) => (kwargs[`${key}[${i}]`] = argument));
    }
  };
  if (isObject(node) && Array.isArray(node.args)) {
    for (const item of node.args) args.push(...argumentsOf(item));
    named(node.kwargs);
    return { args, kwargs };
  }
  if (!Array.isArray(node)) throw new InputError(`${where}: an inbound node that is neither list nor {args}`);
  const entries: unknown[] = typeof node[0] === 'string' ? [node] : node;
  for (const entry of entries) {
    if (!Array.isArray(entry)) throw new InputError(`${where}: an inbound node that names no layer`);
    if (entry[0] === '_CONSTANT_VALUE') args.push({ constant: entry[2] });
    else {
      const ref = asRef(entry);
      if (!ref) throw new InputError(`${where}: an inbound node that names no layer`);
      args.push({ tensor: ref });
    }
    named(entry[3]);
  }
  return { args, kwargs };
}

function argumentsOf(item: unknown): Argument[] {
  if (isObject(item) && item.class_name === '__keras_tensor__' && isObject(item.config)) {
    const ref = asRef(item.config.keras_history);
    return ref ? [{ tensor: ref }] : [{ constant: item }];
  }
  const ref = asRef(item);
  if (ref) return [{ tensor: ref }];
  if (Array.isArray(item) && item.length > 0) {
    const inner = item.map(argumentsOf);
    if (inner.every((a) => a.length > 0 && a.every((x) => 'tensor' in x))) return inner.flat();
  }
  return [{ constant: item }];
}

function asRef(value: unknown): TensorRef | undefined {
  if (!Array.isArray(value) || value.length < 3) return undefined;
  const [layer, node, tensor] = value as unknown[];
  if (typeof layer !== 'string' || !isIndex(node) || !isIndex(tensor)) return undefined;
  return { layer, node, tensor };
}

/** One reference, a list of them, or a dict of them (in the order that it is written). */
function refs(value: unknown, what: string): TensorRef[] {
  const single = asRef(value);
  if (single) return [single];
  const items = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  if (items.length === 0) throw new InputError(`${what} names no tensor`);
  return items.flatMap((item) => refs(item, what));
}

function uniqueNames(layers: LayerSpec[], model: string, where: string): LayerSpec[] {
  const seen = new Set<string>();
  for (const { name } of layers) {
    if (seen.has(name))
      throw new InputError(`${where}: two layers of the model "${model}" are called "${name}"`);
    seen.add(name);
  }
  return layers;
}

const isIndex = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
