import { shortly } from '../layer-call.ts';
import type { Constant, Operand, OperationReader } from '../layer-call.ts';
import type { Argument, Call, LayerSpec } from '../layer-spec.ts';
import { OPERATIONS } from './operations.ts';

/** Where TensorFlow keeps the functions that are known by their last name alone. */
const TENSORFLOW_MODULES = new Set([
  '',
  'math',
  'nn',
  '__operators__',
  'compat.v1',
  'compat.v1.math',
  'compat.v1.nn',
  // called as functions, in Keras 2
  'keras.activations',
]);
const KERAS_MODULES = new Set(['ops', 'numpy', 'nn', 'core', 'math']);

/** Functions that Keras takes for the layer of the same name, where HDF5 lost their module; these are the same. */
const SAME_AS_LAYER = new Set(['softmax', 'identity', 'concatenate']);

/**
 * The one name under which an operation is read: keras.ops.numpy's Mean and tf.math.reduce_mean are both "mean". A name
 * counts only together with its module, and never for a layer.
 */
export function operationReader(layer: LayerSpec): OperationReader | undefined {
  if (!layer.operation) return undefined;
  const { library, name } = layer.operation;
  const at = name.lastIndexOf('.');
  const module = at < 0 ? '' : name.slice(0, at);
  const plain = snake(name.slice(at + 1));
  const image = module === 'image' ? `image.${plain}` : undefined;
  const known =
    library === 'tensorflow'
      ? TENSORFLOW_MODULES.has(module) && plain.replace(/^reduce_/, '').replace(/^_+|_+$/g, '')
      : library === 'keras'
        ? KERAS_MODULES.has(module) && plain
        : SAME_AS_LAYER.has(plain) && plain;
  const key = image ?? known;
  return key && Object.hasOwn(OPERATIONS, key) ? OPERATIONS[key] : undefined;
}

/** GetItem as get_item. */
export const snake = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

/** What the libraries call their operands; all else that is named is a setting. */
const FIRST = [
  'x',
  'x1',
  'features',
  'a',
  'input',
  'input_tensor',
  'inputs',
  'image',
  'images',
  'tensor',
  'logits',
  't',
  'value',
];
const SECOND = ['y', 'x2', 'b', 'bias'];
const LISTS = ['xs', 'values'];

/** The operands of a call and its settings, which are all that is left; an argument that is neither is refused. */
export function operationArguments(
  layer: LayerSpec,
  call: Call,
  value: (argument: Argument) => string | undefined,
  refuse: (problem: string) => never,
): { operands: Operand[]; settings: Record<string, unknown> } {
  const named = new Map(Object.entries(call.kwargs));
  let { args } = call;
  // what stands in brackets is no operand
  if (layer.operation?.name.endsWith('.GetItem')) {
    if (args[1]) named.set('key', args[1]);
    args = args.slice(0, 1);
  }
  const take = (names: readonly string[]): Argument[] =>
    [...named.keys()]
      .filter((key) => names.some((name) => key === name || key.startsWith(`${name}[`)))
      .map((key) => {
        const argument = named.get(key)!;
        named.delete(key);
        return argument;
      });
  const given = [...take(FIRST), ...take(LISTS)];
  // a named first operand comes before the others, wherever it is written
  const ordered = [...given, ...args, ...take(SECOND)];
  const operands = ordered.map((argument): Operand => {
    const id = value(argument);
    if (id !== undefined) return id;
    const constant = 'constant' in argument ? constantOf(argument.constant) : undefined;
    return (
      constant ??
      refuse(
        `is called with ${'constant' in argument ? shortly(argument.constant) : 'a tensor that no layer gives'}; Espalier reads tensors, numbers and lists of one number a channel there`,
      )
    );
  });
  // the name of TensorFlow's function is no setting of it
  const settings = Object.fromEntries(Object.entries(layer.config).filter(([key]) => key !== 'function'));
  for (const [key, argument] of named) {
    if ('tensor' in argument) refuse(`is called with a tensor as "${key}"`);
    // a TensorFlow function's own name is no setting of what it computes
    else if (key !== 'name') settings[key] = argument.constant;
  }
  return { operands, settings };
}

/** A number, or a list that is flat but for axes of length 1, as numbers; infinite ones are limits. */
function constantOf(value: unknown): Constant | undefined {
  const isNumber = (v: unknown) => typeof v === 'number' && !Number.isNaN(v);
  if (isNumber(value) || typeof value === 'boolean') return { values: [Number(value)], depth: 0 };
  if (!Array.isArray(value) || value.length === 0) return undefined;
  if (value.every(isNumber)) return { values: value as number[], depth: 1 };
  const inner = value.length === 1 ? constantOf(value[0]) : undefined;
  return inner && { ...inner, depth: inner.depth + 1 };
}
