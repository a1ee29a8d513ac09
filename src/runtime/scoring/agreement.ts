import { Random } from '../../graph/random.ts';
import type { Graph, Model, Weights } from '../../graph/types.ts';
import { conditioning, largestDifference, LEAST_TOLERANCE, ownInputs } from '../training/conditioning.ts';
import { logitsOf } from './logits.ts';
import { Network } from '../training/network.ts';
import { exportOnnx } from '../export-onnx.ts';
import { openSession } from '../onnx/session.ts';
import type { SessionOptions } from '../onnx/session.ts';
import type { Backend } from '../types.ts';

/** How far ONNX Runtime is believed for a network and what is cut from it: with its optimiser, without it, not at all. */
export type Trust = 'optimised' | 'plain' | 'none';

export interface Judgement {
  readonly trust: Trust;
  /** a sentence to tell, where the backends don't agree */
  readonly said?: string;
}

/** Every output of a network by ONNX Runtime. @throws Error where the library can't be loaded */
export async function runOnnx(
  graph: Graph,
  weights: Weights,
  inputs: readonly Float32Array[],
  n: number,
  options: SessionOptions,
): Promise<Float32Array[]> {
  const network = exportOnnx(graph, weights);
  const { ort, session } = await openSession(network.bytes, options);
  try {
    const feeds = Object.fromEntries(
      inputs.map((x, i) => [`input${i}`, new ort.Tensor('float32', x, [n, ...network.inputs[i]])]),
    );
    const results = await session.run(feeds);
    return network.outputs.map((_, i) => results[`output${i}`].data as Float32Array);
  } finally {
    await session.release();
  }
}

/** Every output of a network by a training backend. */
export function runBackend(
  backend: Backend,
  graph: Graph,
  weights: Weights,
  inputs: readonly Float32Array[],
  n: number,
): Float32Array[] {
  const network = new Network(backend, graph, weights);
  try {
    return network.predict(inputs, n);
  } finally {
    network.dispose();
  }
}

/** A softmax hides differences in what it is given, so that is compared too. */
export function withLogits(graph: Graph): Graph {
  return { ...graph, outputs: [...new Set([...graph.outputs, logitsOf(graph).node])] };
}

/**
 * Holds ONNX Runtime's outputs for one image against those of the backend that trains, or, without one, against its own
 * without the optimiser, to what the network's own rounding allows. Asked before anything is scored.
 */
export async function judgeOnnx(
  model: Model,
  { backend, threads = 1 }: { readonly backend?: Backend; readonly threads?: number } = {},
): Promise<Judgement> {
  const believed: Judgement = { trust: 'optimised' };
  const { weights } = model;
  const graph = withLogits(model.graph);
  const random = new Random(1);
  const inputs = ownInputs(graph, weights, 1, random);
  const onnx = (optimise: boolean) => runOnnx(graph, weights, inputs, 1, { threads, optimise });
  let optimised: Float32Array[];
  try {
    optimised = await onnx(true);
  } catch {
    // the scorer says why, and takes another backend
    return believed;
  }
  const run = (w: Weights, x: readonly Float32Array[]) =>
    backend ? runBackend(backend, graph, w, x, 1) : runOnnx(graph, w, x, 1, { threads, optimise: false });
  const right = await run(weights, inputs);
  const gap = largestDifference(right, optimised);
  if (gap <= LEAST_TOLERANCE) return believed;
  const { tolerance, hopeless } = await conditioning(run, weights, inputs, random);
  if (gap <= tolerance || hopeless) return believed;
  const plain = !backend || largestDifference(right, await onnx(false)) <= tolerance;
  const other = backend ? `the ${backend.name} backend's` : 'those without its optimiser';
  const instead = plain ? 'ONNX Runtime without its optimiser' : `the ${backend!.name} backend alone`;
  return {
    trust: plain ? 'plain' : 'none',
    said: `ONNX Runtime's outputs for this network differ from ${other} by ${(100 * gap).toPrecision(2)} %, more than rounding: it is scored by ${instead}, which is slower`,
  };
}
