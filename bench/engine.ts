import os from 'node:os';
import { findGroups } from '../src/graph/channels.ts';
import { fullArchitecture } from '../src/graph/architecture.ts';
import { costModel } from '../src/graph/cost.ts';
import { Random } from '../src/graph/random.ts';
import { createNetwork } from '../src/formats/networks/index.ts';
import { decideOneDnn, thisProcessor } from '../src/runtime/backend/onednn.ts';
import { openBackend } from '../src/runtime/backend/open.ts';
import { Network } from '../src/runtime/training/network.ts';
import { openScorer } from '../src/runtime/scoring/score.ts';
import type { BackendName } from '../src/terms/choices.ts';

const telling = ['avx2', 'fma', 'avx512f', 'avx512_vnni', 'avx512_bf16', 'avx_vnni', 'amx_tile'];

/** The processor, those of its features that decide which kernels run, and what oneDNN may use of them. */
function machine(): string {
  const { flags } = thisProcessor();
  const known = flags ? telling.filter((flag) => flags.has(flag)).join(' ') : 'features unknown';
  return `${os.cpus()[0]?.model.trim() ?? 'unknown processor'} (${known}); oneDNN: ${decideOneDnn().text}`;
}

/**
 * Times training steps or scoring of one reference network and prints one JSON line. Run by bench/speed.mjs.
 * Arguments: `machine`, which it describes in one line, or NETWORK train|infer BACKEND BATCH STEPS THREADS
 */
async function main([name, mode, prefer, ...numbers]: string[]): Promise<void> {
  if (name === 'machine') return console.log(machine());
  const [batch, steps, threads] = numbers.map(Number);
  const { graph, weights } = createNetwork(name, { seed: 1 });
  const op = graph.nodes[0].op;
  if (op.kind !== 'input') throw new Error('the first node is no input');
  const random = new Random(1);
  const size = batch * op.shape.reduce((a, b) => a * b, 1);
  const x = Float32Array.from({ length: size }, () => random.normal());
  const y = Int32Array.from({ length: batch }, () => random.integer(0, 9));
  const times: number[] = [];
  const warmUp = 3;
  const time = async (work: () => unknown) => {
    for (let step = 0; step < warmUp + steps; step++) {
      const started = performance.now();
      await work();
      if (step >= warmUp) times.push((performance.now() - started) / 1000);
    }
  };
  if (mode === 'train') {
    const backend = await openBackend({ prefer: prefer as BackendName, threads });
    const network = new Network(backend, graph, weights);
    const settings = {
      optimizer: 'sgd',
      momentum: 0.9,
      nesterov: false,
      weightDecay: 0,
      labelSmoothing: 0,
    } as const;
    await time(() =>
      network.trainStep({ n: batch, x: x.slice(), y }, { rate: 0.05, settings, asGraph: true }),
    );
    network.dispose();
  } else {
    const scorer = await openScorer(graph, weights, { threads });
    await time(() => scorer.scores(x, batch));
    await scorer.release();
  }
  const dependencies = findGroups(graph);
  const { macs } = costModel(graph, dependencies)(fullArchitecture(dependencies));
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1];
  const imagesPerSecond = batch / median;
  // a training step is three passes of the network
  const gflops = 2e-9 * macs * (mode === 'train' ? 3 : 1) * imagesPerSecond;
  console.log(JSON.stringify({ name, mode, batch, threads, imagesPerSecond, gflops }));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
