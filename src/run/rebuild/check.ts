import { rm } from 'node:fs/promises';
import { temporaryFolder } from '../../files/temporary.ts';
import { findGroups, lengthsOverChannels, statisticsOverChannels } from '../../graph/channels.ts';
import { InputError } from '../../graph/errors.ts';
import { Random } from '../../graph/random.ts';
import { inferShapes } from '../../graph/shapes.ts';
import { gatherAxes } from '../../graph/slices.ts';
import { permuteChannels, positionsOf, prune, zeroRemoved } from '../../graph/surgery.ts';
import type { Dependencies, Graph, Node, Weights } from '../../graph/types.ts';
import type { LoadedModel } from '../../formats/types.ts';
import {
  conditioning,
  largestDifference,
  LEAST_TOLERANCE,
  ownInputs,
} from '../../runtime/training/conditioning.ts';
import type { Conditioning } from '../../runtime/training/conditioning.ts';
import { layerByLayer } from './layer-by-layer.ts';
import { opaqueProblem } from '../../runtime/opaque.ts';
import { outputs } from '../../formats/identity.ts';
import type { KeptChannels } from '../../terms/candidates.ts';

export interface CheckResult {
  readonly name:
    'pruned equals zeroed' | 'layer by layer' | 'permutation' | 'engines agree' | 'file agrees' | 'reload';
  /** largest difference, as a share of the largest value */
  readonly difference: number;
  /** up to which a difference is rounding */
  readonly tolerance: number;
  readonly ok: boolean;
  /** why it says nothing here */
  readonly skipped?: string;
  /** what differs, where it is known */
  readonly where?: string;
}

export interface CheckServices {
  /** every output of a network for n inputs, by the backend that trains */
  predict(graph: Graph, weights: Weights, inputs: readonly Float32Array[], n: number): Float32Array[];
  /** the same by what scores; undefined: it isn't there */
  score(
    graph: Graph,
    weights: Weights,
    inputs: readonly Float32Array[],
    n: number,
  ): Promise<Float32Array[] | undefined>;
  /** the same by the model's own file, whatever it holds; undefined: nothing runs files of its format as they are */
  readonly runFile?: (
    graph: Graph,
    weights: Weights,
    inputs: readonly Float32Array[],
    n: number,
  ) => Promise<Float32Array[]>;
  loadModel(path: string): Promise<LoadedModel>;
  saveModel(source: LoadedModel, graph: Graph, weights: Weights, out: string): Promise<void>;
}

/**
 * Whether a model is pruned rightly: prunes it at random in memory and compares with the original whose removed
 * channels are held at zero; shuffles the channels; compares backend and scorer; writes the pruned network and reads it back.
 * Inputs are in the network's own range, and a difference is one only beyond the network's own rounding; where that is
 * large, layers are compared one by one, too.
 * @param ratio share of the channels of every group that stay
 * @throws InputError where nothing can be pruned
 */
export async function checkModel(
  model: LoadedModel,
  { seed, ratio, interiorOutputs }: { seed: number; ratio: number; interiorOutputs?: boolean },
  ports: CheckServices,
): Promise<{ results: CheckResult[]; removed: number; channels: number; rounding: number }> {
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
  const inputs = ownInputs(graph, weights, n, random);
  // what holds operators that only its own file can compute is run by that
  const problem = opaqueProblem(graph);
  const unknown = problem !== null;
  if (problem !== null && !ports.runFile) throw new InputError(problem);
  const run: NonNullable<CheckServices['runFile']> =
    unknown && ports.runFile ? ports.runFile : async (...all) => ports.predict(...all);
  const own = await conditioning((w, x) => run(graph, w, x, n), weights, inputs, random);
  const narrow = prune(graph, weights, dependencies, kept);
  const pruned = await run(narrow.graph, narrow.weights, inputs, n);
  const results: CheckResult[] = [];

  const normalised = statisticsOverChannels(graph, dependencies);
  const zeros = zeroRemoved(graph, weights, dependencies, kept);
  const zeroed = await run(graph, zeros, inputs, n);
  const equality = verdict('pruned equals zeroed', zeroed, pruned, own);
  const shapes = inferShapes(graph);
  const cut = positionsOf(kept);
  const readsOther = ({ inputs: [id] }: Node): boolean => {
    const [values] = ports.predict({ ...graph, outputs: [id] }, zeros, inputs, n);
    const stay = dependencies.values[id].map((axis) => cut(axis));
    const left = gatherAxes(values, [n, ...shapes[id]], [null, ...stay]);
    return values.filter((v) => v !== 0).length !== left.filter((v) => v !== 0).length;
  };
  const longer = unknown ? undefined : lengthsOverChannels(graph, dependencies).find(readsOther);
  const finite = (outputs: readonly Float32Array[]) => outputs.every((y) => y.every(Number.isFinite));
  const why = normalised.length
    ? `"${normalised[0]}" takes statistics over channels that go, so zeros are not the same as none`
    : longer
      ? `"${longer.layer}" takes a length over channels that go, and whose zeros the layers before it make other numbers`
      : finite(pruned) && !finite(zeroed)
        ? 'a layer has no value at zero (a logarithm, a division), so zeros are not the same as none'
        : undefined;
  results.push(why === undefined ? equality : { ...equality, ok: true, skipped: why });
  if (!unknown && (own.tolerance > LEAST_TOLERANCE || why !== undefined)) {
    const worst = layerByLayer({ graph, weights }, narrow, dependencies, kept, ports.predict, random);
    const ok = worst.difference <= LEAST_TOLERANCE;
    results.push({
      name: 'layer by layer',
      difference: worst.difference,
      tolerance: LEAST_TOLERANCE,
      ok,
      ...(ok ? {} : { where: `layer ${worst.layer}` }),
    });
  }

  const orders = dependencies.groups.map((group) => {
    const order = Array.from({ length: group.size }, (_, c) => c);
    // what the outside sees keeps its order
    return group.frozen === undefined ? random.shuffle(order) : order;
  });
  const shuffled = permuteChannels(graph, weights, dependencies, orders);
  const original = await run(graph, weights, inputs, n);
  results.push(verdict('permutation', original, await run(graph, shuffled, inputs, n), own));

  for (const [what, network, right] of [
    ['the original', { graph, weights }, original],
    ['the pruned network', narrow, pruned],
  ] as const) {
    if (ports.runFile && !unknown)
      keepWorst(results, {
        ...verdict(
          'file agrees',
          right.slice(0, graph.outputs.length),
          await ports.runFile(network.graph, network.weights, inputs, n),
          own,
        ),
        where: what,
      });
    if (unknown) continue;
    const scored = await ports.score(network.graph, network.weights, inputs, n);
    const result = scored
      ? { ...verdict('engines agree', right, scored, own), where: what }
      : {
          ...verdict('engines agree', right, right, own),
          skipped: 'ONNX Runtime is not there (espalier doctor)',
        };
    keepWorst(results, result);
  }

  const folder = await temporaryFolder('check');
  try {
    const file = outputs(model, folder).model;
    await ports.saveModel(model, { ...narrow.graph, outputs: model.graph.outputs }, narrow.weights, file);
    const again = await ports.loadModel(file);
    results.push(
      verdict(
        'reload',
        pruned,
        await run({ ...again.graph, outputs: graph.outputs }, again.weights, inputs, n),
        // the same computation of the same numbers
        { ...own, tolerance: LEAST_TOLERANCE, hopeless: false },
      ),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const channels = open.reduce((sum, group) => sum + group.size, 0);
  const removed = dependencies.groups.reduce((sum, group, g) => sum + group.size - kept[g].length, 0);
  return { results, removed, channels, rounding: own.rounding };
}

/** Adds a result; one line is enough where two of a name are alike. */
function keepWorst(results: CheckResult[], result: CheckResult): void {
  const at = results.findLastIndex(({ name }) => name === result.name);
  if (!result.ok || at < 0 || !results[at].ok) results.push(result);
  else if (result.difference > results[at].difference) results[at] = result;
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
  { rounding, tolerance, hopeless }: Conditioning,
): CheckResult {
  const difference = largestDifference(a, b);
  const measured = { name, difference, tolerance };
  if (hopeless)
    return {
      ...measured,
      ok: true,
      skipped: `this network's outputs move by ${(100 * rounding).toPrecision(2)} % where its weights move by their last bit, so that whole outputs say nothing`,
    };
  return { ...measured, ok: difference <= tolerance };
}
