import type * as tfc from '@tensorflow/tfjs-core';
import { channelAxis } from '../../graph/ops/rules/layout.ts';
import { Random } from '../../graph/random.ts';
import { sizeOf } from '../../graph/shapes.ts';
import type { Graph, Shape } from '../../graph/types.ts';
import type { Tf } from '../types.ts';

/**
 * What inverted dropout multiplies a batch with, by node id: 0 or 1 / (1 - rate), [n, ...shape], or [n, 1, ..., C] where
 * whole channels are dropped; `shapes` are the graph's own. Drawn from the seed and the node's place: the same on
 * every backend and after a resume.
 */
export function dropoutMasks(
  tf: Tf,
  graph: Graph,
  shapes: Readonly<Record<string, Shape>>,
  n: number,
  seed: number,
): Map<string, tfc.Tensor> {
  const masks = new Map<string, tfc.Tensor>();
  graph.nodes.forEach(({ id, op }, index) => {
    if (op.kind !== 'dropout' || op.rate === 0) return;
    const channels = channelAxis(shapes[id].length);
    const shape = [n, ...shapes[id].map((size, axis) => (op.spatial && axis !== channels ? 1 : size))];
    const random = new Random(seed).fork(`dropout ${index}`);
    const limit = op.rate * 0x100000000;
    const kept = 1 / (1 - op.rate);
    const values = new Float32Array(sizeOf(shape));
    for (let i = 0; i < values.length; i++) if (random.uint32() >= limit) values[i] = kept;
    masks.set(id, tf.tensor(values, shape));
  });
  return masks;
}
