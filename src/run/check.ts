import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { findGroups, statisticsOverChannels } from '../graph/channels.ts';
import { InputError } from '../graph/errors.ts';
import { Random } from '../graph/random.ts';
import { permuteChannels, prune, zeroRemoved } from '../graph/surgery.ts';
import type { Dependencies, Graph, KeptChannels, Weights } from '../graph/types.ts';
import type { LoadedModel } from '../formats/types.ts';
import { outputs } from './result.ts';

/** Two outputs that differ by more than this share of the largest value are not the same. */
export const tolerance = 1e-4;

export interface CheckResult {
  readonly name: 'pruned equals zeroed' | 'permutation' | 'reload';
  /** largest difference, as a share of the largest value */
  readonly difference: number;
  readonly ok: boolean;
  /** why it says nothing here */
  readonly skipped?: string;
}

export interface CheckServices {
  /** every output of a network for n inputs */
  predict(graph: Graph, weights: Weights, inputs: readonly Float32Array[], n: number): Float32Array[];
  loadModel(path: string): Promise<LoadedModel>;
  saveModel(source: LoadedModel, graph: Graph, weights: Weights, out: string): Promise<void>;
}

/**
 * Design, section 6, on one model: prunes it at random in memory and compares with the original whose removed
 * channels are held at zero; shuffles the channels; writes the pruned network and reads it back.
 * @param ratio share of the channels of every group that stay
 * @throws InputError where nothing can be pruned
 */
export async function checkModel(
  model: LoadedModel,
  { seed, ratio, interiorOutputs }: { seed: number; ratio: number; interiorOutputs?: boolean },
  services: CheckServices,
): Promise<{ results: CheckResult[]; removed: number; channels: number }> {
  const { weights } = model;
  const dependencies = findGroups(model.graph, { interiorOutputs });
  const graph = comparable(model.graph, dependencies);
  const open = dependencies.groups.filter((group) => group.frozen === undefined);
  if (!open.length) {
    const reasons = [...new Set(dependencies.groups.map((group) => group.frozen))].slice(0, 3).join('; ');
    const advice = outputsInside(model.graph)
      ? '; some outputs are layers inside the network, which --interior-outputs opens'
      : '';
    throw new InputError(`nothing can be pruned: ${reasons || 'the network has no channels'}${advice}`);
  }
  const random = new Random(seed);
  const kept: KeptChannels = dependencies.groups.map((group) => {
    const all = Array.from({ length: group.size }, (_, c) => c);
    if (group.frozen !== undefined) return all;
    const stay = Math.max(1, Math.round(group.size * ratio));
    return random
      .shuffle(all)
      .slice(0, stay)
      .sort((a, b) => a - b);
  });
  const n = 2;
  const inputs = graph.inputs.map((id) => {
    const op = graph.nodes.find((node) => node.id === id)?.op;
    const size = op?.kind === 'input' ? op.shape.reduce((a, b) => a * b, n) : n;
    return Float32Array.from({ length: size }, () => random.normal());
  });
  const narrow = prune(graph, weights, dependencies, kept);
  const pruned = services.predict(narrow.graph, narrow.weights, inputs, n);
  const results: CheckResult[] = [];

  const normalised = statisticsOverChannels(graph, dependencies);
  const zeroed = services.predict(graph, zeroRemoved(graph, weights, dependencies, kept), inputs, n);
  const equality = verdict('pruned equals zeroed', zeroed, pruned);
  results.push(
    normalised.length
      ? {
          ...equality,
          ok: true,
          skipped: `layer norm "${normalised[0]}" takes statistics over channels that go, so zeros are not the same as none`,
        }
      : equality,
  );

  const orders = dependencies.groups.map((group) => {
    const order = Array.from({ length: group.size }, (_, c) => c);
    // what the outside sees keeps its order
    return group.frozen === undefined ? random.shuffle(order) : order;
  });
  const shuffled = permuteChannels(graph, weights, dependencies, orders);
  const original = services.predict(graph, weights, inputs, n);
  results.push(verdict('permutation', original, services.predict(graph, shuffled, inputs, n)));

  const folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-check-'));
  try {
    const file = outputs(model, folder).model;
    await services.saveModel(model, { ...narrow.graph, outputs: model.graph.outputs }, narrow.weights, file);
    const again = await services.loadModel(file);
    results.push(
      verdict(
        'reload',
        pruned,
        services.predict({ ...again.graph, outputs: graph.outputs }, again.weights, inputs, n),
      ),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const channels = open.reduce((sum, group) => sum + group.size, 0);
  const removed = dependencies.groups.reduce((sum, group, g) => sum + group.size - kept[g].length, 0);
  return { results, removed, channels };
}

/** The network with the outputs alone that keep all their channels: others can't be compared one to one. */
function comparable(graph: Graph, dependencies: Dependencies): Graph {
  const whole = (id: string) =>
    dependencies.values[id].every((axis) =>
      (axis ? [...new Set(axis.group)] : []).every(
        (g) => g < 0 || dependencies.groups[g].frozen !== undefined,
      ),
    );
  return { ...graph, outputs: graph.outputs.filter(whole) };
}

/** Whether a layer that is an output also feeds another. */
function outputsInside(graph: Graph): boolean {
  return graph.nodes.some((node) => node.inputs.some((id) => graph.outputs.includes(id)));
}

function verdict(
  name: CheckResult['name'],
  a: readonly Float32Array[],
  b: readonly Float32Array[],
): CheckResult {
  const difference = largestDifference(a, b);
  return { name, difference, ok: difference <= tolerance };
}

/** Over all outputs, the largest |a - b| as a share of the output's largest |a|; infinite where shapes differ. */
export function largestDifference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  if (a.length !== b.length) return Infinity;
  let worst = 0;
  for (let k = 0; k < a.length; k++) {
    if (a[k].length !== b[k].length) return Infinity;
    let scale = 0;
    let most = 0;
    for (let i = 0; i < a[k].length; i++) {
      const gap = Math.abs(a[k][i] - b[k][i]);
      // a NaN in both is the same; in one is not
      if (Number.isNaN(gap)) {
        if (!Object.is(a[k][i], b[k][i])) return Infinity;
        continue;
      }
      scale = Math.max(scale, Math.abs(a[k][i]));
      most = Math.max(most, gap);
    }
    worst = Math.max(worst, most / Math.max(scale, 1e-12));
  }
  return worst;
}
