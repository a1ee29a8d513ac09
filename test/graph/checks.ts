import { expect } from 'vitest';
import { architectureOf, fullArchitecture } from '../../src/graph/architecture.ts';
import { costModel, layerCosts } from '../../src/graph/cost.ts';
import { findGroups } from '../../src/graph/channels.ts';
import { inferShapes, sizeOf } from '../../src/graph/shapes.ts';
import { narrowGraph, permuteChannels, prune, zeroRemoved } from '../../src/graph/surgery.ts';
import { execute } from '../support/reference-executor.ts';
import type { Random } from '../../src/graph/random.ts';
import type { Dependencies, Graph, Weights } from '../../src/graph/types.ts';
import type { ReferenceValue } from '../support/reference-executor.ts';
import type { KeptChannels } from '../../src/terms/candidates.ts';

/** A random, non-empty choice of channels of every group; about this share of them. */
export function randomKept(dependencies: Dependencies, random: Random, share = 0.5): KeptChannels {
  return dependencies.groups.map((g) => {
    const all = Array.from({ length: g.size }, (_, c) => c);
    if (g.frozen !== undefined) return all;
    const width = Math.max(1, Math.min(g.size - 1, Math.round(g.size * share)));
    return random
      .shuffle(all)
      .slice(0, width)
      .sort((a, b) => a - b);
  });
}

export function randomInputs(graph: Graph, random: Random): ReferenceValue[] {
  const shapes = inferShapes(graph);
  return graph.inputs.map((id) => {
    const data = Float32Array.from({ length: sizeOf(shapes[id]) }, () => random.normal());
    return { shape: shapes[id], data };
  });
}

/** Largest difference of two outputs, relative to the largest number in them. */
export function difference(a: readonly ReferenceValue[], b: readonly ReferenceValue[]): number {
  let worst = 0;
  a.forEach((value, i) => {
    expect(b[i].shape).toEqual(value.shape);
    let scale = 1e-6;
    let far = 0;
    for (let k = 0; k < value.data.length; k++) {
      scale = Math.max(scale, Math.abs(value.data[k]), Math.abs(b[i].data[k]));
      const d = Math.abs(value.data[k] - b[i].data[k]);
      if (!(d <= far)) far = d;
    }
    if (!(far / scale <= worst)) worst = far / scale;
  });
  return worst;
}

/** The pruned network equals the original with the removed channels held at zero. */
export function prunedEqualsZeroed(
  graph: Graph,
  weights: Weights,
  dependencies: Dependencies,
  kept: KeptChannels,
  inputs: readonly ReferenceValue[],
): void {
  const pruned = prune(graph, weights, dependencies, kept);
  const zeroed = zeroRemoved(graph, weights, dependencies, kept);
  const small = execute(pruned.graph, pruned.weights, inputs);
  const large = execute(graph, zeroed, inputs, { dependencies, kept });
  // an output in the middle of the network is narrower: compare what is left of it
  const cut = large.map((value, i) => keepOnly(value, graph.outputs[i], dependencies, kept));
  expect(difference(small, cut)).toBeLessThan(1e-4);
}

function keepOnly(
  value: ReferenceValue,
  id: string,
  dependencies: Dependencies,
  kept: KeptChannels,
): ReferenceValue {
  const axis = dependencies.values[id].at(-1);
  if (!axis) return value;
  const n = value.shape[value.shape.length - 1];
  const stays = (c: number) => axis.group[c] < 0 || kept[axis.group[c]].includes(axis.channel[c]);
  const data = Array.from(value.data).filter((_, i) => stays(i % n));
  const width = Array.from({ length: n }, (_, c) => c).filter(stays).length;
  return { shape: [...value.shape.slice(0, -1), width], data };
}

/** Another order of the channels inside each group, everywhere alike, leaves the network's outputs. */
export function permutationLeavesOutputs(
  graph: Graph,
  weights: Weights,
  dependencies: Dependencies,
  random: Random,
  inputs: readonly ReferenceValue[],
): void {
  const inside = new Set(
    graph.outputs.flatMap((id) => Array.from(dependencies.values[id].at(-1)?.group ?? [])),
  );
  const orders = dependencies.groups.map((g) => {
    const order = Array.from({ length: g.size }, (_, c) => c);
    // outputs keep their order; other frozen groups may be interchangeable or not (softmax is, a reshape isn't)
    return g.frozen === undefined && !inside.has(g.index) ? random.shuffle(order) : order;
  });
  const permuted = permuteChannels(graph, weights, dependencies, orders);
  expect(difference(execute(graph, weights, inputs), execute(graph, permuted, inputs))).toBeLessThan(1e-4);
}

/** Costs of an architecture are those of the network that is really narrow. */
export function costsAgree(graph: Graph, dependencies: Dependencies, kept: KeptChannels): void {
  const narrow = narrowGraph(graph, dependencies, kept);
  const architecture = architectureOf(dependencies, kept);
  const alone = findGroups(narrow);
  const cost = costModel(graph, dependencies)(architecture);
  expect(cost).toEqual(costModel(narrow, alone)(fullArchitecture(alone)));
  const params = Object.values(narrow.params).reduce((n, p) => n + sizeOf(p.shape), 0);
  expect(cost.params).toBe(params);
  const layers = layerCosts(graph, dependencies, architecture);
  expect(layers.reduce((n, l) => n + l.macs, 0)).toBe(cost.macs);
  expect(layers.reduce((n, l) => n + l.params, 0)).toBe(cost.params);
  const shapes = inferShapes(narrow);
  for (const layer of layers) expect(layer.outputShape).toEqual(shapes[layer.node]);
}
