import { InputError } from '../graph/errors.ts';
import { isObject, plain } from './keras-config/plain.ts';
import { readModelSpec } from './keras-config/spec.ts';
import type { Call, LayerSpec, ModelSpec, TensorRef } from './keras-config/spec.ts';

type Json = Record<string, unknown>;

/**
 * A configuration as Keras 3 reads it from config.json. Its loader wants the model itself to name its module; inside
 * a model it takes the layers of Keras 2 as they are. A configuration that names its module is left as it is.
 */
export function asKeras3(config: unknown): unknown {
  if (!isObject(config) || 'module' in config) return config;
  const sequential = config.class_name === 'Sequential';
  const inner = Array.isArray(config.config)
    ? { name: 'sequential', layers: config.config as unknown[] }
    : config.config;
  return {
    module: sequential ? 'keras' : 'keras.src.models.functional',
    class_name: sequential ? 'Sequential' : 'Functional',
    config: inner,
    registered_name: sequential ? null : 'Functional',
  };
}

/** Fields of layers that Keras 2 does not know; each has Keras 2's behaviour as its default. */
const newer = new Set([
  'build_config',
  'quantization_config',
  'optional',
  'renorm',
  'renorm_clipping',
  'renorm_momentum',
]);

/**
 * A configuration in Keras 2's dialect, which Keras 2, Keras 3 and TensorFlow.js read: batch_input_shape, calls as
 * lists, dtypes and built-in objects (initializers) without their modules. One that is in it already comes out as it
 * is in all that matters.
 * @throws InputError for a call that the dialect can't say
 */
export function asKeras2(config: unknown, where: string): unknown {
  return modelEntry(plain(config, where), readModelSpec(config, where), where);
}

function modelEntry(entry: unknown, model: ModelSpec, where: string): Json {
  const source = isObject(entry) ? entry : {};
  const inner = source.config;
  const raw = (Array.isArray(inner) ? inner : isObject(inner) ? inner.layers : []) as unknown[];
  const layers = model.layers.map((layer, i) => layerEntry(raw[i], layer, model, where));
  const common = { name: model.name, trainable: model.trainable };
  if (model.kind === 'sequential') return { class_name: 'Sequential', config: { ...common, layers } };
  return {
    class_name: 'Functional',
    config: {
      ...common,
      layers,
      input_layers: model.inputs.map(triple),
      output_layers: model.outputs.map(triple),
    },
  };
}

function layerEntry(entry: unknown, layer: LayerSpec, model: ModelSpec, where: string): Json {
  const own = layer.model
    ? modelEntry(entry, layer.model, where)
    : { class_name: layer.className, config: simple(layer.config) as Json };
  const named = { ...own, name: layer.name };
  if (model.kind === 'sequential') return named;
  return { ...named, inbound_nodes: layer.calls.map((call) => callEntry(call, layer.name, where)) };
}

function callEntry(call: Call, layer: string, where: string): unknown[] {
  const kwargs: Json = {};
  for (const [key, argument] of Object.entries(call.kwargs)) {
    if ('tensor' in argument)
      throw new InputError(
        `"${where}": layer "${layer}" takes the tensor "${key}" by name, which only Keras 3 can save; keep the .keras format`,
      );
    if (argument.constant !== null && argument.constant !== undefined) kwargs[key] = argument.constant;
  }
  return call.args.map((argument) => {
    if ('constant' in argument)
      throw new InputError(
        `"${where}": layer "${layer}" is called with a constant, which only Keras 3 can save; keep the .keras format`,
      );
    return [...triple(argument.tensor), kwargs];
  });
}

/** A layer's settings without Keras 3's wrappers. */
function simple(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => simple(item));
  if (!isObject(value)) return value;
  if (key === 'dtype' && isObject(value.config)) return value.config.name;
  const out: Json = {};
  for (const [k, item] of Object.entries(value)) {
    if (newer.has(k) || k === 'module' || k === 'registered_name' || k === 'shared_object_id') continue;
    out[k === 'batch_shape' ? 'batch_input_shape' : k] = simple(item, k);
  }
  return out;
}

function triple(ref: TensorRef): [string, number, number] {
  return [ref.layer, ref.node, ref.tensor];
}
