import * as z from 'zod';
import { IMAGE } from '../../../graph/ops/rules/layout.ts';
import type { Op } from '../../../graph/types.ts';
import { fields, limit, only as exactly, or, pair, padding, reads, size, word } from '../fields.ts';
import type { LayerCall, Constant, Operand, OperationReader } from '../layer-call.ts';
import { reluOp } from './activation.ts';
import { ELEMENTWISE, powerOf } from './elementwise.ts';
import type { OnOne } from './elementwise.ts';
import type { MergeKind } from './merge.ts';
import { split, stack, unstack } from './picking/parts.ts';
import { slicing } from './picking/slicing.ts';
import { flip, flipImage, greyToRgb, repeat, roll, take, tile } from './picking/taking.ts';
import { resizeOperation } from './resizing.ts';
import {
  concatenation,
  expandDims,
  moveAxis,
  pad,
  reshapeOperation,
  squeeze,
  swapAxes,
  transpose,
} from './rearrange.ts';
import { reduction, spread, unitLength } from './reductions.ts';

/** As TensorFlow names it, or Keras. */
const channelsLast = word(['nhwc', 'channels_last']).nullish();

/** The one tensor of an operation on one. */
export function only(call: LayerCall, operands: readonly Operand[]): string {
  const [x] = operands;
  if (typeof x !== 'string' || operands.length !== 1)
    call.fail(`is called with ${operands.length} values; Espalier reads one tensor here`);
  return x;
}

const onOne =
  (read: (...on: Parameters<OnOne>) => ReturnType<OperationReader>): OperationReader =>
  (call, operands, tensorflow) =>
    read(call, only(call, operands), tensorflow);

function binary(kind: MergeKind | 'divide'): OperationReader {
  return (call: LayerCall, operands) => {
    const [a, b] = operands;
    if (operands.length !== 2) call.fail(`is called with ${operands.length} values, and takes 2`);
    if (typeof a === 'string' && typeof b === 'string') {
      const ranks = [a, b].map((id) => call.builder.shapes.get(id)!.length);
      if (ranks[0] !== ranks[1])
        call.fail(
          `combines a tensor of ${ranks[0] + 1} axes with one of ${ranks[1] + 1}, the batch included; Espalier reads those of equally many`,
        );
      if (kind !== 'divide') return call.node({ kind }, [a, b]);
      return call.node({ kind: 'multiply' }, [a, call.node(powerOf(-1), [b], {}, 'inverse')]);
    }
    const x = typeof a === 'string' ? a : (b as string);
    if (typeof x !== 'string') call.fail('is called with constants alone, and with no tensor');
    const constant = (typeof a === 'string' ? b : a) as Constant;
    if (constant.depth > call.builder.shapes.get(x)!.length + 1)
      call.fail(
        `combines a tensor of ${call.builder.shapes.get(x)!.length + 1} axes with a constant of ${constant.depth}; Espalier reads one of at most as many`,
      );
    const endless = constant.values.find((v) => !Number.isFinite(v));
    if (endless !== undefined && kind !== 'maximum' && kind !== 'minimum')
      call.fail(`is called with ${endless}; Espalier reads finite numbers here`);
    const op = withConstant(kind, constant.values, typeof a === 'string');
    if (op) return call.node(op, [x]);
    if (kind === 'divide') {
      const inverse = call.node(powerOf(-1), [x], {}, 'inverse');
      return call.node({ kind: 'affine', scale: constant.values, offset: [0] }, [inverse]);
    }
    return call.node(...limitOf(call, kind as 'maximum' | 'minimum', constant.values, x));
  };
}

/** TensorFlow's, on the last axis. */
const biasAdd: OperationReader = (call: LayerCall, operands, tensorflow) => {
  fields(call, { data_format: channelsLast });
  return binary('add')(call, operands, tensorflow);
};

/** The larger or smaller of x and a constant, or one a channel, which then is a value like any other. */
function limitOf(
  call: LayerCall,
  kind: 'maximum' | 'minimum',
  values: readonly number[],
  x: string,
): [Op, string[]] {
  const nothing = kind === 'maximum' ? Infinity : -Infinity;
  if (values.includes(nothing))
    call.fail(`compares each value with ${nothing}, so that nothing of them is left`);
  const [one] = values;
  if (values.length === 1) return [kind === 'maximum' ? clipOp(one, Infinity) : clipOp(-Infinity, one), [x]];
  if (values.includes(-nothing))
    call.fail(
      `compares some channels with ${-nothing}; Espalier reads finite numbers where each has its own`,
    );
  const constants = call.node({ kind: 'affine', scale: [0], offset: values }, [x], {}, 'constants');
  return [{ kind }, [x, constants]];
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

/** Up to `low` and down to `high`; infinity is no limit. The plainest kind that is the same, as for ReLU. */
function clipOp(low: number, high: number): Op {
  if (low === 0) return reluOp(high === Infinity ? null : high, 0, 0);
  if (low === -Infinity && high === Infinity) return { kind: 'identity' };
  return {
    kind: 'activation',
    activation: 'clip',
    ...(low !== -Infinity && { minValue: low }),
    ...(high !== Infinity && { maxValue: high }),
  };
}

/** Between two limits, by what the settings are called. */
const clip = (lowest: string, highest: string) =>
  onOne((call: LayerCall, x) => {
    const limits = fields(call, { [lowest]: limit, [highest]: limit });
    const [low, high] = [limits[lowest], limits[highest]];
    if (low > high || low === Infinity || high === -Infinity)
      call.fail(
        `has ${lowest} ${low} and ${highest} ${high}; Espalier reads two numbers here, the lower one first`,
      );
    return call.node(clipOp(low, high), [x]);
  });

const floats = reads(
  z.string().regex(/^(float|bfloat|half)/),
  'the name of a kind of floating-point numbers',
);

/** The same numbers; a cast to integers would not be. */
const cast = onOne((call: LayerCall, x) => {
  fields(call, { dtype: floats });
  return call.node({ kind: 'identity' }, [x]);
});

const same = onOne((call: LayerCall, x) => call.node({ kind: 'identity' }, [x]));

const pooled = reads(
  z.union([
    pair,
    z.tuple([exactly(1), size, size, exactly(1)]).transform(([, a, b]): [number, number] => [a, b]),
  ]),
  'one whole number from 1 on, or two of them',
);

/** keras.ops' pooling, and TensorFlow's, whose sizes may have the batch and the channels in front and behind. */
const pool = (kind: 'maxPool' | 'avgPool') =>
  onOne((call: LayerCall, x) => {
    const c = fields(call, {
      pool_size: or(pair, null),
      ksize: or(pooled, null),
      strides: or(pooled, null),
      padding: or(padding, 'valid' as const),
      data_format: channelsLast,
    });
    const window = c.pool_size ?? c.ksize ?? call.fail('has no pool_size');
    return call.node({ kind, size: window, strides: c.strides ?? window, padding: c.padding }, [x]);
  });

/** `x ** n` with a constant n. */
const power: OperationReader = (call: LayerCall, operands) => {
  const [x, exponent] = operands;
  if (
    operands.length !== 2 ||
    typeof x !== 'string' ||
    typeof exponent === 'string' ||
    exponent.values.length !== 1 ||
    !Number.isFinite(exponent.values[0])
  )
    call.fail('raises to a power that is no single finite number, which Espalier does not execute');
  const [n] = exponent.values;
  return n === 2 ? call.node({ kind: 'multiply' }, [x, x]) : call.node(powerOf(n), [x]);
};

/** The square of a difference. */
const squaredDifference: OperationReader = (call: LayerCall, operands) => {
  const [a, b] = operands;
  if (operands.length !== 2 || typeof a !== 'string' || typeof b !== 'string')
    call.fail('takes the difference to a constant, which Espalier reads as a subtraction and a square alone');
  const difference = call.node({ kind: 'subtract' }, [a, b], {}, 'difference');
  return call.node({ kind: 'multiply' }, [difference, difference]);
};

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

/** TensorFlow's sum of a list. */
const addAll: OperationReader = (call: LayerCall, operands) => {
  const ids = operands.map((x) =>
    typeof x === 'string' ? x : call.fail('adds a constant to tensors; Espalier adds tensors alone here'),
  );
  return call.node(ids.length === 1 ? { kind: 'identity' } : { kind: 'add' }, ids);
};

const resize = onOne((call) => resizeOperation(call));

/** By the names that operation.ts makes: TensorFlow's reduce_mean is "mean" here. */
export const OPERATIONS: Readonly<Record<string, OperationReader>> = {
  ...Object.fromEntries(Object.entries(ELEMENTWISE).map(([name, read]) => [name, onOne(read)])),
  ...Object.fromEntries(Object.entries(merges).map(([name, kind]) => [name, binary(kind)])),
  identity: same,
  stop_gradient: same,
  copy: same,
  cast,
  clip: clip('x_min', 'x_max'),
  clip_by_value: clip('clip_value_min', 'clip_value_max'),
  power,
  pow: power,
  squared_difference: squaredDifference,
  mean: onOne(reduction('mean')),
  average: onOne(reduction('mean')),
  max: onOne(reduction('max')),
  amax: onOne(reduction('max')),
  min: onOne(reduction('min')),
  amin: onOne(reduction('min')),
  sum: onOne(reduction('sum')),
  var: onOne(spread('variance')),
  variance: onOne(spread('variance')),
  std: onOne(spread('deviation')),
  normalize: onOne(unitLength),
  l2_normalize: onOne(unitLength),
  reshape: onOne(reshapeOperation),
  transpose: onOne(transpose),
  expand_dims: onOne(expandDims),
  squeeze: onOne(squeeze),
  pad: onOne(pad),
  concatenate: concatenation,
  concat: concatenation,
  add_n: addAll,
  bias_add: biasAdd,
  get_item: onOne(slicing),
  getitem: onOne(slicing),
  take,
  gather: take,
  flip: onOne(flip),
  reverse: onOne(flip),
  roll: onOne(roll),
  repeat: onOne(repeat),
  tile: onOne(tile),
  split: onOne(split(true)),
  array_split: onOne(split(false)),
  unstack: onOne(unstack),
  stack,
  swapaxes: onOne(swapAxes),
  moveaxis: onOne(moveAxis),
  max_pool: pool('maxPool'),
  max_pool2d: pool('maxPool'),
  average_pool: pool('avgPool'),
  avg_pool: pool('avgPool'),
  avg_pool2d: pool('avgPool'),
  'image.resize': resize,
  'image.flip_up_down': onOne(flipImage(IMAGE.places[0])),
  'image.flip_left_right': onOne(flipImage(IMAGE.places[1])),
  'image.grayscale_to_rgb': onOne(greyToRgb),
};
