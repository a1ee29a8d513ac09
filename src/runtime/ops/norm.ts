import type * as tfc from '@tensorflow/tfjs-core';
import { InputError } from '../../graph/errors.ts';
import type { OpContext, OpOf } from './context.ts';

/** A batch norm whose gamma and beta the source froze runs on its moving statistics also in training, as in Keras. */
function frozen(c: OpContext): boolean {
  const states = [c.trainable('gamma'), c.trainable('beta')].filter((s) => s !== undefined);
  return states.length > 0 && states.every((s) => !s);
}

export function batchNorm(c: OpContext, op: OpOf<'batchNorm'>): tfc.Tensor {
  const { tf } = c;
  const x = c.inputs[0];
  const channels = x.shape[x.rank - 1];
  // never left out: TensorFlow.js' gradient of a batch norm without a scale fails
  const gamma = (c.param('gamma') ?? tf.ones([channels])) as tfc.Tensor1D;
  const beta = (c.param('beta') ?? tf.zeros([channels])) as tfc.Tensor1D;
  if (c.mode.training && (c.mode.thawBatchNorm || !frozen(c))) {
    const { y, mean, variance } = c.backend.kernels.batchNorm(x, gamma, beta, op.epsilon);
    if (c.mode.onBatchStats) c.mode.onBatchStats(c.node, mean, variance);
    else tf.dispose([mean, variance]);
    return y;
  }
  const mean = c.param('mean') as tfc.Tensor1D | undefined;
  const variance = c.param('variance') as tfc.Tensor1D | undefined;
  if (!mean || !variance)
    throw new InputError(`layer ${c.node.layer}: a batch norm without moving statistics`);
  if (x.rank >= 2 && x.rank <= 4)
    return tf.batchNorm(x as tfc.Tensor4D, mean, variance, beta, gamma, op.epsilon);
  const rows = tf.reshape(x, [-1, channels]) as tfc.Tensor2D;
  return tf.reshape(tf.batchNorm2d(rows, mean, variance, beta, gamma, op.epsilon), x.shape);
}

export function layerNorm(c: OpContext, op: OpOf<'layerNorm'>): tfc.Tensor {
  const { tf } = c;
  const x = c.inputs[0];
  const axes = op.axes.map((a) => a + 1);
  let y: tfc.Tensor;
  if (op.rms) y = tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), axes, true), op.epsilon)));
  else {
    const { mean, variance } = tf.moments(x, axes, true);
    y = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, op.epsilon)));
  }
  // gamma and beta have the shape of the normalised axes alone
  const shape = x.shape.map((n, i) => (axes.includes(i) ? n : 1));
  const gamma = c.param('gamma');
  const beta = c.param('beta');
  if (gamma) y = tf.mul(y, tf.reshape(gamma, shape));
  if (beta) y = tf.add(y, tf.reshape(beta, shape));
  return y;
}

export function groupNorm(c: OpContext, op: OpOf<'groupNorm'>): tfc.Tensor {
  const { tf } = c;
  const x = c.inputs[0];
  // by the tensor, which may be narrower than when the graph was read
  const channels = x.shape[x.rank - 1];
  const groups = op.fixed === 'groups' ? op.count : channels / op.count;
  const parted = tf.reshape(x, [x.shape[0], -1, groups, channels / groups]);
  const { mean, variance } = tf.moments(parted, [1, 3], true);
  let y = tf.mul(tf.sub(parted, mean), tf.rsqrt(tf.add(variance, op.epsilon)));
  y = tf.reshape(y, x.shape);
  const gamma = c.param('gamma');
  const beta = c.param('beta');
  if (gamma) y = tf.mul(y, gamma);
  return beta ? tf.add(y, beta) : y;
}

export function unitNorm(c: OpContext, op: OpOf<'unitNorm'>): tfc.Tensor {
  const { tf } = c;
  const x = c.inputs[0];
  const axes = op.axes.map((a) => a + 1);
  const squares = tf.sum(tf.square(x), axes, true);
  return tf.mul(x, tf.rsqrt(tf.maximum(squares, op.least ** 2)));
}

export function affine(c: OpContext, op: OpOf<'affine'>): tfc.Tensor {
  const { tf } = c;
  const scaled = tf.mul(c.inputs[0], tf.tensor1d([...op.scale], 'float32'));
  return tf.add(scaled, tf.tensor1d([...op.offset], 'float32'));
}

/** Least deviation that a Normalization layer divides by: Keras' epsilon. */
export const LEAST_DEVIATION = 1e-7;

export function normalize(c: OpContext, op: OpOf<'normalize'>): tfc.Tensor {
  const { tf } = c;
  const x = c.inputs[0];
  const shape = x.shape.map((n, i) => (op.axes.includes(i - 1) ? n : 1));
  const constant = (role: string): tfc.Tensor => {
    const tensor = c.param(role);
    if (!tensor) throw new InputError(`layer ${c.node.layer}: a normalisation without ${role}`);
    return tf.reshape(tensor, shape);
  };
  const deviation = tf.maximum(tf.sqrt(constant('variance')), LEAST_DEVIATION);
  const mean = constant('mean');
  return op.invert ? tf.add(tf.mul(x, deviation), mean) : tf.div(tf.sub(x, mean), deviation);
}

export function scale(c: OpContext): tfc.Tensor {
  const gamma = c.param('gamma');
  if (!gamma) throw new InputError(`layer ${c.node.layer}: a scale without gamma`);
  return c.tf.mul(c.inputs[0], gamma);
}
