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
    default:
      throw new InputError(`layer ${c.node.layer}: activation ${String(op.activation)} is not known`);
  }
}

function leaky(c: OpContext, x: tfc.Tensor, alpha: number): tfc.Tensor {
  return c.tf.leakyRelu(x, alpha);
}

/** Keras' ReLU layer: maxValue from there on, x from the threshold on, alpha * (x - threshold) below. */
function clippedRelu(c: OpContext, x: tfc.Tensor, op: OpOf<'activation'>): tfc.Tensor {
  const { tf } = c;
  const threshold = op.threshold ?? 0;
  const alpha = op.alpha ?? 0;
  let y: tfc.Tensor;
  if (threshold === 0) y = alpha === 0 ? c.backend.kernels.relu(x) : leaky(c, x, alpha);
  else y = tf.where(tf.greaterEqual(x, threshold), x, tf.mul(tf.sub(x, threshold), alpha));
  return op.maxValue === undefined ? y : tf.minimum(y, op.maxValue);
}

/** Over one per-sample axis. */
export function softmax(c: OpContext, op: OpOf<'softmax'>): tfc.Tensor {
  const { tf } = c;
  const x = c.inputs[0];
  const axis = op.axis < 0 ? x.rank + op.axis : op.axis + 1;
  if (axis === x.rank - 1) return tf.softmax(x);
  const perm = x.shape.map((_, i) => i);
  [perm[axis], perm[x.rank - 1]] = [perm[x.rank - 1], perm[axis]];
  return tf.transpose(tf.softmax(tf.transpose(x, perm)), perm);
}

export function prelu(c: OpContext): tfc.Tensor {
  const alpha = c.param('alpha');
  if (!alpha) throw new InputError(`layer ${c.node.layer}: a PReLU without slopes`);
  return c.tf.prelu(c.inputs[0], alpha);
}
