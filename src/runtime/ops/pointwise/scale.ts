import type * as tfc from '@tensorflow/tfjs-core';
import { InputError } from '../../../graph/errors.ts';
import { constantLike, scaleAndShift, vector } from '../../onnx/constants.ts';
import type { ExportContext } from '../../onnx/layout.ts';
import type { OpContext, OpOf, OpRun } from '../context.ts';

export const scale: OpRun<'scale'> = {
  run: runScale,
  onnx: (c) => c.writer.node('Mul', [c.inputs[0].name, vector(c, c.param('gamma')!.values)]),
};

export const affine: OpRun<'affine'> = {
  run: runAffine,
  onnx: (c, op) => scaleAndShift(c, op.scale, op.offset),
};

export const normalize: OpRun<'normalize'> = { run: runNormalize, onnx: writeNormalize };

function runScale(c: OpContext): tfc.Tensor {
  const gamma = c.param('gamma');
  if (!gamma) throw new InputError(`layer ${c.node.layer}: a scale without gamma`);
  return c.tf.mul(c.inputs[0], gamma);
}

function runAffine(c: OpContext, op: OpOf<'affine'>): tfc.Tensor {
  const { tf } = c;
  const scaled = tf.mul(c.inputs[0], tf.tensor1d([...op.scale], 'float32'));
  return tf.add(scaled, tf.tensor1d([...op.offset], 'float32'));
}

/** Least deviation that a Normalization layer divides by: Keras' epsilon. */
const LEAST_DEVIATION = 1e-7;

function runNormalize(c: OpContext, op: OpOf<'normalize'>): tfc.Tensor {
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

function writeNormalize(c: ExportContext, op: OpOf<'normalize'>): string {
  const { writer } = c;
  const shape = c.shape.map((d, a) => (op.axes.includes(a) ? d : 1));
  const constant = (values: Float32Array) => constantLike(c, values, shape);
  const mean = constant(c.param('mean')!.values);
  const variance = c.param('variance')!.values;
  const deviation = constant(variance.map((v) => Math.max(Math.sqrt(v), LEAST_DEVIATION)));
  const x = c.inputs[0].name;
  return op.invert
    ? writer.node('Add', [writer.node('Mul', [x, deviation]), mean])
    : writer.node('Div', [writer.node('Sub', [x, mean]), deviation]);
}
