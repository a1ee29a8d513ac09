import type { Op } from '../../../graph/types.ts';
import { fields, flag, integer, only, or, real } from '../fields.ts';
import type { LayerCall } from '../layer-call.ts';
import { activationByName } from './activation.ts';

/** An operation on one tensor. */
export type OnOne = (call: LayerCall, x: string, tensorflow: boolean) => string;

const factor = (by: number): Op => ({ kind: 'affine', scale: [by], offset: [0] });
const log: Op = { kind: 'activation', activation: 'log' };

/** x to a constant power. */
export function powerOf(exponent: number): Op {
  return exponent === 1 ? { kind: 'identity' } : { kind: 'activation', activation: 'power', alpha: exponent };
}

/** An activation as an operation, where its numbers are settings. */
function activation(name: string): OnOne {
  return (call, x, tensorflow) => {
    const rank = call.builder.shapes.get(x)!.length;
    // Keras' operation is the approximation unless told otherwise, TensorFlow's the reverse
    if (name === 'gelu' && fields(call, { approximate: flag(!tensorflow) }).approximate)
      return call.node({ kind: 'activation', activation: 'geluTanh' }, [x]);
    // tf.nn.silu has a factor within, which Keras' own has not
    if (name === 'silu' || name === 'swish') fields(call, { beta: only(1).nullish() });
    const op = activationByName(name === 'exp' ? 'exponential' : name, rank, call.keras3)!;
    if ('axis' in op) {
      const { axis } = fields(call, { axis: or(integer, -1) });
      return call.node({ ...op, axis: call.axis(axis, rank) } as Op, [x]);
    }
    if (op.kind !== 'activation') return call.node(op, [x]);
    if (op.threshold !== undefined)
      return call.node({ ...op, threshold: fields(call, { threshold: or(real, op.threshold) }).threshold }, [
        x,
      ]);
    if (op.alpha === undefined) return call.node(op, [x]);
    const c = fields(call, { alpha: or(real, null), negative_slope: or(real, null), b: or(real, null) });
    return call.node({ ...op, alpha: c.negative_slope ?? c.alpha ?? c.b ?? op.alpha }, [x]);
  };
}

const threshold: OnOne = (call, x) => {
  const c = fields(call, { threshold: real, default_value: real });
  const op: Op = {
    kind: 'activation',
    activation: 'threshold',
    threshold: c.threshold,
    alpha: c.default_value,
  };
  return call.node(op, [x]);
};

const plain =
  (op: Op): OnOne =>
  (call, x) =>
    call.node(op, [x]);

const square: OnOne = (call, x) => call.node({ kind: 'multiply' }, [x, x]);

/** A logarithm to another base. */
const logTo =
  (base: number): OnOne =>
  (call, x) =>
    call.node(factor(1 / Math.log(base)), [call.node(log, [x], {}, 'log')]);

const activations =
  `relu relu6 sigmoid tanh swish silu hard_sigmoid hard_swish hard_silu gelu selu elu softplus softsign exp
  exponential mish softmax leaky_relu log_softmax log_sigmoid celu hard_tanh tanh_shrink soft_shrink hard_shrink squareplus
  sparse_plus sparse_sigmoid glu`.split(/\s+/);

/** Operations of numbers for themselves (a softmax' and a glu's are over one axis), by the names of operations.ts. */
export const ELEMENTWISE: Readonly<Record<string, OnOne>> = {
  ...Object.fromEntries(activations.map((name) => [name, activation(name)])),
  threshold,
  abs: plain({ kind: 'activation', activation: 'abs' }),
  absolute: plain({ kind: 'activation', activation: 'abs' }),
  negative: plain(factor(-1)),
  neg: plain(factor(-1)),
  square,
  sqrt: plain(powerOf(0.5)),
  rsqrt: plain(powerOf(-0.5)),
  reciprocal: plain(powerOf(-1)),
  log: plain(log),
  log2: logTo(2),
  log10: logTo(10),
  log1p: plain({ kind: 'activation', activation: 'log1p' }),
  expm1: plain({ kind: 'activation', activation: 'expm1' }),
};
