import type * as tfc from '@tensorflow/tfjs-core';
import { InputError } from '../../graph/errors.ts';
import type { OpContext, OpOf } from './context.ts';

export function activation(c: OpContext, op: OpOf<'activation'>): tfc.Tensor {
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

/** Over one per-sample axis. */
export function softmax(c: OpContext, op: OpOf<'softmax' | 'logSoftmax'>): tfc.Tensor {
  const { tf } = c;
  const x = c.inputs[0];
  const last = (x: tfc.Tensor): tfc.Tensor => (op.kind === 'softmax' ? tf.softmax(x) : tf.logSoftmax(x));
  const axis = op.axis < 0 ? x.rank + op.axis : op.axis + 1;
  if (axis === x.rank - 1) return last(x);
  const perm = x.shape.map((_, i) => i);
  [perm[axis], perm[x.rank - 1]] = [perm[x.rank - 1], perm[axis]];
  return tf.transpose(last(tf.transpose(x, perm)), perm);
}

export function glu(c: OpContext, op: OpOf<'glu'>): tfc.Tensor {
  const [value, gate] = c.tf.split(c.inputs[0], 2, op.axis + 1);
  return c.tf.mul(value, c.tf.sigmoid(gate));
}

export function prelu(c: OpContext): tfc.Tensor {
  const alpha = c.param('alpha');
  if (!alpha) throw new InputError(`layer ${c.node.layer}: a PReLU without slopes`);
  return c.tf.prelu(c.inputs[0], alpha);
}
