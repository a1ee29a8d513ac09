import { InputError } from '../../graph/errors.ts';
import type { Shape } from '../../graph/types.ts';
import type { Builder } from './builder.ts';
import { LayerCall } from './layer-call.ts';
import { layerReader } from './layers/table.ts';
import { operationArguments, operationReader } from './layers/operation.ts';
import { shown } from '../json/python-json.ts';
import { isObject } from './plain.ts';
import { keyOf, orderOf, tensorsOf } from './order.ts';
import { truthy } from './settings.ts';
import type { Call, LayerSpec, ModelSpec, TensorRef } from './layer-spec.ts';

export interface Setting {
  readonly builder: Builder;
  readonly keras3: boolean;
  /** per-sample shape from a batch shape that may hold nulls */
  readonly inputShape: (batchShape: unknown, layer: string) => Shape;
}

/**
 * Adds a model's layers to the graph, called on `inputs` (values of the outer model), or, for the outermost one
 * (`inputs` undefined), with input nodes of its own.
 * @param training whether its layers are called with training=True where they don't say otherwise
 * @returns ids of the model's outputs; and of the input nodes that it made
 */
export function inlineModel(
  s: Setting,
  model: ModelSpec,
  names: readonly string[],
  inputs: readonly string[] | undefined,
  trainable: boolean,
  training = false,
): { outputs: string[]; inputs: string[] } {
  const scope = new Scope(s, model, names, trainable && model.trainable, training);
  return model.kind === 'sequential' ? scope.sequential(inputs) : scope.functional(inputs);
}

class Scope {
  private readonly s: Setting;
  private readonly model: ModelSpec;
  private readonly names: readonly string[];
  private readonly trainable: boolean;
  private readonly training: boolean;

  constructor(s: Setting, model: ModelSpec, names: readonly string[], trainable: boolean, training: boolean) {
    this.s = s;
    this.model = model;
    this.names = names;
    this.trainable = trainable;
    this.training = training;
  }

  sequential(given: readonly string[] | undefined): { outputs: string[]; inputs: string[] } {
    const layers = [...this.model.layers];
    if (given && given.length !== 1) this.fail(`the Sequential model is called on ${given.length} tensors`);
    const hasInput = layers[0]?.className === 'InputLayer';
    const first = hasInput ? layers.shift()! : undefined;
    if (layers.length === 0) this.fail('the Sequential model has no layers');
    const entry: LayerSpec = first ?? {
      name: `${layers[0].name}_input`,
      className: 'InputLayer',
      module: '',
      config: { batch_input_shape: firstShape(layers[0]) ?? this.model.buildShape },
      calls: [],
    };
    // Without an input layer of its own, a nested model has no node to name.
    const start = given && !first ? given[0] : this.input(entry, given?.[0]);
    let value = start;
    for (const layer of layers) {
      const outputs = this.call(layer, { args: [{ tensor: NEXT }], kwargs: {} }, () => value);
      if (outputs.length !== 1) this.fail(`layer "${layer.name}" of a Sequential model has several outputs`);
      value = outputs[0];
    }
    return { outputs: [value], inputs: given ? [] : [start] };
  }

  functional(given: readonly string[] | undefined): { outputs: string[]; inputs: string[] } {
    const { model } = this;
    if (given && given.length !== model.inputs.length)
      this.fail(`the model is called on ${given.length} tensors, but has ${model.inputs.length} inputs`);
    const byName = new Map(model.layers.map((l) => [l.name, l]));
    const values = new Map<string, string[]>();
    const made = model.inputs.map((ref, i) => {
      const layer = byName.get(ref.layer);
      if (layer?.className !== 'InputLayer') this.fail(`its input "${ref.layer}" is not an InputLayer`);
      const key = `${ref.layer}\n0`;
      if (!values.has(key)) values.set(key, [this.input(layer, given?.[i])]);
      return values.get(key)![0];
    });
    const { calls, offsets } = orderOf(model);
    const find = (ref: TensorRef): string | undefined => {
      const outputs = values.get(keyOf(ref, offsets));
      if (outputs && ref.tensor >= outputs.length)
        this.fail(`output ${ref.tensor} of layer "${ref.layer}" is used, but it has ${outputs.length}`);
      return outputs?.[ref.tensor];
    };
    for (const { layer, call, index } of calls) {
      const missing = tensorsOf(call).find((ref) => find(ref) === undefined);
      if (missing) this.fail(`layer "${layer.name}" reads "${missing.layer}", which no layer gives`);
      const outputs = this.call(layer, call, (ref) => find(ref)!);
      values.set(`${layer.name}\n${index}`, outputs);
    }
    const outputs = model.outputs.map(
      (ref) => find(ref) ?? this.fail(`no layer gives its output "${ref.layer}"`),
    );
    return { outputs, inputs: given ? [] : [...new Set(made)] };
  }

  /** An input layer: a node of its own at the top, a name for the value that a nested model is called on. */
  private input(layer: LayerSpec, value: string | undefined): string {
    const call = this.layerCall(layer, value === undefined ? [] : [value]);
    if (value !== undefined) return call.node({ kind: 'identity' }, [value]);
    const batchShape =
      layer.config.batch_shape ?? layer.config.batch_input_shape ?? layer.config.batchInputShape;
    return call.node({ kind: 'input', shape: this.s.inputShape(batchShape, call.path) }, []);
  }

  private call(layer: LayerSpec, call: Call, find: (ref: TensorRef) => string): string[] {
    const names = [...this.names, layer.name];
    const operation = operationReader(layer);
    if (operation) {
      const { operands, settings } = operationArguments(
        layer,
        call,
        (a) => ('tensor' in a ? find(a.tensor) : undefined),
        (problem) => this.fail(`layer "${layer.name}" (${layer.className}) ${problem}`),
      );
      const tensors = operands.filter((x) => typeof x === 'string');
      const reading = this.layerCall({ ...layer, config: settings }, tensors);
      const value = operation(reading, operands, layer.operation!.library === 'tensorflow');
      reading.finish();
      return typeof value === 'string' ? [value] : [...value];
    }
    const training = this.trainingOf(layer, call);
    if (call.args.some((a) => 'constant' in a && a.constant !== null))
      this.fail(
        `layer "${layer.name}" (${layer.className}) is called with a constant, not with tensors alone`,
      );
    const inputs = tensorsOf(call).map(find);
    if (inputs.length === 0) this.fail(`layer "${layer.name}" (${layer.className}) is called on no tensor`);
    if (layer.model) return inlineModel(this.s, layer.model, names, inputs, this.trainable, training).outputs;
    const reading = this.layerCall(layer, inputs, training);
    const value = layerReader(layer)!(reading);
    reading.finish();
    return [value];
  }

  /**
   * Whether a layer is called with training=True. Keras 2 keeps that argument, and hands it down; Keras 3 leaves it to
   * the caller of the loaded model. Any other argument that isn't its input is refused.
   */
  private trainingOf(layer: LayerSpec, call: Call): boolean {
    const what = `layer "${layer.name}" (${layer.className}) is called with`;
    let training = this.training;
    for (const [key, argument] of Object.entries(call.kwargs)) {
      if ('tensor' in argument) {
        if (!/^inputs?\b/.test(key)) this.fail(`${what} a tensor as "${key}"`);
      } else if (key === 'training') training = !this.s.keras3 && truthy(argument.constant);
      else
        this.fail(
          `${what} the constant ${shown(argument.constant)} as "${key}", which Espalier doesn't know`,
        );
    }
    return training;
  }

  private layerCall(layer: LayerSpec, inputs: readonly string[], training = false): LayerCall {
    if (isQuantised(layer.config))
      this.fail(
        `layer "${layer.name}" (${layer.className}) holds quantised weights, which Espalier does not execute; give the model from before quantize`,
      );
    const precision = halfPrecision(layer.config.dtype);
    if (precision) this.s.builder.warnings.add(halfWarning(precision));
    return new LayerCall({
      builder: this.s.builder,
      names: [...this.names, layer.name],
      className: layer.className,
      config: layer.config,
      inputs,
      trainable: this.trainable && truthy(layer.config.trainable ?? true),
      keras3: this.s.keras3,
      training,
    });
  }

  private fail(problem: string): never {
    const which = this.names.length > 0 ? ` "${this.names.join('/')}"` : '';
    throw new InputError(`${this.s.builder.where}: model${which}: ${problem}`);
  }
}

/** The kind of numbers of 16 bits that a layer computes with, or an operation makes; undefined where it is none. */
function halfPrecision(dtype: unknown): string | undefined {
  const name = isObject(dtype) && isObject(dtype.config) ? dtype.config.name : dtype;
  return typeof name === 'string' && /float16$|^half$/.test(name) ? name : undefined;
}

/** As Keras 3's quantize leaves a layer: by a setting of its own since 3.13, before that by its dtype alone. */
function isQuantised({ dtype, quantization_config: by }: Record<string, unknown>): boolean {
  return isObject(by) || (isObject(dtype) && /^Quantized/.test(String(dtype.class_name)));
}

const halfWarning = (precision: string) =>
  `Keras computes layers of it in ${precision}; Espalier computes all in float32, so that outputs differ from Keras' in the third or fourth digit`;

const NEXT: TensorRef = { layer: '', node: 0, tensor: 0 };

/** The batch shape that a Sequential's first layer carries, in any of the ways it is written. */
function firstShape(layer: LayerSpec): unknown {
  const { config } = layer;
  if (config.batch_input_shape !== undefined || config.batch_shape !== undefined)
    return config.batch_input_shape ?? config.batch_shape;
  if (Array.isArray(config.input_shape)) return [null, ...(config.input_shape as unknown[])];
  if (typeof config.input_dim === 'number') return [null, config.input_dim];
  if (!layer.model) return undefined;
  const inner = layer.model;
  const start =
    inner.kind === 'sequential'
      ? inner.layers[0]
      : inner.layers.find((l) => l.name === inner.inputs[0].layer);
  return (start && firstShape(start)) ?? inner.buildShape;
}
