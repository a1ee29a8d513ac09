import * as z from 'zod';
import type { Op } from '../../../graph/types.ts';
import { fields, flag, integer, or, pair, padding, real } from '../fields.ts';
import type { LayerCall } from '../layer-call.ts';
import { activationByName, reluOp } from './activation.ts';
import type { MergeKind } from './merge.ts';
import type { Constant, Operand, OperationReader } from './operation.ts';
import { resizeOperation } from './resizing.ts';
import {
  concatenation,
  expandDims,
  pad,
  reduction,
  reshapeOperation,
  squeeze,
  transpose,
} from './rearrange.ts';

/** The one tensor of an operation on one. */
export function only(call: LayerCall, operands: readonly Operand[]): string {
  const [x] = operands;
  if (typeof x !== 'string' || operands.length !== 1)
    call.fail("is called with arguments that Espalier doesn't read");
  return x;
}

const onOne =
  (read: (call: LayerCall, x: string, tensorflow: boolean) => string): OperationReader =>
  (call, operands, tensorflow) =>
    read(call, only(call, operands), tensorflow);

const activation = (name: string): OperationReader =>
  onOne((call: LayerCall, x, tensorflow) => {
    const rank = call.builder.shapes.get(x)!.length;
    if (name === 'softmax') {
      const { axis } = fields(call, { axis: or(integer, -1) });
      return call.node({ kind: 'softmax', axis: call.axis(axis, rank) }, [x]);
    }
    // Keras' operation is the approximation unless told otherwise, TensorFlow's the reverse
    if (name === 'gelu' && fields(call, { approximate: flag(!tensorflow) }).approximate)
      return call.node({ kind: 'activation', activation: 'geluTanh' }, [x]);
    // tf.nn.silu has a factor within, which Keras' own has not
    if (name === 'silu' || name === 'swish') fields(call, { beta: z.literal(1).nullish() });
    const op = activationByName(name === 'exp' ? 'exponential' : name, rank, call.keras3)!;
    if (op.kind !== 'activation' || op.alpha === undefined) return call.node(op, [x]);
    const c = fields(call, { alpha: or(real, null), negative_slope: or(real, null) });
    return call.node({ ...op, alpha: c.negative_slope ?? c.alpha ?? op.alpha }, [x]);
  });

function binary(kind: MergeKind | 'divide'): OperationReader {
  return (call: LayerCall, operands) => {
    const [a, b] = operands;
    if (operands.length !== 2) call.fail(`is called with ${operands.length} operands, expected 2`);
    if (typeof a === 'string' && typeof b === 'string') {
      if (kind === 'divide') call.fail('divides two tensors, which Espalier does not execute');
      const ranks = [a, b].map((id) => call.builder.shapes.get(id)!.length);
      if (ranks[0] !== ranks[1]) call.fail('combines tensors of different ranks, batch axis included');
      return call.node({ kind }, [a, b]);
    }
    const x = typeof a === 'string' ? a : (b as string);
    if (typeof x !== 'string') call.fail('combines constants alone');
    const constant = (typeof a === 'string' ? b : a) as Constant;
    if (constant.depth > call.builder.shapes.get(x)!.length + 1)
      call.fail('combines a tensor with a constant of more axes');
    const op = withConstant(kind, constant.values, typeof a === 'string');
    if (op) return call.node(op, [x]);
    if (constant.values.length > 1 || (kind !== 'maximum' && kind !== 'minimum'))
      call.fail('has constants in a place that Espalier does not read');
    const limit = constant.values[0];
    return kind === 'maximum'
      ? atLeast(call, x, limit)
      : negated(call, x, (y) => atLeast(call, y, -limit, 'limit'));
  };
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
    default:
      return undefined;
  }
}

const shift = (by: number): Op => ({ kind: 'affine', scale: [1], offset: [by] });
const negative: Op = { kind: 'affine', scale: [-1], offset: [0] };

/** max(x, limit) as relu(x - limit) + limit. */
function atLeast(call: LayerCall, x: string, limit: number, part?: string): string {
  const relu: Op = { kind: 'activation', activation: 'relu' };
  if (limit === 0) return call.node(relu, [x], {}, part);
  const above = call.node(relu, [call.node(shift(-limit), [x], {}, 'below')], {}, 'relu');
  return call.node(shift(limit), [above], {}, part);
}

/** min(x, limit) as -max(-x, -limit). */
function negated(call: LayerCall, x: string, work: (x: string) => string): string {
  return call.node(negative, [work(call.node(negative, [x], {}, 'negative'))]);
}

/** Keras' x_min and x_max, TensorFlow's clip_value_min and clip_value_max. */
const clip = onOne((call: LayerCall, x) => {
  const c = fields(call, {
    x_min: or(real, null),
    x_max: or(real, null),
    clip_value_min: or(real, null),
    clip_value_max: or(real, null),
  });
  const low = c.x_min ?? c.clip_value_min;
  const high = c.x_max ?? c.clip_value_max;
  if (low === null || high === null || low > high)
    call.fail('clips between limits that Espalier does not read');
  if (low === 0) return call.node(reluOp(high, 0, 0), [x]);
  const above = call.node(reluOp(high - low, 0, 0), [call.node(shift(-low), [x], {}, 'below')], {}, 'relu');
  return call.node(shift(low), [above]);
});

/** The same numbers; a cast to integers would not be. */
const cast = onOne((call: LayerCall, x) => {
  const { dtype } = fields(call, { dtype: z.string() });
  if (!/^(float|bfloat|half)/.test(dtype)) call.fail(`casts to ${dtype}, which Espalier does not execute`);
  return call.node({ kind: 'identity' }, [x]);
});

const same = onOne((call: LayerCall, x) => call.node({ kind: 'identity' }, [x]));

const square = onOne((call: LayerCall, x) => call.node({ kind: 'multiply' }, [x, x]));

/** keras.ops' pooling; TensorFlow's has other arguments, and is refused for them. */
const pool = (kind: 'maxPool' | 'avgPool') =>
  onOne((call: LayerCall, x) => {
    const c = fields(call, {
      pool_size: pair,
      strides: or(pair, null),
      padding: or(padding, 'valid' as const),
    });
    return call.node({ kind, size: c.pool_size, strides: c.strides ?? c.pool_size, padding: c.padding }, [x]);
  });

/** `x ** 2` alone. */
const power: OperationReader = (call: LayerCall, operands) => {
  const [x, exponent] = operands;
  if (
    operands.length !== 2 ||
    typeof x !== 'string' ||
    typeof exponent === 'string' ||
    exponent.values.join() !== '2'
  )
    call.fail('raises to another power than 2, which Espalier does not execute');
  return call.node({ kind: 'multiply' }, [x, x]);
};

const activations =
  `relu relu6 sigmoid tanh swish silu hard_sigmoid hard_swish hard_silu gelu selu elu softplus softsign exp
  exponential mish softmax leaky_relu`.split(/\s+/);

const merges: Readonly<Record<string, MergeKind | 'divide'>> = {
  add: 'add',
  add_v2: 'add',
  subtract: 'subtract',
  sub: 'subtract',
  multiply: 'multiply',
  mul: 'multiply',
  maximum: 'maximum',
  minimum: 'minimum',
  divide: 'divide',
  truediv: 'divide',
  true_divide: 'divide',
};

const resize = onOne((call) => resizeOperation(call));

/** By the names that operation.ts makes: TensorFlow's reduce_mean is "mean" here. */
export const OPERATIONS: Readonly<Record<string, OperationReader>> = {
  ...Object.fromEntries(activations.map((name) => [name, activation(name)])),
  ...Object.fromEntries(Object.entries(merges).map(([name, kind]) => [name, binary(kind)])),
  identity: same,
  stop_gradient: same,
  copy: same,
  cast,
  clip,
  clip_by_value: clip,
  negative: onOne((call: LayerCall, x) => call.node(negative, [x])),
  neg: onOne((call: LayerCall, x) => call.node(negative, [x])),
  square,
  power,
  pow: power,
  mean: onOne(reduction('mean')),
  average: onOne(reduction('mean')),
  max: onOne(reduction('max')),
  amax: onOne(reduction('max')),
  min: onOne(reduction('min')),
  amin: onOne(reduction('min')),
  sum: onOne(reduction('sum')),
  reshape: onOne(reshapeOperation),
  transpose: onOne(transpose),
  expand_dims: onOne(expandDims),
  squeeze: onOne(squeeze),
  pad: onOne(pad),
  concatenate: concatenation,
  concat: concatenation,
  max_pool: pool('maxPool'),
  average_pool: pool('avgPool'),
  avg_pool: pool('avgPool'),
  'image.resize': resize,
};
