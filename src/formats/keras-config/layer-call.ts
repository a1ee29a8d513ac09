import { asImage, channelsOf } from '../../graph/ops/rules/layout.ts';
import { InputError } from '../../graph/errors.ts';
import type { Op, Shape } from '../../graph/types.ts';
import type { Builder } from './builder.ts';
import { shown } from '../json/python-json.ts';
import { isHarmless } from './settings.ts';

/** One call of one layer, as the layer's own reader sees it. */
export class LayerCall {
  readonly builder: Builder;
  readonly names: readonly string[];
  readonly className: string;
  /** ids of the values that it is called on */
  readonly inputs: readonly string[];
  readonly trainable: boolean;
  /** hard_sigmoid, defaults: Keras 3's meaning */
  readonly keras3: boolean;
  /** called with training=True, in Keras 2, where that holds for inference too */
  readonly training: boolean;
  private readonly suffix: string;
  // private to the language too, so that no reader takes a setting without its being noted
  readonly #config: Record<string, unknown>;
  readonly #understood: Set<string>;

  constructor(fields: {
    builder: Builder;
    names: readonly string[];
    className: string;
    config: Record<string, unknown>;
    inputs: readonly string[];
    trainable: boolean;
    keras3: boolean;
    training: boolean;
    suffix?: string;
  }) {
    this.builder = fields.builder;
    this.names = fields.names;
    this.className = fields.className;
    this.inputs = fields.inputs;
    this.trainable = fields.trainable;
    this.keras3 = fields.keras3;
    this.training = fields.training;
    this.#config = fields.config;
    this.#understood = new Set();
    this.suffix = fields.suffix ?? this.builder.nextCall(this.path);
    const layout = this.#config.data_format;
    if (/^channels_first$/i.test(typeof layout === 'string' ? layout : ''))
      this.fail(
        'has data_format "channels_first"; Espalier reads channels_last models: convert it in Keras first',
      );
  }

  /** A setting, which from here on counts as understood. */
  setting(name: string): unknown {
    this.#understood.add(name);
    return this.#config[name];
  }

  /** Several settings, those of them that are written down. */
  settings(names: readonly string[]): Record<string, unknown> {
    return Object.fromEntries(
      names.flatMap((name) => {
        const value = this.setting(name);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }

  /** All settings count as understood: of a layer that passes its input on whatever they are. */
  ignoreSettings(): void {
    for (const name of Object.keys(this.#config)) this.#understood.add(name);
  }

  /** The same call with the settings of an object that is written within the layer's own; to be finished too. */
  within(config: Record<string, unknown>): LayerCall {
    return new LayerCall({ ...this, config, suffix: this.suffix });
  }

  /** @throws InputError for a setting that no reader asked for */
  finish(): void {
    for (const [name, value] of Object.entries(this.#config))
      if (!this.#understood.has(name) && !isHarmless(name, value))
        this.fail(
          `has the setting "${name}" (${shortly(value)}), which Espalier doesn't know, so it can't tell what the layer computes`,
        );
  }

  get path(): string {
    return this.names.join('/');
  }

  /** Shape of the value that a single-input layer is called on. */
  get shape(): Shape {
    this.expectInputs(1, 1);
    return this.builder.shapes.get(this.inputs[0])!;
  }

  get channels(): number {
    return channelsOf(this.shape);
  }

  /** The size of the image that a layer is called on. @throws InputError where it is called on something else */
  image(): NonNullable<ReturnType<typeof asImage>> {
    return (
      asImage(this.shape) ??
      this.fail(`needs an input of height, width and channels, got [${this.shape.join(', ')}]`)
    );
  }

  expectInputs(least: number, most = Infinity): void {
    if (this.inputs.length < least || this.inputs.length > most)
      this.fail(
        `is called on ${this.inputs.length} tensors, and takes ${least === most ? least : `at least ${least}`}`,
      );
  }

  shapesOf(): Shape[] {
    return this.inputs.map((id) => this.builder.shapes.get(id)!);
  }

  /** Declares a parameter; in the order of Keras' layer.weights. */
  param(name: string, shape: readonly number[], trainable = true): string {
    const state = trainable && !this.trainable ? 'frozen' : trainable;
    const id = this.builder.param(`${this.path}/${name}`, shape, state, this.path);
    const layer = this.builder.layers.get(this.path);
    if (layer && !layer.params.includes(id)) layer.params.push(id);
    return id;
  }

  /** Adds a node of this layer; `part` names one of several ("activation"). */
  node(op: Op, inputs: readonly string[], params: Record<string, string> = {}, part?: string): string {
    return this.builder.add({
      id: this.path + (part ? `:${part}` : '') + this.suffix,
      op,
      inputs,
      params,
      layer: this.path,
      layerType: this.className,
    });
  }

  warn(text: string): void {
    this.builder.warnings.add(`layer "${this.path}" (${this.className}) ${text}`);
  }

  fail(problem: string): never {
    throw new InputError(`${this.builder.where}: layer "${this.path}" (${this.className}) ${problem}`);
  }

  /** A per-sample axis from Keras' axis, which counts the batch and may be negative; `setting` is what names it. */
  axis(axis: number, rank: number, setting = 'axis'): number {
    const at = axis < 0 ? rank + axis : axis - 1;
    if (!Number.isInteger(at) || at < 0 || at >= rank)
      this.fail(`acts on ${setting} ${axis}, but its input has ${rank + 1} axes, the batch included`);
    return at;
  }
}

/** A value of JSON in a message. */
export function shortly(value: unknown): string {
  const text = shown(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Reads a bare operation (`x * 2`, `ops.relu(x)`) that Keras recorded as a layer: its value, or each of several. */
export type OperationReader = (
  call: LayerCall,
  operands: readonly Operand[],
  tensorflow: boolean,
) => string | readonly string[];

/** A tensor by its value's id, or a constant. */
export type Operand = string | Constant;

/** Numbers along the last axis, or one; `depth` is the number of axes that it is written with. */
export interface Constant {
  readonly values: readonly number[];
  readonly depth: number;
}
