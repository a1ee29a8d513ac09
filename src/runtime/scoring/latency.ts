import { inputSize } from '../../graph/shapes.ts';
import { Random } from '../../graph/random.ts';
import { InputError } from '../../graph/errors.ts';
import type { Graph, Model, Weights } from '../../graph/types.ts';
import { Breather } from '../breathe.ts';
import { openScorer, type Scorer, type ScorerOptions } from './score.ts';

export interface LatencyOptions extends Omit<ScorerOptions, 'logits'> {
  /** images at a time; default 1 */
  readonly batch?: number;
  /** measured runs; default 50 */
  readonly runs?: number;
  readonly signal?: AbortSignal;
}

/** Milliseconds of one run. `lower` and `upper` are quartiles: half of all runs lie between. */
export interface Latency {
  readonly medianMs: number;
  readonly minMs: number;
  readonly lowerMs: number;
  readonly upperMs: number;
  readonly runs: number;
  readonly batch: number;
  readonly threads: number;
  readonly engine: string;
}

/** How long a network takes on this machine, by onnxruntime: warmed up, the median of many runs. */
export async function latency(
  graph: Graph,
  weights: Weights,
  options: LatencyOptions = {},
): Promise<Latency> {
  return (await measure([{ graph, weights }], options))[0];
}

/**
 * Two networks in turns, run by run, so that whatever else the machine does meets both alike.
 * `ratio`: median of a's time over b's time of the same turn; above 1, b is faster.
 */
export async function compareLatency(
  a: Model,
  b: Model,
  options: LatencyOptions = {},
): Promise<{ a: Latency; b: Latency; ratio: number }> {
  const times: number[][] = [];
  const [first, second] = await measure([a, b], options, times);
  return {
    a: first,
    b: second,
    ratio: quantile(
      times[0].map((t, i) => t / times[1][i]),
      0.5,
    ),
  };
}

async function measure(
  networks: readonly Model[],
  options: LatencyOptions,
  times: number[][] = [],
): Promise<Latency[]> {
  const { batch = 1, runs = 50 } = options;
  if (!(runs >= 1 && batch >= 1)) throw new InputError('a latency needs at least one run and one image');
  const breather = new Breather(options.signal);
  const scorers: Scorer[] = [];
  try {
    const inputs: Float32Array[] = [];
    for (const { graph, weights } of networks) {
      // a training backend's overhead would drown what is to be compared
      scorers.push(await openScorer(graph, weights, { backend: 'none', ...options }));
      inputs.push(noise(graph, batch));
    }
    const once = async (i: number): Promise<number> => {
      const start = performance.now();
      await scorers[i].scores(inputs[i], batch);
      return performance.now() - start;
    };
    for (const i of scorers.keys()) await warmUp(() => once(i));
    for (let run = 0; run < runs; run++) {
      await breather.breathe();
      for (const i of scorers.keys()) {
        // another network's run has put this one's weights out of the cache, where they are in use
        if (scorers.length > 1) await once(i);
        (times[i] ??= []).push(await once(i));
      }
    }
  } finally {
    for (const scorer of scorers) await scorer.release();
  }
  return scorers.map((scorer, i) => ({
    medianMs: quantile(times[i], 0.5),
    minMs: Math.min(...times[i]),
    lowerMs: quantile(times[i], 0.25),
    upperMs: quantile(times[i], 0.75),
    runs,
    batch,
    threads: scorer.threads,
    engine: scorer.engine,
  }));
}

/** At least five runs and 200 ms (caches, lazily packed weights, clock speed), at most 50 runs. */
async function warmUp(once: () => Promise<number>): Promise<void> {
  let spent = 0;
  for (let i = 0; i < 50 && (i < 5 || spent < 200); i++) spent += await once();
}

function noise(graph: Graph, batch: number): Float32Array {
  const random = new Random(1);
  const size = batch * inputSize(graph);
  return Float32Array.from({ length: size }, () => random.normal());
}

/** Linear between the two nearest. */
function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}
