// `npm run bench`: training and scoring against PyTorch, in turn, in one run; prints ratios, and percentages of the
// machine's own sgemm, because absolute figures differ from machine to machine.
//   --python FILE   a Python with torch (else ESPALIER_TORCH, else python3)
//   --peer FILE     the peer's script (default ../shared/bench/peer_torch.py)
//   --rounds N      pairs (default 3)
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { options } from '../scripts/bundle.mjs';
import { root } from '../scripts/prepare.mjs';

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: process.env.ESPALIER_TORCH ?? 'python3' },
    peer: { type: 'string', default: path.resolve(root, '../shared/bench/peer_torch.py') },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '8' },
    backend: { type: 'string', default: 'tensorflow' },
  },
});
const { python, peer, threads, steps, backend } = values;
const engine = path.join(root, 'dist/bench.cjs');
await build({ ...options, entryPoints: [path.join(root, 'bench/engine.ts')], outfile: engine });

const command = (program, args) => {
  const done = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
  if (done.status === 0) return done.stdout;
  console.error(`${program} ${args.join(' ')} failed:\n${done.stderr}`);
  process.exit(1);
};
const sgemm = () =>
  Number(
    command(python, [
      '-c',
      `import torch,time
torch.set_num_threads(${threads})
a=torch.rand(2048,2048);b=torch.rand(2048,2048);best=9e9
for i in range(7):
    t=time.perf_counter();a@b;best=min(best,time.perf_counter()-t)
print(2*2048**3/best/1e9)`,
    ]),
  );
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

const cases = [
  ['resnet20', 'resnet20', 'train', 0.8],
  ['cnn4', 'cnn4', 'train', 1.1],
  ['mobilenet-v2-small', 'mbv2', 'train', 1.5],
  ['resnet20', 'resnet20', 'infer', 1.4],
  ['cnn4', 'cnn4', 'infer', 1.4],
  ['mobilenet-v2-small', 'mbv2', 'infer', 1.4],
];
// what the figures hold for: the library's choices are made in a process of its own, as in every run below
console.log(`${command(process.execPath, [engine, 'machine']).trim()}, ${threads} threads\n`);
console.log('| network | | images/s | PyTorch images/s | ratio (min to max) | goal | % of sgemm |');
console.log('|---|---|---:|---:|---:|---:|---:|');
for (const [ours, theirs, mode, goal] of cases) {
  const rounds = Array.from({ length: Number(values.rounds) }, () => {
    const mine = JSON.parse(
      command(process.execPath, [engine, ours, mode, backend, '128', steps, threads])
        .trim()
        .split('\n')
        .at(-1),
    );
    const line = command(python, [
      peer,
      `net=${theirs}`,
      `mode=${mode}`,
      `threads=${threads}`,
      `steps=${steps}`,
      'batch=128',
    ]);
    const their = JSON.parse(line.slice(line.indexOf('{')));
    return { mine, their, ratio: mine.imagesPerSecond / their.ips, share: mine.gflops / sgemm() };
  });
  const ratios = rounds.map((round) => round.ratio);
  const cells = [
    ours,
    mode === 'train' ? 'training' : 'scoring',
    median(rounds.map((round) => round.mine.imagesPerSecond)).toFixed(0),
    median(rounds.map((round) => round.their.ips)).toFixed(0),
    `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
    goal.toFixed(1),
    (100 * median(rounds.map((round) => round.share))).toFixed(0),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
