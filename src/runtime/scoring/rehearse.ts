import type * as tfc from '@tensorflow/tfjs-core';
import { InputError } from '../../graph/errors.ts';
import { inferShapes } from '../../graph/shapes.ts';
import type { Graph, Weights } from '../../graph/types.ts';
import { alone } from './alone.ts';
import { forward } from '../forward.ts';
import type { Backend } from '../types.ts';

/**
 * Tries every layer by itself, forwards and backwards, on zeros, so that what the backend at hand can't compute is said
 * before a run starts and not in the middle of it. Takes about as long as two steps of a batch of two.
 * @throws InputError that names the first layer without a kernel
 */
export function rehearse(backend: Backend, graph: Graph, weights: Weights): void {
  const { tf } = backend;
  const shapes = inferShapes(graph);
  for (const node of graph.nodes) {
    if (node.op.kind === 'input') continue;
    const own = alone(graph, node, shapes);
    const ids = Object.values(node.params);
    try {
      tf.tidy(() => {
        const xs = own.inputs.map((id) => tf.zeros([2, ...shapes[id]]));
        const params = ids.map((id) => tf.tensor(weights.get(id)!.slice(), [...graph.params[id].shape]));
        const run = (...all: tfc.Tensor[]): tfc.Tensor => {
          const param = (id: string): tfc.Tensor => all[xs.length + ids.indexOf(id)];
          const [y] = forward(backend, own, param, all.slice(0, xs.length), { training: true });
          // moving statistics take no part, and a gradient is wanted of all
          return all.reduce((sum, t) => tf.add(sum, tf.mul(tf.sum(t), 0)), tf.sum(y));
        };
        const { value, grads } = tf.valueAndGrads(run)([...xs, ...params]);
        for (const t of [value, ...grads]) t.dataSync();
      });
    } catch (error) {
      if (error instanceof InputError) throw error;
      const reason = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim();
      const cure = backend.name === 'wasm' ? '' : '; --backend wasm may have what it lacks';
      throw new InputError(
        `layer ${node.layer}: the ${backend.name} backend can't compute or train this ${node.op.kind} (${reason})${cure}`,
      );
    }
  }
}
