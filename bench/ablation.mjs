// What the agent's widths are worth: `agent` with its own, with the uniform ones and with widths drawn at random, all
// with the same alignment training, without a race:
//   node bench/ablation.mjs --model FILE --data PATH --work FOLDER [--seeds 3] [--target macs=50%] [--limit N] [--threads N]
// Needs `npm run build`. Stop it when you like: the next call goes on.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../scripts/prepare.mjs';

const { values: given } = parseArgs({
  options: {
    model: { type: 'string' },
    data: { type: 'string' },
    work: { type: 'string' },
    seeds: { type: 'string', default: '3' },
    target: { type: 'string', default: 'macs=50%' },
    limit: { type: 'string' },
    effort: { type: 'string', default: 'quick' },
    threads: { type: 'string' },
  },
});
const [model, data, work] = [given.model, given.data, given.work].map((one) => path.resolve(one));
const program = path.join(root, 'dist/cli.cjs');
const kinds = ['learned', 'uniform', 'random'];

/** @returns accuracies by step: validation before training on the cut network, and test at the end */
function one(kind, seed) {
  const folder = path.join(work, `${kind}-${seed}`);
  mkdirSync(folder, { recursive: true });
  const config = () => readdirSync(folder).find((name) => name.endsWith('.espalier.json'));
  const runs = path.join(folder, '.espalier/runs');
  if (!config()) {
    const began =
      existsSync(runs) && readdirSync(runs).find((id) => existsSync(path.join(runs, id, 'run.json')));
    const more = [
      ...(given.limit ? ['--limit', given.limit] : []),
      ...(given.threads ? ['--threads', given.threads] : []),
    ];
    const args = began
      ? ['prune', '--resume', began]
      : ['prune', model, '--data', data, '--target', given.target, '--method', 'agent', '--seed', `${seed}`,
         '--effort', given.effort, '--set', `widths=${kind}`, '--set', 'raced=0', '--out', folder, ...more]; // prettier-ignore
    const { status, stderr } = spawnSync(process.execPath, [program, ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${kind} ${seed}: exit ${status}: ${stderr.trim().split('\n').at(-1)}`);
  }
  const { accuracy } = JSON.parse(readFileSync(path.join(folder, config()), 'utf8'));
  return accuracy;
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const error = (values) =>
  Math.sqrt(
    values.reduce((sum, v) => sum + (v - mean(values)) ** 2, 0) /
      Math.max(1, values.length - 1) /
      values.length,
  );

const found = new Map(kinds.map((kind) => [kind, []]));
for (let seed = 1; seed <= Number(given.seeds); seed++)
  for (const kind of kinds) {
    const accuracy = one(kind, seed);
    found.get(kind).push(accuracy);
    console.log(
      `${kind}, seed ${seed}: ${accuracy.recalibrated.accuracy} % cut, ${accuracy.test.accuracy} % on test`,
    );
  }
const test = (accuracy) => accuracy.test.accuracy;
console.log('\n| widths | test accuracy | against uniform, paired by seed |\n|---|---:|---:|');
for (const kind of kinds) {
  const own = found.get(kind).map(test);
  const gains = own.map((value, i) => value - test(found.get('uniform')[i]));
  console.log(
    `| ${kind} | ${mean(own).toFixed(2)} ± ${error(own).toFixed(2)} | ${mean(gains).toFixed(2)} ± ${error(gains).toFixed(2)} |`,
  );
}
