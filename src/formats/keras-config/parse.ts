import { InputError } from '../../graph/errors.ts';
import type { Shape } from '../../graph/types.ts';
import { Builder, TooLarge } from './builder.ts';
import { inlineModel } from './inline.ts';
import { refuseUnknownLayers } from './refusals/refused.ts';
import type { ModelSpec } from './layer-spec.ts';
import { readModelSpec } from './spec.ts';
import type { ParsedConfig } from './types.ts';

/** Sizes tried, in turn, for a height and width that the model leaves open; the first that gives a valid graph. */
const OPEN_SIZES = [224, 256, 96, 64, 32, 28, 299, 512];
const MAX_AXIS = 2 ** 24;

/**
 * Reads a Keras model configuration into a graph without weights.
 *
 * Nested models are inlined, their layers named "outer/inner". A layer that is called several times becomes several
 * nodes ("conv", "conv#2") that share their parameters and their layer path. An activation that is part of a layer is
 * a node of its own ("conv:activation"). A nested model's InputLayer is an identity node.
 *
 * @param config {class_name, config} of a Sequential or functional model, as in the file
 * @param where what the configuration is of, for messages
 * @param as which Keras reads it: default the one that wrote it
 * @throws InputError in one sentence, for what is not such a model or holds layers that Espalier can't execute
 */
export function parseKerasConfig(config: unknown, where: string, as?: 2 | 3): ParsedConfig {
  const model = readModelSpec(config, where);
  refuseUnknownLayers(model, where);
  const keras3 = as === undefined ? isKeras3(model) : as === 3;
  let first: unknown;
  for (const size of OPEN_SIZES) {
    const open = new Set<string>();
    try {
      return attempt(model, where, keras3, size, open);
    } catch (error) {
      if (error instanceof TooLarge) throw error;
      first ??= error;
      if (open.size === 0 || !(error instanceof InputError)) throw first;
    }
  }
  throw first;
}

function attempt(
  model: ModelSpec,
  where: string,
  keras3: boolean,
  size: number,
  open: Set<string>,
): ParsedConfig {
  const builder = new Builder(where);
  declareLayers(builder, model, []);
  const inputShape = (batchShape: unknown, layer: string): Shape => {
    const shape = resolveShape(batchShape, size, `${where}: input "${layer}"`);
    if (shape.open) {
      open.add(layer);
      builder.warnings.add(
        `input "${layer}" leaves its height and width open: shapes and costs are for ${shape.shape.join(' x ')}, and images are resized to that`,
      );
    }
    return shape.shape;
  };
  const { inputs, outputs } = inlineModel({ builder, keras3, inputShape }, model, [], undefined, true);
  return {
    graph: builder.graph(inputs, outputs),
    layers: [...builder.layers.values()],
    warnings: [...builder.warnings],
  };
}

/** Lists every layer in the configuration's order, before their parameters are known. */
function declareLayers(builder: Builder, model: ModelSpec, names: readonly string[]): void {
  for (const layer of model.layers) {
    const path = [...names, layer.name];
    if (layer.model) {
      declareLayers(builder, layer.model, path);
      continue;
    }
    const joined = path.join('/');
    if (builder.layers.has(joined))
      throw new InputError(`${builder.where}: two layers have the path "${joined}"`);
    const frozen = layer.config.trainable === false;
    const { className } = layer;
    builder.layers.set(joined, { path: joined, names: path, className, params: [], frozen });
  }
}

function resolveShape(batchShape: unknown, size: number, what: string): { shape: Shape; open: boolean } {
  if (!Array.isArray(batchShape) || batchShape.length < 2 || batchShape.length > 6)
    throw new InputError(
      `${what}: the model says no input shape (it was saved before it was built); build it and save it again`,
    );
  const axes = batchShape.slice(1) as unknown[];
  if (axes[axes.length - 1] === null) throw new InputError(`${what} leaves its number of channels open`);
  for (const axis of axes)
    if (axis !== null && !(Number.isInteger(axis) && (axis as number) > 0 && (axis as number) <= MAX_AXIS))
      throw new InputError(`${what} has the impossible shape [${batchShape.join(', ')}]`);
  return { shape: axes.map((axis) => (axis as number | null) ?? size), open: axes.includes(null) };
}

/** Keras 3 writes calls as {args, kwargs}, and an input's shape as batch_shape; Keras 2 and tfjs neither. */
export function isKeras3(model: ModelSpec): boolean {
  return model.layers.some((layer) =>
    layer.model ? isKeras3(layer.model) : layer.className === 'InputLayer' && 'batch_shape' in layer.config,
  );
}
