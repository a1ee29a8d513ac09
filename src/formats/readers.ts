import { InputError } from '../graph/errors.ts';
import type { Graph } from '../graph/types.ts';
import { isKeras3, parseKerasConfig } from './keras-config/parse.ts';
import { isObject } from './keras-config/plain.ts';
import { readModelSpec } from './keras-config/spec.ts';
import type { LayerSpec, ModelSpec } from './keras-config/layer-spec.ts';

/** A program that loads what is written. */
export type Reader = 'keras2' | 'keras3' | 'tfjs';

const names: Readonly<Record<Reader, string>> = {
  keras2: 'Keras 2',
  keras3: 'Keras 3',
  tfjs: 'TensorFlow.js',
};

/** Layers that only one Keras has. */
const classes: Readonly<Record<string, Reader>> = {
  ThresholdedReLU: 'keras2',
  BatchNormalizationV1: 'keras2',
  BatchNormalizationV2: 'keras2',
  SyncBatchNormalization: 'keras2',
  RMSNormalization: 'keras3',
};

/** Names of activations that not every reader loads, and who does. */
const activations: Readonly<Record<string, readonly Reader[]>> = {
  ...Object.fromEntries(
    `hard_silu hard_swish celu log_sigmoid hard_tanh tanh_shrink soft_shrink hard_shrink squareplus sparse_plus
    sparse_sigmoid`
      .split(/\s+/)
      .map((name) => [name, ['keras3']]),
  ),
  // Keras 2 looks for a name that it doesn't define among TensorFlow's functions
  log_softmax: ['keras2', 'keras3'],
};

/**
 * Reads a configuration that is about to be written as those read it whom it is for, and holds what they compute against
 * the source's network.
 * @param config as it will be in the file
 * @param source the source's own configuration
 * @throws InputError that names the layer which one of them can't load, or takes for another
 */
export function refuseOtherwise(
  config: unknown,
  source: unknown,
  readers: readonly Reader[],
  where: string,
): void {
  const meant = opsOf(parseKerasConfig(source, where).graph);
  const model = readModelSpec(config, where);
  const inner = model.layers.find((layer) => layer.model);
  // TensorFlow.js counts as Keras 2 does
  const counts = new Set(
    [...readers, isKeras3(readModelSpec(source, where)) ? 'keras3' : 'keras2'].map((one) => one === 'keras3'),
  );
  if (inner && counts.size > 1)
    throw new InputError(
      `"${where}" can't be written for ${readers.map((reader) => names[reader]).join(' and ')}: layer "${inner.name}" is a model of its own, whose calls Keras 3 counts otherwise than Keras 2 and TensorFlow.js; keep its own format`,
    );
  for (const reader of readers) {
    const refuse = (layer: string, why: string): never => {
      throw new InputError(
        `"${where}" can't be written so that ${names[reader]} computes the same: layer "${layer}" ${why}; keep its own format`,
      );
    };
    eachLayer(model, '', (layer, path) => {
      const problem = unloadable(layer, reader);
      if (problem) refuse(path, problem);
    });
    const found = opsOf(parseKerasConfig(config, where, reader === 'keras3' ? 3 : 2).graph);
    for (const [layer, ops] of meant)
      if (found.get(layer) !== ops) refuse(layer, `means something else there`);
  }
}

/** What every layer computes, as text. */
function opsOf(graph: Graph): Map<string, string> {
  const byLayer = new Map<string, string[]>();
  for (const node of graph.nodes) {
    const list = byLayer.get(node.layer);
    const text = JSON.stringify(sorted(node.op));
    if (list) list.push(text);
    else byLayer.set(node.layer, [text]);
  }
  return new Map([...byLayer].map(([layer, ops]) => [layer, ops.sort().join()]));
}

/** With keys in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

function unloadable({ className, module, config }: LayerSpec, reader: Reader): string | undefined {
  if (/^(TF|Slicing)OpLambda$/.test(className) || /^keras\.(src\.)?ops\b/.test(module))
    return `is the operation ${typeof config.function === 'string' ? config.function : className}, which only its own format can say`;
  const only = Object.hasOwn(classes, className) ? classes[className] : undefined;
  if (only && only !== reader && reader !== 'tfjs')
    return `is a ${className}, which ${names[reader]} does not have`;
  if (
    className === 'LayerNormalization' &&
    reader === 'keras3' &&
    Array.isArray(config.axis) &&
    config.axis.length > 1
  )
    return 'normalises several axes, for which Keras 3 has other weights';
  const name = config.activation;
  if (isObject(name)) return `has the layer ${String(name.class_name)} as its activation`;
  const known = typeof name === 'string' && Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (known && !known.includes(reader))
    return `has the activation ${String(name)}, which ${names[reader]} does not have`;
  return undefined;
}

function eachLayer(model: ModelSpec, prefix: string, visit: (layer: LayerSpec, path: string) => void): void {
  for (const layer of model.layers) {
    if (layer.model) eachLayer(layer.model, `${prefix}${layer.name}/`, visit);
    else visit(layer, prefix + layer.name);
  }
}
