import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fullArchitecture } from '../src/graph/architecture.ts';
import { findGroups } from '../src/graph/channels.ts';
import { Random } from '../src/graph/random.ts';
import type { Dependencies, Graph, Weights } from '../src/graph/types.ts';
import { costsOf } from '../src/methods/budgets.ts';
import type { Costs } from '../src/methods/budgets.ts';
import type { Budget } from '../src/terms/goals.ts';
import { GraphBuilder } from '../test/support/builder.ts';

/** Architectures whose worth is known, as a searcher meets them. */
export interface World {
  readonly graph: Graph;
  readonly weights: Weights;
  readonly dependencies: Dependencies;
  readonly budgets: readonly Budget[];
  readonly costs: Costs;
  /** what a searcher is told of widths, by key: percent, with the noise of one training */
  readonly score: (key: string) => number;
  /** what it is judged by, of which the score's noise says nothing */
  readonly truth: (key: string) => number;
}

/** Trainings of four widths a group (quarters): the first is told, the mean of the others is the truth. */
type Table = Record<string, { readonly acc: readonly number[]; readonly flops: number }>;

/**
 * The ResNet of Channel-Bench-Macro, small: seven groups of four channels whose MACs are in the proportion of the
 * table's FLOPs. Two residual blocks on the first group (inner widths 1 and 2), a step down (3) to group 4, and two
 * blocks on that (5 and 6). Areas and kernels stand in for the real ones: a convolution of the first stage and of the
 * last takes as many operations a pair of channels as the step's second, twice as many as its first.
 */
function network(): { graph: Graph; weights: Weights; dependencies: Dependencies } {
  const b = new GraphBuilder({ seed: 1 });
  const norm = (x: string) => b.batchNorm(x);
  const conv = (x: string, kernel: [number, number], strides = 1) =>
    norm(b.conv(x, 4, kernel, { bias: false, stride: strides }));
  const block = (x: string) => b.relu(b.merge('add', [x, conv(b.relu(conv(x, [3, 2])), [3, 2])]));
  const stem = b.zeroPad(b.relu(norm(b.conv(b.input([18, 18, 1]), 4, 1, { bias: false }))), [9, 9, 7, 7]);
  const second = block(block(stem));
  const step = b.relu(conv(b.relu(conv(second, [3, 1])), [3, 2]));
  const { graph, weights } = b.build(b.dense(b.globalPool(block(block(step))), 1, { bias: false }));
  return { graph, weights, dependencies: findGroups(graph) };
}

function world(share: number, of: Pick<World, 'score' | 'truth'>): World {
  const { graph, weights, dependencies } = network();
  const whole = costsOf(graph, dependencies, [{ metric: 'macs', limit: 1, original: 1 }]);
  const original = whole.cost(fullArchitecture(dependencies)).macs;
  const budgets: Budget[] = [{ metric: 'macs', limit: share * original, original }];
  return { graph, weights, dependencies, budgets, costs: costsOf(graph, dependencies, budgets), ...of };
}

/** @throws Error where the table is of another network than ours stands for */
export function tableWorld(file: string, share: number): World {
  const table = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Table;
  const made = world(share, {
    score: (key) => table[key].acc[0],
    truth: (key) => (table[key].acc[1] + table[key].acc[2]) / 2,
  });
  const whole = table[keyOf(fullArchitecture(made.dependencies))].flops;
  for (const [key, { flops }] of Object.entries(table)) {
    const used = made.costs.used([...key, 1].map(Number));
    if (Math.abs(used - flops / (share * whole)) > 1e-5)
      throw new Error(`the FLOPs of ${key} are not those of the network that the bench has: ${used}`);
  }
  return made;
}

/**
 * Where there is no table: each width of a group has a worth of its own that falls off, neighbours share a little, and
 * a score has the noise of one training. Figures chosen so that its spread is that of the ResNets' table.
 */
export function madeWorld(seed: number, share: number): World {
  const random = new Random(seed);
  const worth = Array.from({ length: 7 }, () => 0.1 + 0.5 * random.uniform());
  const pair = Array.from({ length: 6 }, () => 0.3 * (random.uniform() - 0.5));
  const truth = (key: string) => {
    const w = [...key].map((digit) => Number(digit) / 4);
    const own = w.reduce((sum, x, g) => sum + worth[g] * Math.sqrt(x), 0);
    return 90 + own + w.slice(1).reduce((sum, x, g) => sum + pair[g] * x * w[g], 0);
  };
  const noise = new Map<string, number>();
  const score = (key: string) => {
    let off = noise.get(key);
    if (off === undefined) noise.set(key, (off = 0.14 * new Random(seed).fork(key).normal()));
    return truth(key) + off;
  };
  return world(share, { score, truth });
}

/** The table's name of widths: those of its seven groups, but for the output's. */
export const keyOf = (architecture: readonly number[]): string => architecture.slice(0, 7).join('');
