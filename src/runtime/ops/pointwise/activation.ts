import type * as tfc from '@tensorflow/tfjs-core';
import { InputError } from '../../../graph/errors.ts';
import { constantLike } from '../../onnx/constants.ts';
import { axisOf } from '../../onnx/layout.ts';
import type { ExportContext } from '../../onnx/layout.ts';
import type { OpContext, OpOf, OpRun } from '../context.ts';

export const activation: OpRun<'activation'> = { run: runActivation, onnx: writeActivation };

export const prelu: OpRun<'prelu'> = {
  run: (c) => {
    const alpha = c.param('alpha');
    if (!alpha) throw new InputError(`layer ${c.node.layer}: a PReLU without slopes`);
    return c.tf.prelu(c.inputs[0], alpha);
  },
  onnx: (c) => {
    const { values, shape } = c.param('alpha')!;
    return c.writer.node('PRelu', [c.inputs[0].name, constantLike(c, values, shape)]);
  },
};

export const glu: OpRun<'glu'> = {
  run: (c, op) => {
    const [value, gate] = c.tf.split(c.inputs[0], 2, op.axis + 1);
    return c.tf.mul(value, c.tf.sigmoid(gate));
  },
  onnx: ({ writer, inputs: [x] }, op) => {
    const axis = writer.ints([axisOf(x.shape.length, op.axis)]);
    const half = x.shape[op.axis] / 2;
    const part = (from: number): string =>
      writer.node('Slice', [x.name, writer.ints([from]), writer.ints([from + half]), axis]);
    return writer.node('Mul', [part(0), writer.node('Sigmoid', [part(half)])]);
  },
};

function runActivation(c: OpContext, op: OpOf<'activation'>): tfc.Tensor {
  const { tf } = c;
  const { kernels } = c.backend;
  const x = c.inputs[0];
  switch (op.activation) {
    case 'linear':
      return tf.clone(x);
    case 'relu':
      return kernels.relu(x);
    case 'relu6':
      return kernels.relu6(x);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'hardSigmoid':
      return tf.clipByValue(tf.add(tf.mul(x, 0.2), 0.5), 0, 1);
    case 'hardSigmoid6':
      return tf.div(kernels.relu6(tf.add(x, 3)), 6);
    case 'tanh':
      return tf.tanh(x);
    case 'swish':
      return tf.mul(x, tf.sigmoid(x));
    case 'hardSwish':
      return tf.mul(x, tf.div(kernels.relu6(tf.add(x, 3)), 6));
    case 'gelu':
      return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
    case 'geluTanh': {
      const cubic = tf.add(x, tf.mul(tf.mul(x, tf.square(x)), 0.044715));
      return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(tf.mul(cubic, Math.sqrt(2 / Math.PI))), 1));
    }
    case 'elu': {
      const alpha = op.alpha ?? 1;
      if (alpha === 1) return tf.elu(x);
      return tf.add(tf.relu(x), tf.mul(tf.elu(tf.minimum(x, 0)), alpha));
    }
    case 'selu':
      return tf.selu(x);
    case 'softplus':
      return tf.softplus(x);
    case 'softsign':
      return tf.div(x, tf.add(tf.abs(x), 1));
    case 'exponential':
      return tf.exp(x);
    case 'mish':
      return tf.mul(x, tf.tanh(tf.softplus(x)));
    case 'leakyRelu':
      return leaky(c, x, op.alpha ?? 0.2);
    case 'clippedRelu':
      return clippedRelu(c, x, op);
    case 'celu': {
      const alpha = op.alpha ?? 1;
      return tf.add(tf.relu(x), tf.mul(tf.elu(tf.div(tf.minimum(x, 0), alpha)), alpha));
    }
    case 'hardTanh':
      return tf.clipByValue(x, -1, 1);
    case 'logSigmoid':
      return tf.neg(tf.softplus(tf.neg(x)));
    case 'tanhShrink':
      return tf.sub(x, tf.tanh(x));
    case 'softShrink': {
      const by = op.threshold ?? 0.5;
      return tf.sub(tf.relu(tf.sub(x, by)), tf.relu(tf.sub(-by, x)));
    }
    case 'hardShrink':
      return upTo(c, tf.abs(x), op.threshold ?? 0.5, 0, x);
    case 'threshold':
      return upTo(c, x, op.threshold ?? 0, op.alpha ?? 0, x);
    case 'squareplus':
      return tf.mul(tf.add(x, tf.sqrt(tf.add(tf.square(x), op.alpha ?? 4))), 0.5);
    case 'sparsePlus': {
      // the parabola from -1 to 1, the line from there on
      const bent = tf.square(tf.add(tf.clipByValue(x, -1, 1), 1));
      return tf.add(tf.mul(bent, 0.25), tf.relu(tf.sub(x, 1)));
    }
    case 'sparseSigmoid':
      return tf.clipByValue(tf.mul(tf.add(x, 1), 0.5), 0, 1);
    case 'clip':
      return clip(c, x, op);
    case 'abs':
      return tf.abs(x);
    case 'log':
      return tf.log(x);
    case 'log1p':
      return tf.log1p(x);
    case 'expm1':
      return tf.expm1(x);
    case 'erf':
      return tf.erf(x);
    case 'power':
      return power(c, x, op.alpha ?? 1);
    default:
      throw new InputError(`layer ${c.node.layer}: activation ${String(op.activation)} is not known`);
  }
}

/** A constant where `measure` is at most the limit, x elsewhere; tf.greater has no gradient to pass over. */
function upTo(c: OpContext, measure: tfc.Tensor, limit: number, constant: number, x: tfc.Tensor): tfc.Tensor {
  return c.tf.where(c.tf.greaterEqual(limit, measure), c.tf.fill(x.shape, constant), x);
}

/** The values between the limits as they are; where there is one limit alone, no other is made up. */
function clip(c: OpContext, x: tfc.Tensor, { minValue, maxValue }: OpOf<'activation'>): tfc.Tensor {
  const { tf } = c;
  if (minValue !== undefined && maxValue !== undefined) return tf.clipByValue(x, minValue, maxValue);
  if (minValue !== undefined) return tf.maximum(x, minValue);
  return maxValue === undefined ? tf.clone(x) : tf.minimum(x, maxValue);
}

/** Roots and inverses by their own kernels, which are quicker and a little more exact. */
function power(c: OpContext, x: tfc.Tensor, exponent: number): tfc.Tensor {
  const { tf } = c;
  if (exponent === 0.5) return tf.sqrt(x);
  if (exponent === -0.5) return tf.rsqrt(x);
  if (exponent === -1) return tf.reciprocal(x);
  return tf.pow(x, exponent);
}

function leaky(c: OpContext, x: tfc.Tensor, alpha: number): tfc.Tensor {
  return c.tf.leakyRelu(x, alpha);
}

/** Keras' ReLU layer: maxValue from there on, x above the threshold, alpha * (x - threshold) up to it. */
function clippedRelu(c: OpContext, x: tfc.Tensor, op: OpOf<'activation'>): tfc.Tensor {
  const { tf } = c;
  const threshold = op.threshold ?? 0;
  const alpha = op.alpha ?? 0;
  let y: tfc.Tensor;
  if (threshold === 0) y = alpha === 0 ? c.backend.kernels.relu(x) : leaky(c, x, alpha);
  // tf.greater has no gradient to pass over
  else y = tf.where(tf.greaterEqual(threshold, x), tf.mul(tf.sub(x, threshold), alpha), x);
  return op.maxValue === undefined ? y : tf.minimum(y, op.maxValue);
}

/** ONNX has no log1p, and log(1 + x) loses what is small: near 0 by the series of 2 atanh(x / (2 + x)). */
function writeLog1p({ writer, inputs: [{ name: x }] }: ExportContext): string {
  const op = (name: string, ...inputs: string[]): string => writer.node(name, inputs);
  const number = (value: number): string => writer.scalar(value);
  const s = op('Div', x, op('Add', x, number(2)));
  const square = op('Mul', s, s);
  let sum = number(2 / 7);
  for (const n of [5, 3, 1]) sum = op('Add', op('Mul', sum, square), number(2 / n));
  const near = op('Less', op('Abs', x), number(0.25));
  return op('Where', near, op('Mul', sum, s), op('Log', op('Add', x, number(1))));
}

function writeActivation(c: ExportContext, op: OpOf<'activation'>): string {
  const { writer } = c;
  const x = c.inputs[0].name;
  const number = (value: number): string => writer.scalar(value);
  const times = (a: string, b: string): string => writer.node('Mul', [a, b]);
  const plus = (a: string, b: string): string => writer.node('Add', [a, b]);
  const one = (name: string, input = x): string => writer.node(name, [input]);
  const float = (value: number) => ({ float: value });
  switch (op.activation) {
    case 'linear':
      return x;
    case 'relu':
      return one('Relu');
    case 'relu6':
      return writer.node('Clip', [x, number(0), number(6)]);
    case 'sigmoid':
      return one('Sigmoid');
    case 'hardSigmoid':
      return writer.node('HardSigmoid', [x], { alpha: float(0.2), beta: float(0.5) });
    case 'hardSigmoid6':
      return writer.node('HardSigmoid', [x], { alpha: float(1 / 6), beta: float(0.5) });
    case 'tanh':
      return one('Tanh');
    case 'swish':
      return times(x, one('Sigmoid'));
    case 'hardSwish':
      return one('HardSwish');
    case 'gelu': {
      const error = one('Erf', times(x, number(Math.SQRT1_2)));
      return times(times(x, number(0.5)), plus(error, number(1)));
    }
    case 'geluTanh': {
      const cubic = plus(x, times(times(x, times(x, x)), number(0.044715)));
      const bent = one('Tanh', times(cubic, number(Math.sqrt(2 / Math.PI))));
      return times(times(x, number(0.5)), plus(bent, number(1)));
    }
    case 'elu':
      return writer.node('Elu', [x], { alpha: float(op.alpha ?? 1) });
    case 'selu':
      return one('Selu');
    case 'softplus':
      return one('Softplus');
    case 'softsign':
      return one('Softsign');
    case 'exponential':
      return one('Exp');
    case 'mish':
      return times(x, one('Tanh', one('Softplus')));
    case 'leakyRelu':
      return writer.node('LeakyRelu', [x], { alpha: float(op.alpha ?? 0.2) });
    case 'clippedRelu': {
      const alpha = op.alpha ?? 0;
      const threshold = op.threshold ?? 0;
      const below = times(plus(x, number(-threshold)), number(alpha));
      const above = writer.node('Greater', [x, number(threshold)]);
      const y = writer.node('Where', [above, x, below]);
      return op.maxValue === undefined ? y : writer.node('Min', [y, number(op.maxValue)]);
    }
    case 'celu': {
      // ONNX Runtime's own Celu counts in float32 without expm1
      const alpha = op.alpha ?? 1;
      const bent = one('Elu', writer.node('Div', [writer.node('Min', [x, number(0)]), number(alpha)]));
      return plus(one('Relu'), times(bent, number(alpha)));
    }
    case 'hardTanh':
      return writer.node('Clip', [x, number(-1), number(1)]);
    case 'logSigmoid':
      return one('Neg', one('Softplus', one('Neg')));
    case 'tanhShrink':
      return writer.node('Sub', [x, one('Tanh')]);
    case 'softShrink': {
      const by = op.threshold ?? 0.5;
      return writer.node('Shrink', [x], { lambd: float(by), bias: float(by) });
    }
    case 'hardShrink': {
      const within = writer.node('LessOrEqual', [one('Abs'), number(op.threshold ?? 0.5)]);
      return writer.node('Where', [within, number(0), x]);
    }
    case 'threshold': {
      const above = writer.node('Greater', [x, number(op.threshold ?? 0)]);
      return writer.node('Where', [above, x, number(op.alpha ?? 0)]);
    }
    case 'squareplus': {
      const root = one('Sqrt', plus(times(x, x), number(op.alpha ?? 4)));
      return times(plus(x, root), number(0.5));
    }
    case 'sparsePlus': {
      const near = plus(writer.node('Clip', [x, number(-1), number(1)]), number(1));
      return plus(times(times(near, near), number(0.25)), one('Relu', plus(x, number(-1))));
    }
    case 'sparseSigmoid':
      return writer.node('HardSigmoid', [x], { alpha: float(0.5), beta: float(0.5) });
    case 'clip': {
      const { minValue, maxValue } = op;
      if (minValue !== undefined && maxValue !== undefined)
        return writer.node('Clip', [x, number(minValue), number(maxValue)]);
      if (minValue !== undefined) return writer.node('Max', [x, number(minValue)]);
      return maxValue === undefined ? x : writer.node('Min', [x, number(maxValue)]);
    }
    case 'abs':
      return one('Abs');
    case 'log':
      return one('Log');
    case 'log1p':
      return writeLog1p(c);
    case 'expm1':
      // exp(x) - 1 loses what is small; this is the same
      return times(one('Tanh', times(x, number(0.5))), plus(one('Exp'), number(1)));
    case 'erf':
      return one('Erf');
    case 'power': {
      const exponent = op.alpha ?? 1;
      if (exponent === 0.5) return one('Sqrt');
      if (exponent === -0.5) return one('Reciprocal', one('Sqrt'));
      if (exponent === -1) return one('Reciprocal');
      return writer.node('Pow', [x, number(exponent)]);
    }
    default:
      throw new InputError(`layer ${c.node.layer}: activation ${String(op.activation)} is not known`);
  }
}
