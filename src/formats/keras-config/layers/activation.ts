import * as z from 'zod';
import type { ActivationKind, Op } from '../../../graph/types.ts';
import { fields, integer, limit, or, reads, real } from '../fields.ts';
import { shortly } from '../layer-call.ts';
import type { LayerCall } from '../layer-call.ts';
import { isObject } from '../plain.ts';

const PLAIN: Readonly<Record<string, ActivationKind>> = {
  linear: 'linear',
  relu: 'relu',
  relu6: 'relu6',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  swish: 'swish',
  silu: 'swish',
  hard_swish: 'hardSwish',
  hard_silu: 'hardSwish',
  gelu: 'gelu',
  selu: 'selu',
  softplus: 'softplus',
  softsign: 'softsign',
  exponential: 'exponential',
  mish: 'mish',
  hard_tanh: 'hardTanh',
  log_sigmoid: 'logSigmoid',
  tanh_shrink: 'tanhShrink',
  sparse_plus: 'sparsePlus',
  sparse_sigmoid: 'sparseSigmoid',
};

/** Those with a number of their own, each with what it is where only the name is given. */
const WITH_NUMBERS: Readonly<Record<string, Op>> = {
  elu: { kind: 'activation', activation: 'elu', alpha: 1 },
  celu: { kind: 'activation', activation: 'celu', alpha: 1 },
  leaky_relu: { kind: 'activation', activation: 'leakyRelu', alpha: 0.2 },
  soft_shrink: { kind: 'activation', activation: 'softShrink', threshold: 0.5 },
  hard_shrink: { kind: 'activation', activation: 'hardShrink', threshold: 0.5 },
  squareplus: { kind: 'activation', activation: 'squareplus', alpha: 4 },
};

/** The names of all activations that are read, for docs/layers.md. */
export const readActivations: readonly string[] = [
  ...Object.keys(PLAIN),
  ...Object.keys(WITH_NUMBERS),
  ...['softmax', 'log_softmax', 'hard_sigmoid'],
];

/** The op of an activation by its Keras name; undefined where Espalier has none. */
export function activationByName(name: string, rank: number, keras3: boolean): Op | undefined {
  const kind = Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined;
  if (kind) return { kind: 'activation', activation: kind };
  if (Object.hasOwn(WITH_NUMBERS, name)) return WITH_NUMBERS[name];
  switch (name) {
    case 'softmax':
      return { kind: 'softmax', axis: rank - 1 };
    case 'log_softmax':
      return { kind: 'logSoftmax', axis: rank - 1 };
    case 'glu':
      return { kind: 'glu', axis: rank - 1 };
    case 'hard_sigmoid':
      return { kind: 'activation', activation: keras3 ? 'hardSigmoid6' : 'hardSigmoid' };
    default:
      return undefined;
  }
}

/** Op for Keras' ReLU(max_value, negative_slope, threshold), as the plainest kind that is the same. */
export function reluOp(maxValue: number | null, slope: number, threshold: number): Op {
  // infinity is no limit
  if (maxValue === Infinity) maxValue = null;
  if (threshold === 0 && slope === 0) {
    if (maxValue === null) return { kind: 'activation', activation: 'relu' };
    if (maxValue === 6) return { kind: 'activation', activation: 'relu6' };
  }
  if (threshold === 0 && maxValue === null)
    return { kind: 'activation', activation: 'leakyRelu', alpha: slope };
  return {
    kind: 'activation',
    activation: 'clippedRelu',
    alpha: slope,
    threshold,
    ...(maxValue !== null && { maxValue }),
  };
}

/** Ops of the activation layers that have settings of their own, by class. */
const CLASSES: Readonly<Record<string, (call: LayerCall, rank: number) => Op>> = {
  ReLU(call) {
    const c = fields(call, {
      max_value: or(limit, null),
      negative_slope: or(real, 0),
      threshold: or(real, 0),
    });
    return reluOp(c.max_value, c.negative_slope, c.threshold);
  },
  LeakyReLU(call) {
    const c = fields(call, { alpha: or(real, null), negative_slope: or(real, null) });
    return { kind: 'activation', activation: 'leakyRelu', alpha: c.alpha ?? c.negative_slope ?? 0.3 };
  },
  ThresholdedReLU(call) {
    return reluOp(null, 0, fields(call, { theta: or(real, 1) }).theta);
  },
  ELU(call) {
    return { kind: 'activation', activation: 'elu', alpha: fields(call, { alpha: or(real, 1) }).alpha };
  },
  Softmax(call, rank) {
    const { axis } = fields(call, {
      axis: or(reads(z.union([integer, z.tuple([integer]).transform(([a]) => a)]), 'one whole number'), -1),
    });
    return { kind: 'softmax', axis: call.axis(axis, rank) };
  },
};

/**
 * Op of an `activation` setting: a name, a serialised function, or a serialised activation layer.
 * Undefined for none (null or linear).
 */
function activationOp(call: LayerCall, setting: unknown, rank: number): Op | undefined {
  if (setting === null || setting === undefined || setting === 'linear') return undefined;
  let name: unknown = setting;
  if (isObject(setting)) {
    const cls = setting.class_name;
    const inner = isObject(setting.config) ? call.within(setting.config) : undefined;
    if (typeof cls === 'string' && Object.hasOwn(CLASSES, cls) && inner) {
      const op = CLASSES[cls](inner, rank);
      inner.finish();
      return op;
    }
    name = cls === 'function' || cls === 'Activation' ? setting.config : cls;
    if (inner) {
      if (isObject(name)) name = inner.setting('activation') ?? inner.setting('name');
      inner.finish();
    }
  }
  const op = typeof name === 'string' ? activationByName(snake(name), rank, call.keras3) : undefined;
  if (op?.kind === 'glu')
    call.fail(
      'has the activation "glu", with which Keras gives a layer twice the channels that it has; call keras.ops.glu behind the layer',
    );
  if (!op)
    call.fail(
      `has the activation ${name === undefined ? 'of an unknown kind' : shortly(name)}, which Espalier does not execute`,
    );
  return op.kind === 'activation' && op.activation === 'linear' ? undefined : op;
}

/** Adds the node of a fused activation, if there is one, behind `value`. */
export function fusedActivation(call: LayerCall, value: string): string {
  const rank = call.builder.shapes.get(value)!.length;
  const op = activationOp(call, call.setting('activation'), rank);
  return op ? call.node(op, [value], {}, 'activation') : value;
}

export function activationLayer(call: LayerCall): string {
  const rank = call.shape.length;
  if (Object.hasOwn(CLASSES, call.className))
    return call.node(CLASSES[call.className](call, rank), call.inputs);
  const op = activationOp(call, call.setting('activation'), rank) ?? { kind: 'identity' };
  return call.node(op, call.inputs);
}

export function preluLayer(call: LayerCall): string {
  const c = fields(call, { shared_axes: or(reads(z.array(integer), 'a list of whole numbers'), []) });
  const shape = [...call.shape];
  for (const axis of c.shared_axes) shape[call.axis(axis, shape.length)] = 1;
  return call.node({ kind: 'prelu' }, call.inputs, { alpha: call.param('alpha', shape) });
}

/** Serialised functions may carry their class-like name ("ReLU6", "Swish"). */
function snake(name: string): string {
  return /[A-Z]/.test(name) ? name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase() : name;
}
