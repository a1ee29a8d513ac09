import { InputError } from '../graph/errors.ts';
import { isKeras3 } from './keras-config/parse.ts';
import { isObject, plain } from './keras-config/plain.ts';
import { readModelSpec } from './keras-config/spec.ts';
import type { Call, LayerSpec, ModelSpec, TensorRef } from './keras-config/layer-spec.ts';

type Json = Record<string, unknown>;

/**
 * A configuration as both Kerases read it from config.json. Their loaders want the model itself to name its module;
 * inside a model they take the layers of Keras 2 as they are. A configuration that names its module is left as it is.
 */
export function asKerasFile(config: unknown): unknown {
  if (!isObject(config) || 'module' in config) return config;
  const sequential = config.class_name === 'Sequential';
  const inner = Array.isArray(config.config)
    ? { name: 'sequential', layers: config.config as unknown[] }
    : config.config;
  // a path that either Keras keeps in its public names; "Model" makes a functional model of such a configuration
  return {
    module: 'keras',
    class_name: sequential ? 'Sequential' : 'Model',
    config: inner,
    registered_name: null,
  };
}

/** Whether layers name their Python modules: Keras 3's dialect, which late tf.keras writes too. */
export function namesModules(config: unknown): boolean {
  const layers = isObject(config) && isObject(config.config) ? config.config.layers : undefined;
  return Array.isArray(layers) && layers.some((layer) => isObject(layer) && 'module' in layer);
}

/** Fields of layers that Keras 2 does not know; each has Keras 2's behaviour as its default. */
const newer = new Set([
  'build_config',
  'synchronized',
  'rms_scaling',
  'rng_type',
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
 * @param as 3: inputs say their shapes as Keras 3 does, by which its files are known
 * @throws InputError for a call that the dialect can't say
 */
export function asKeras2(config: unknown, where: string, as: 2 | 3 = 2): unknown {
  const spec = readModelSpec(config, where);
  const model = modelEntry(plain(config, where), spec, { where, three: isKeras3(spec) });
  return as === 2 ? model : withBatchShapes(model);
}

function withBatchShapes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withBatchShapes);
  if (!isObject(value)) return value;
  const input = value.class_name === 'InputLayer' && isObject(value.config) ? value.config : undefined;
  if (!input) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withBatchShapes(v)]));
  const { batch_input_shape, ...rest } = input;
  return { ...value, config: { ...rest, batch_shape: batch_input_shape } };
}

interface Source {
  readonly where: string;
  /** Keras 3 wrote it */
  readonly three: boolean;
}

function modelEntry(entry: unknown, model: ModelSpec, from: Source): Json {
  const source = isObject(entry) ? entry : {};
  const inner = source.config;
  const raw = (Array.isArray(inner) ? inner : isObject(inner) ? inner.layers : []) as unknown[];
  const layers = model.layers.map((layer, i) => layerEntry(raw[i], layer, model, from));
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

function layerEntry(entry: unknown, layer: LayerSpec, model: ModelSpec, from: Source): Json {
  const own = layer.model
    ? modelEntry(entry, layer.model, from)
    : { class_name: layer.className, config: settings(layer) };
  const named = { ...own, name: layer.name };
  if (model.kind === 'sequential') return named;
  return { ...named, inbound_nodes: layer.calls.map((call) => callEntry(call, layer.name, from)) };
}

function callEntry(call: Call, layer: string, { where, three }: Source): unknown[] {
  const kwargs: Json = {};
  for (const [key, argument] of Object.entries(call.kwargs)) {
    // Keras 3 writes it for layers that only act in training, and takes no notice of it; Keras 2 does as it says
    if (three && key === 'training') continue;
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

/** Settings of these layers that only one Keras writes, to no effect, and that the other refuses to load. */
const stray = ['groups', 'filters', 'kernel_initializer', 'kernel_regularizer', 'kernel_constraint'];
const strayOf: Readonly<Record<string, readonly string[]>> = {
  DepthwiseConv2D: stray,
  SeparableConv2D: stray.filter((key) => key !== 'filters'),
  Conv2DTranspose: ['groups'],
  SpatialDropout2D: ['noise_shape', 'trainable', 'data_format'],
  AlphaDropout: ['noise_shape'],
  CenterCrop: ['data_format'],
  Resizing: ['data_format', 'pad_to_aspect_ratio', 'fill_mode', 'fill_value', 'antialias'],
};

function settings(layer: LayerSpec): Json {
  const config = simple(layer.config) as Json;
  for (const key of strayOf[layer.className] ?? []) delete config[key];
  if (layer.className.startsWith('Random'))
    for (const key of ['data_format', 'value_range']) delete config[key];
  if (layer.className === 'LeakyReLU' && 'negative_slope' in config) {
    // Keras 3 takes the older name as well
    config.alpha ??= config.negative_slope;
    delete config.negative_slope;
  }
  const { axis } = config;
  if (layer.className.startsWith('BatchNormalization') && Array.isArray(axis) && axis.length === 1)
    config.axis = axis[0] as unknown;
  return config;
}

/** A layer's settings without Keras 3's wrappers. */
function simple(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => simple(item));
  if (!isObject(value)) return value;
  if (key === 'dtype' && isObject(value.config)) return value.config.name;
  // a function by its name alone
  if (value.class_name === 'function' && typeof value.config === 'string') return value.config;
  if (value.class_name === 'VarianceScaling' && isObject(value.config)) return varianceScaling(value.config);
  const out: Json = {};
  if (key.endsWith('_initializer') && isObject(value.config)) {
    return { class_name: value.class_name, config: simple(ofInitializer(value.config)) };
  }
  for (const [k, item] of Object.entries(value)) {
    if (newer.has(k) || k === 'module' || k === 'registered_name' || k === 'shared_object_id') continue;
    out[k === 'batch_shape' ? 'batch_input_shape' : k] = simple(item, k);
  }
  return out;
}

/**
 * Settings of an initializer that every Keras knows: without the dtype that early tf.keras wrote and Keras 3 refuses, and
 * without what isn't set, since each version has its own (Keras 3.15: input_axes) and older ones refuse its name.
 */
function ofInitializer(config: Json): Json {
  const own = ['dtype', 'input_axes', 'output_axes'];
  return Object.fromEntries(
    Object.entries(config).filter(([key, value]) => value !== null && !own.includes(key)),
  );
}

/** TensorFlow.js has written these names in camel case, or as null. */
function varianceScaling(config: Json): Json {
  const snake = (name: unknown, fallback: string) =>
    typeof name === 'string' ? name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`) : fallback;
  const mode = snake(config.mode, 'fan_avg');
  const distribution = snake(config.distribution, 'uniform');
  return { class_name: 'VarianceScaling', config: { ...ofInitializer(config), mode, distribution } };
}

function triple(ref: TensorRef): [string, number, number] {
  return [ref.layer, ref.node, ref.tensor];
}
