import type * as tfc from '@tensorflow/tfjs-core';
import type { Dependencies, Graph, Weights } from '../../graph/types.ts';
import { Breather } from '../../runtime/breathe.ts';
import { forward } from '../../runtime/forward.ts';
import { aimedGraph, aimsOf, lossOf, targetsOf } from '../../runtime/losses.ts';
import type { Backend, Batch } from '../../runtime/types.ts';
import type { Importance } from './importance.ts';
import { gather, importanceOf } from './importance.ts';
import type { Place } from './places.ts';
import { ownedPlaces } from './places.ts';

/**
 * First-order Taylor importance (Molchanov et al. 2017, 2019): how much the loss would change, to first order, were a
 * weight zero: |w dL/dw|, summed over all weights that a channel owns in all places of its group, averaged over the
 * images. All places are in the loss's unit, so nothing is normalised. Gradients are those of the network as it
 * predicts, with its moving statistics: under batch statistics a filter's own scale has no gradient at all.
 *
 * The loss is that of the output that labels are of: towards its own answers a network has no gradient. Groups that only
 * other outputs read are ranked by their filters' L1 norm, and named in `warnings`.
 */
export async function taylorImportance(
  backend: Backend,
  graph: Graph,
  dependencies: Dependencies,
  weights: Weights,
  batches: AsyncIterable<Batch>,
): Promise<{ importance: Importance; warnings: string[] }> {
  const { tf } = backend;
  const aims = aimsOf(graph, false);
  const cut = aimedGraph(graph, aims);
  const places = ownedPlaces(cut, dependencies);
  const totals = new Map(places.map((p) => [p.param, new Float32Array(weights.get(p.param)!.length)]));
  const tensors = new Map<string, tfc.Variable>();
  for (const param of Object.values(cut.params))
    tensors.set(
      param.id,
      tf.tidy(() => tf.variable(tf.tensor(weights.get(param.id)!.slice(), [...param.shape]))),
    );
  let images = 0;
  const breather = new Breather();
  const list = places.map((p) => tensors.get(p.param)!);
  try {
    for await (const batch of batches) {
      await breather.breathe();
      tf.tidy(() => add(batch));
    }
  } finally {
    for (const tensor of tensors.values()) tensor.dispose();
  }
  for (const total of totals.values()) total.forEach((v, i) => (total[i] = v / Math.max(images, 1)));
  const importance = gather(dependencies, totals, places, alongAxis, false);
  const reached = new Set(places.flatMap(({ channels }) => [...channels.group]));
  const beyond = dependencies.groups.filter(
    ({ frozen, index }) => frozen === undefined && !reached.has(index),
  );
  if (beyond.length === 0) return { importance, warnings: [] };
  const rest = importanceOf(graph, dependencies, weights, 'l1').importance;
  return {
    importance: importance.map((values, g) => (reached.has(g) ? values : rest[g])),
    warnings: [
      `labels say nothing of these, so they are ranked by the filters' L1 norm instead: ${beyond.map(({ id }) => id).join(', ')}`,
    ],
  };

  function add(batch: Batch): void {
    images += batch.n;
    const op = cut.nodes.find((node) => node.id === cut.inputs[0])!.op;
    const shape = op.kind === 'input' ? op.shape : [];
    const { grads } = tf.variableGrads(() => {
      const x = tf.tensor(batch.x, [batch.n, ...shape]);
      const mode = { training: false, gradients: true };
      const values = forward(backend, cut, (id) => tensors.get(id)!, [x], mode);
      const { rows, weights } = targetsOf(aims, batch, 0);
      const targets = rows.map(({ values, shape }) => tf.tensor2d(values, shape));
      return lossOf(backend, aims, values, targets, weights);
    }, list);
    places.forEach(({ param }, i) => {
      const product = tf.abs(tf.mul(list[i], grads[list[i].name])).dataSync<'float32'>();
      const total = totals.get(param)!;
      for (let k = 0; k < total.length; k++) total[k] += product[k] * batch.n;
    });
  }
}

function alongAxis(values: Float32Array, { shape, axis }: Place): Float64Array {
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const result = new Float64Array(shape[axis]);
  for (let i = 0; i < values.length; i++) result[Math.floor(i / inner) % shape[axis]] += values[i];
  return result;
}
