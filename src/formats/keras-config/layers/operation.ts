import type { Op } from '../../../graph/types.ts';
import type { LayerCall } from '../builder.ts';
import type { Argument, Call, LayerSpec } from '../spec.ts';
import { activationByName } from './activation.ts';
import type { MergeKind } from './merge.ts';

/** Reads a bare operation (`x * 2`, `ops.relu(x)`) that Keras recorded as a layer. */
export type OperationReader = (call: LayerCall, args: OperationArguments) => string;

/** The operands in order, tensors by value id; a constant that is not a number or list stays out. */
export interface OperationArguments {
  readonly operands: readonly (string | readonly number[])[];
  /** named constants of the call: axis, alpha, approximate */
  readonly settings: Readonly<Record<string, unknown>>;
}

const BINARY: Readonly<Record<string, MergeKind | 'divide'>> = {
  add: 'add',
  add_v2: 'add',
  subtract: 'subtract',
  multiply: 'multiply',
  maximum: 'maximum',
  minimum: 'minimum',
  divide: 'divide',
  truediv: 'divide',
  true_divide: 'divide',
};

const UNARY = new Set(
  `relu relu6 sigmoid tanh swish silu hard_sigmoid hard_swish hard_silu gelu selu elu softplus softsign exp exponential mish
  softmax leaky_relu identity`.split(/\s+/),
);

/** The operation of a TFOpLambda layer ("math.multiply") or of a Keras 3 operation (keras.src.ops.numpy, Multiply). */
function operationName(layer: LayerSpec): string | undefined {
  if (layer.className === 'TFOpLambda' && typeof layer.config.function === 'string')
    return layer.config.function
      .split('.')
      .pop()!
      .replace(/^_+|_+$/g, '');
  if (/^keras\.(src\.)?ops\b/.test(layer.module))
    return layer.className.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
  return undefined;
}

export function operationReader(layer: LayerSpec): OperationReader | undefined {
  const name = operationName(layer);
  if (name === undefined) return undefined;
  if (Object.hasOwn(BINARY, name)) return (call, args) => binary(BINARY[name], call, args);
  if (UNARY.has(name)) return (call, args) => unary(name, call, args, layer.config);
  return undefined;
}

/** The operands of a call: positional, then the named ones that hold operands. */
export function operationArguments(
  call: Call,
  value: (argument: Argument) => string | undefined,
): OperationArguments {
  const named = ['x', 'x1', 'features', 'a', 'y', 'x2', 'b'].flatMap((key) =>
    Object.hasOwn(call.kwargs, key) ? [call.kwargs[key]] : [],
  );
  const operands: (string | readonly number[])[] = [];
  for (const argument of [...call.args, ...named]) {
    const id = value(argument);
    if (id !== undefined) operands.push(id);
    else if ('constant' in argument) {
      const flat = numbers(argument.constant);
      if (flat) operands.push(flat);
    }
  }
  const settings = Object.fromEntries(
    Object.entries(call.kwargs).flatMap(([key, a]) => ('constant' in a ? [[key, a.constant]] : [])),
  );
  return { operands, settings };
}

function unary(
  name: string,
  call: LayerCall,
  args: OperationArguments,
  config: Record<string, unknown>,
): string {
  const [x] = args.operands;
  if (typeof x !== 'string' || args.operands.length !== 1)
    call.fail(`is called with arguments that Espalier doesn't read`);
  const rank = call.builder.shapes.get(x)!.length;
  if (name === 'identity') return call.node({ kind: 'identity' }, [x]);
  const settings: Record<string, unknown> = { ...config, ...args.settings };
  if (settings.axis !== undefined && settings.axis !== -1) call.fail('acts on another axis than the last');
  // Keras' operation is the approximation unless told otherwise, TensorFlow's the reverse.
  if (name === 'gelu' && (settings.approximate ?? call.className !== 'TFOpLambda') === true)
    return call.node({ kind: 'activation', activation: 'geluTanh' }, [x]);
  const op = activationByName(name === 'exp' ? 'exponential' : name, rank, call.keras3);
  if (!op) call.fail(`uses the operation "${name}", which Espalier does not execute`);
  const alpha = settings.negative_slope ?? settings.alpha;
  if (op.kind === 'activation' && op.alpha !== undefined && typeof alpha === 'number')
    return call.node({ ...op, alpha }, [x]);
  return call.node(op, [x]);
}

function binary(kind: MergeKind | 'divide', call: LayerCall, args: OperationArguments): string {
  const [a, b] = args.operands;
  if (args.operands.length !== 2) call.fail(`is called with ${args.operands.length} operands, expected 2`);
  if (typeof a === 'string' && typeof b === 'string') {
    if (kind === 'divide') call.fail('divides two tensors, which Espalier does not execute');
    const ranks = [a, b].map((id) => call.builder.shapes.get(id)!.length);
    if (ranks[0] !== ranks[1]) call.fail('combines tensors of different ranks, batch axis included');
    return call.node({ kind }, [a, b]);
  }
  const x = typeof a === 'string' ? a : (b as string);
  const constant = (typeof a === 'string' ? b : a) as readonly number[];
  const op = withConstant(kind, constant, typeof a === 'string');
  if (typeof x !== 'string' || !op) call.fail('has constants in a place that Espalier does not read');
  return call.node(op, [x]);
}

/** x op c, or c op x, as x * scale + offset. */
function withConstant(kind: MergeKind | 'divide', c: readonly number[], first: boolean): Op | undefined {
  switch (kind) {
    case 'add':
      return { kind: 'affine', scale: [1], offset: c };
    case 'multiply':
      return { kind: 'affine', scale: c, offset: [0] };
    case 'subtract':
      return first
        ? { kind: 'affine', scale: [1], offset: c.map((v) => -v) }
        : { kind: 'affine', scale: [-1], offset: c };
    case 'divide':
      return first ? { kind: 'affine', scale: c.map((v) => 1 / v), offset: [0] } : undefined;
    case 'maximum':
      return c.length === 1 && c[0] === 0 ? { kind: 'activation', activation: 'relu' } : undefined;
    default:
      return undefined;
  }
}

/** A number, or a list that is flat but for axes of length 1, as numbers. */
function numbers(value: unknown): number[] | undefined {
  if (typeof value === 'number') return [value];
  if (!Array.isArray(value) || value.length === 0) return undefined;
  if (value.every((v) => typeof v === 'number')) return value as number[];
  return value.length === 1 ? numbers(value[0]) : undefined;
}
