import type * as tfc from '@tensorflow/tfjs-core';
import { InputError } from '../../graph/errors.ts';
import { activation, glu, prelu, softmax } from './activation.ts';
import type { OpContext } from './context.ts';
import { conv2d, conv2dTranspose, dense, depthwiseConv2d } from './conv.ts';
import { concat, merge } from './merge.ts';
import { affine, batchNorm, groupNorm, layerNorm, normalize, scale, unitNorm } from './norm.ts';
import { globalPool, pool, reduce } from './pool.ts';
import { resize } from './resize.ts';
import { crop, dropout, flatten, permute, reshape, upsample, zeroPad } from './shape.ts';

/** Runs one node. The result is always a tensor of its own, never an input. */
export function runOp(c: OpContext): tfc.Tensor {
  const { op } = c.node;
  switch (op.kind) {
    case 'conv2d':
      return conv2d(c, op);
    case 'depthwiseConv2d':
      return depthwiseConv2d(c, op);
    case 'conv2dTranspose':
      return conv2dTranspose(c, op);
    case 'dense':
      return dense(c);
    case 'batchNorm':
      return batchNorm(c, op);
    case 'layerNorm':
      return layerNorm(c, op);
    case 'groupNorm':
      return groupNorm(c, op);
    case 'unitNorm':
      return unitNorm(c, op);
    case 'normalize':
      return normalize(c, op);
    case 'scale':
      return scale(c);
    case 'affine':
      return affine(c, op);
    case 'activation':
      return activation(c, op);
    case 'glu':
      return glu(c, op);
    case 'softmax':
    case 'logSoftmax':
      return softmax(c, op);
    case 'prelu':
      return prelu(c);
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'maximum':
    case 'minimum':
    case 'average':
      return merge(c, op);
    case 'concat':
      return concat(c, op);
    case 'flatten':
      return flatten(c);
    case 'reshape':
      return reshape(c, op);
    case 'permute':
      return permute(c, op);
    case 'maxPool':
    case 'avgPool':
      return pool(c, op);
    case 'globalAvgPool':
    case 'globalMaxPool':
      return globalPool(c, op);
    case 'zeroPad':
      return zeroPad(c, op);
    case 'crop':
      return crop(c, op);
    case 'upsample':
      return upsample(c, op);
    case 'resize':
      return resize(c, op);
    case 'reduce':
      return reduce(c, op);
    case 'dropout':
      return dropout(c);
    case 'identity':
      return c.tf.clone(c.inputs[0]);
    case 'opaque':
      throw new InputError(
        `layer ${c.node.layer} (${op.what}) is not known to Espalier, so this network can't be executed`,
      );
    case 'input':
      throw new InputError(`input ${c.node.id} is not among the graph's inputs`);
  }
}
