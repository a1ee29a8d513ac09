import type * as tfc from '@tensorflow/tfjs-core';
import { InputError } from '../../../graph/errors.ts';
import { sizeOf } from '../../../graph/shapes.ts';
import { batchNormScale } from '../../onnx/fold.ts';
import { constantLike, scaleAndShift, vector } from '../../onnx/constants.ts';
import { axisOf } from '../../onnx/layout.ts';
import type { ExportContext } from '../../onnx/layout.ts';
import type { OpContext, OpOf, OpRun } from '../context.ts';

export const batchNorm: OpRun<'batchNorm'> = { run: runBatchNorm, onnx: writeBatchNorm };

export const layerNorm: OpRun<'layerNorm'> = { run: runLayerNorm, onnx: writeLayerNorm };

export const groupNorm: OpRun<'groupNorm'> = { run: runGroupNorm, onnx: writeGroupNorm };

export const unitNorm: OpRun<'unitNorm'> = { run: runUnitNorm, onnx: writeUnitNorm };

/** A batch norm whose gamma and beta the source froze runs on its moving statistics also in training, as in Keras. */
function frozen(c: OpContext): boolean {
  const states = [c.trainable('gamma'), c.trainable('beta')].filter((s) => s !== undefined);
  return states.length > 0 && states.every((s) => !s);
}

function runBatchNorm(c: OpContext, op: OpOf<'batchNorm'>): tfc.Tensor {
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

function writeBatchNorm(c: ExportContext, op: OpOf<'batchNorm'>): string {
  const weights = new Map(Object.entries(c.node.params).map(([role, id]) => [id, c.param(role)!.values]));
  const { scale, shift } = batchNormScale(c.node, op.epsilon, weights);
  return scaleAndShift(c, scale, shift);
}

function runLayerNorm(c: OpContext, op: OpOf<'layerNorm'>): tfc.Tensor {
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

function writeLayerNorm(c: ExportContext, { axes, epsilon, rms }: OpOf<'layerNorm'>): string {
  const { writer } = c;
  const rank = c.shape.length;
  const over = axes.map((a) => axisOf(rank, a));
  const x = c.inputs[0].name;
  const mean = (name: string): string => writer.node('ReduceMean', [name], { axes: over, keepdims: 1 });
  const centred = rms ? x : writer.node('Sub', [x, mean(x)]);
  const variance = mean(writer.node('Mul', [centred, centred]));
  const deviation = writer.node('Sqrt', [writer.node('Add', [variance, writer.scalar(epsilon)])]);
  let y = writer.node('Div', [centred, deviation]);
  for (const [role, op] of [
    ['gamma', 'Mul'],
    ['beta', 'Add'],
  ]) {
    const param = c.param(role);
    if (!param) continue;
    const shape = c.shape.map((d, a) => (axes.includes(a) ? d : 1));
    y = writer.node(op, [y, constantLike(c, param.values, shape)]);
  }
  return y;
}

function runGroupNorm(c: OpContext, op: OpOf<'groupNorm'>): tfc.Tensor {
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

/** Each group as one channel of an instance norm. */
function writeGroupNorm(c: ExportContext, op: OpOf<'groupNorm'>): string {
  const { writer, shape } = c;
  const channels = shape[shape.length - 1];
  const groups = op.fixed === 'groups' ? op.count : channels / op.count;
  const size = sizeOf(shape);
  const parts = (name: string, to: readonly number[]): string =>
    writer.node('Reshape', [name, writer.ints([-1, ...to])]);
  const normal = (name: string): string =>
    writer.node(
      'InstanceNormalization',
      [
        name,
        writer.floats(new Float32Array(groups).fill(1), [groups]),
        writer.floats(new Float32Array(groups), [groups]),
      ],
      { epsilon: { float: op.epsilon } },
    );
  const [x] = c.inputs;
  let y: string;
  if (shape.length === 1) y = parts(normal(parts(x.name, [groups, size / groups])), shape);
  else if (shape.length === 3) {
    const [h, w] = shape;
    y = parts(normal(parts(x.name, [groups, size / groups])), [channels, h, w]);
  } else {
    // channels lie last: groups first, and back
    const places = size / channels;
    const turned = writer.node('Transpose', [parts(x.name, [places, groups, channels / groups])], {
      perm: [0, 2, 1, 3],
    });
    const done = parts(normal(parts(turned, [groups, size / groups])), [groups, places, channels / groups]);
    y = parts(writer.node('Transpose', [done], { perm: [0, 2, 1, 3] }), shape);
  }
  const gamma = c.param('gamma');
  const beta = c.param('beta');
  if (gamma) y = writer.node('Mul', [y, vector(c, gamma.values)]);
  return beta ? writer.node('Add', [y, vector(c, beta.values)]) : y;
}

function runUnitNorm(c: OpContext, op: OpOf<'unitNorm'>): tfc.Tensor {
  const { tf } = c;
  const x = c.inputs[0];
  const axes = op.axes.map((a) => a + 1);
  const squares = tf.sum(tf.square(x), axes, true);
  return tf.mul(x, tf.rsqrt(tf.maximum(squares, op.least ** 2)));
}

function writeUnitNorm(c: ExportContext, { axes, least }: OpOf<'unitNorm'>): string {
  const { writer } = c;
  const x = c.inputs[0].name;
  const over = writer.ints(axes.map((a) => axisOf(c.shape.length, a)));
  const squares = writer.node('ReduceSum', [writer.node('Mul', [x, x]), over], { keepdims: 1 });
  const norm = writer.node('Sqrt', [writer.node('Max', [squares, writer.scalar(least ** 2)])]);
  return writer.node('Div', [x, norm]);
}
