import { specOf } from '../../graph/ops/index.ts';
import { fanIn, fanOut, madeChannels } from '../../graph/op-facts.ts';
import { Random } from '../../graph/random.ts';
import { sizeOf } from '../../graph/shapes.ts';
import type { Graph, Weights } from '../../graph/types.ts';

/**
 * Fresh weights for every parameter: convolutions He-normal over the fan-out (He et al. 2015, as ResNets are trained),
 * dense layers Glorot-uniform, batch norm 1, 0, 0, 1, biases 0. Each parameter draws from a generator of its own, so
 * that a layer more elsewhere leaves it as it is.
 * @param constants of the network: what a Normalization layer was adapted to belongs to the images, and is never learnt
 */
export function initialise(graph: Graph, seed: number, constants?: Weights): Weights {
  const weights = new Map<string, Float32Array>();
  for (const node of graph.nodes)
    for (const [role, id] of Object.entries(node.params)) {
      if (weights.has(id)) continue;
      const shape = graph.params[id].shape;
      const values = new Float32Array(sizeOf(shape));
      weights.set(id, values);
      const { kernel, [role]: param } = specOf(node.op).params;
      const given = param?.kept === 'constant' ? constants?.get(id) : undefined;
      if (given) values.set(given);
      else if (param?.start === 1) values.fill(1);
      if (role !== 'kernel' || !kernel) continue;
      const random = new Random(seed).fork(id);
      if (!kernel.window) {
        const limit = Math.sqrt(6 / (fanIn(kernel, shape) + madeChannels(kernel, shape).count));
        for (let i = 0; i < values.length; i++) values[i] = limit * (2 * random.uniform() - 1);
      } else {
        const deviation = Math.sqrt(2 / fanOut(kernel, shape));
        for (let i = 0; i < values.length; i++) values[i] = deviation * random.normal();
      }
    }
  return weights;
}
