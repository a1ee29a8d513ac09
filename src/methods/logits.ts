import type * as tfc from '@tensorflow/tfjs-core';
import { InputError } from '../graph/errors.ts';
import type { Graph } from '../graph/types.ts';
import { logitsOf } from '../runtime/logits.ts';
import type { Backend } from '../runtime/types.ts';

/**
 * The value of a graph cut at its logits as rows [n, classes]; one unit behind a sigmoid counts as two classes.
 * @throws InputError where one linear unit is all there is
 */
export function logitRows(backend: Backend, graph: Graph, value: tfc.Tensor): tfc.Tensor2D {
  const { tf } = backend;
  const rows = value.rank === 2 ? value : tf.reshape(value, [value.shape[0], -1]);
  if (rows.shape[1] !== 1) return rows as tfc.Tensor2D;
  if (logitsOf(graph).activation !== 'sigmoid')
    throw new InputError('the network has a single linear output, so it is no classifier');
  return tf.concat([tf.zerosLike(rows), rows], 1) as tfc.Tensor2D;
}
