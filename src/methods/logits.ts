import type * as tfc from '@tensorflow/tfjs-core';
import type { Graph } from '../graph/types.ts';
import { isBinary } from '../runtime/binary.ts';
import type { Backend } from '../runtime/types.ts';

/** The value of a graph cut at its logits as rows [n, classes]; one unit, behind a sigmoid or bare, counts as two. */
export function logitRows(backend: Backend, graph: Graph, value: tfc.Tensor): tfc.Tensor2D {
  const { tf } = backend;
  const rows = value.rank === 2 ? value : tf.reshape(value, [value.shape[0], -1]);
  if (!isBinary(graph)) return rows as tfc.Tensor2D;
  return tf.concat([tf.zerosLike(rows), rows], 1) as tfc.Tensor2D;
}
