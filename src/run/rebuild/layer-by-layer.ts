import { statisticsOverChannels } from '../../graph/channels.ts';
import type { Random } from '../../graph/random.ts';
import { inferShapes, sizeOf } from '../../graph/shapes.ts';
import { gatherAxes, zeroAlong } from '../../graph/slices.ts';
import { positionsOf, zeroRemoved } from '../../graph/surgery.ts';
import type { AxisChannels, Dependencies, Graph, Shape, Weights } from '../../graph/types.ts';
import { alone } from '../../runtime/scoring/alone.ts';
import { largestDifference } from '../../runtime/training/conditioning.ts';
import type { KeptChannels } from '../../terms/candidates.ts';

type Predict = (
  graph: Graph,
  weights: Weights,
  inputs: readonly Float32Array[],
  n: number,
) => readonly Float32Array[];

/**
 * Holds every layer of a pruned network against the same layer of the original whose removed channels are zero, each by
 * itself and on inputs of its own: no layer's rounding reaches the next, so that also networks which blow theirs up are
 * judged to the last bits.
 * @returns the largest difference, as a share of the largest value, and the layer that has it
 */
export function layerByLayer(
  { graph, weights }: { readonly graph: Graph; readonly weights: Weights },
  narrow: { readonly graph: Graph; readonly weights: Weights },
  dependencies: Dependencies,
  kept: KeptChannels,
  predict: Predict,
  random: Random,
): { difference: number; layer: string } {
  const shapes = inferShapes(graph);
  const narrowShapes = inferShapes(narrow.graph);
  const zeroed = zeroRemoved(graph, weights, dependencies, kept);
  const over = new Set(statisticsOverChannels(graph, dependencies));
  const cut = positionsOf(kept);
  const sliced = (id: string, data: Float32Array) => {
    const axes = dependencies.values[id];
    return gatherAxes(
      data,
      shapes[id],
      shapes[id].map((_, a) => cut(axes[a])),
    );
  };
  let worst = { difference: 0, layer: '' };
  graph.nodes.forEach((node, i) => {
    // a statistic over channels is another one without some of them
    if (node.op.kind === 'input' || over.has(node.layer)) return;
    const whole = alone(graph, node, shapes);
    const small = alone(narrow.graph, narrow.graph.nodes[i], narrowShapes);
    const inputs = whole.inputs.map((id) =>
      withoutRemoved(random, shapes[id], dependencies.values[id], (axis) => cut(axis)),
    );
    const [right] = predict(whole, zeroed, inputs, 1);
    const [found] = predict(
      small,
      narrow.weights,
      inputs.map((x, k) => sliced(whole.inputs[k], x)),
      1,
    );
    const difference = largestDifference([sliced(node.id, right)], [found]);
    if (!(difference <= worst.difference)) worst = { difference, layer: node.layer };
  });
  return worst;
}

/** Normal numbers, with zeros where channels are removed. */
function withoutRemoved(
  random: Random,
  shape: Shape,
  axes: readonly (AxisChannels | null)[],
  cut: (axis: AxisChannels | null) => Int32Array | null,
): Float32Array {
  const data = Float32Array.from({ length: sizeOf(shape) }, () => random.normal());
  shape.forEach((size, a) => {
    const stay = cut(axes[a]);
    if (!stay) return;
    const removed = new Uint8Array(size).fill(1);
    for (const p of stay) removed[p] = 0;
    zeroAlong(data, shape, a, removed);
  });
  return data;
}
