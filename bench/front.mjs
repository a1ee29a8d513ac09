// The trade-off curves of every method and baseline, on three networks and three seeds:
//   node bench/front.mjs --work FOLDER --fashion FOLDER --cifar FOLDER [--only TEXT] [--seeds 3] [--minutes N] [--threads N]
// Needs `npm run build`. FOLDER of --fashion: Fashion-MNIST's IDX files; of --cifar: CIFAR-10 as pictures in class folders
// (or an archive of them). About a night on two cores. Stop it when you like: the next call goes on. What has ended is a line of FOLDER/rows.jsonl;
// `node bench/front-table.mjs FOLDER` makes the tables.
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../scripts/prepare.mjs';

const { values: given } = parseArgs({
  options: {
    work: { type: 'string' },
    fashion: { type: 'string' },
    cifar: { type: 'string' },
    only: { type: 'string', default: '' },
    seeds: { type: 'string', default: '3' },
    minutes: { type: 'string' },
    threads: { type: 'string' },
  },
});
if (!given.work) throw new Error('--work FOLDER: where the runs go');
const work = path.resolve(given.work);
const program = path.join(root, 'dist/cli.cjs');
const end = given.minutes ? Date.now() + 60_000 * Number(given.minutes) : Infinity;

/** Networks of which widths matter, trained on 20,000 images for so many epochs. */
const setups = [
  { name: 'cnn4', data: 'fashion', network: ['cnn4'], train: 6, rate: '0.02', metrics: ['macs'] },
  {
    name: 'vgg11-slim',
    data: 'fashion',
    network: ['vgg11', '--width', '0.25'],
    train: 8,
    metrics: ['macs', 'params', 'latency'],
  },
  { name: 'resnet20', data: 'cifar', network: ['resnet20'], train: 16, metrics: ['macs'] },
];
/** Images that are trained and tested on, and validated on: so that a seed takes two hours. */
const LIMIT = ['--limit', '6000', '--validation-images', '2000'];
/** Epochs of fine-tuning, alike for every arm. */
const EPOCHS = 3;
const threads = given.threads ? ['--threads', given.threads] : [];
const controls =
  'uniform,random,l1,geometric-median,bn-scale,taylor,greedy-slimming,knapsack,equal-cost'.split(',');

/** What is run at each setup, metric and seed; the first is the default, with all controls of equal fine-tuning. */
const methods = [
  { name: 'rewarded-meta', options: [], controls },
  // as long as the default's search, race and training together took
  { name: 'l1', long: true, options: ['--method', 'l1'] },
  { name: 'uniform', long: true, options: ['--method', 'uniform'] },
  { name: 'metapruning', options: ['--method', 'metapruning'] },
  { name: 'constrained', options: ['--method', 'constrained'] },
  { name: 'pruning-net', options: ['--set', 'generator=pruning-net'] },
  { name: 'agent', options: ['--method', 'agent'] },
];

/** One command, to its end or to the end of the time. @returns its exit code; null where time was over */
async function espalier(folder, args) {
  mkdirSync(folder, { recursive: true });
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-2000)));
  const timer =
    end === Infinity ? null : setTimeout(() => child.kill('SIGINT'), Math.max(0, end - Date.now()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (timer) clearTimeout(timer);
  if (Date.now() >= end) return null;
  if (code !== 0) console.error(`${path.basename(folder)}: exit ${code}: ${said.trim().split('\n').at(-1)}`);
  return code;
}

const seeds = Array.from({ length: Number(given.seeds) }, (_, i) => i + 1);
const rowsFile = path.join(work, 'rows.jsonl');
mkdirSync(work, { recursive: true });
const read = () =>
  existsSync(rowsFile)
    ? readFileSync(rowsFile, 'utf8')
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
const known = new Set(read().map(({ job }) => job));

for (const seed of seeds)
  for (const setup of setups)
    for (const metric of setup.metrics)
      for (const method of methods) {
        const data = given[setup.data];
        const job = `${setup.name}-${metric}-${seed}-${method.name}${method.long ? '-long' : ''}`;
        if (!data || !job.includes(given.only) || known.has(job)) continue;
        if (Date.now() >= end) process.exit(0);
        await one(job, { setup, metric, method, seed, data: path.resolve(data) });
      }

/** Trains the network where it isn't there yet, runs or goes on with one job, and notes its curves. */
async function one(job, { setup, metric, method, seed, data }) {
  const images = ['--data', data];
  const models = path.join(work, 'models');
  const model = path.join(models, `${setup.name}.h5`);
  if (!existsSync(model)) {
    const [network, ...width] = setup.network;
    const plain = path.join(models, `${setup.name}-new.h5`);
    if (await espalier(models, ['new', network, ...width, '--data', data, '--out', plain, '--force'])) return;
    const rate = setup.rate ? ['--learning-rate', setup.rate] : [];
    const train = [
      'train',
      plain,
      ...images,
      '--limit',
      '20000',
      '--epochs',
      String(setup.train),
      ...rate,
      '--out',
      model,
    ];
    const code = await espalier(models, [...train, ...(existsSync(`${model}.training`) ? ['--resume'] : [])]);
    if (code !== 0) return;
  }
  const folder = path.join(work, job);
  const epochs = method.long
    ? equalEpochs(path.join(work, `${setup.name}-${metric}-${seed}-rewarded-meta`))
    : EPOCHS;
  if (epochs === null) return;
  const began = runOf(folder);
  const plan = [
    ...[
      'prune',
      model,
      ...images,
      ...LIMIT,
      '--target',
      `${metric}=80%`,
      '--points',
      '5',
      '--explore',
      '10%',
    ],
    ...[
      '--seed',
      String(seed),
      '--effort',
      'quick',
      '--fine-tune-epochs',
      String(epochs),
      ...method.options,
      ...controlsOf(setup, method),
      ...threads,
    ],
    ...['--out', path.join(folder, 'out')],
  ];
  const start = Date.now();
  const code = await espalier(folder, began ? ['prune', '--resume', began] : plan);
  if (code !== 0) return;
  const by = metric === 'latency' ? 'macs' : metric;
  const { stdout } = spawnSync(process.execPath, [program, 'front', '--json', '--metric', by], {
    cwd: folder,
  });
  const row = {
    job,
    setup: setup.name,
    metric,
    seed,
    method: method.name,
    long: method.long ?? false,
    epochs,
  };
  appendFileSync(rowsFile, `${JSON.stringify({ ...row, ...JSON.parse(String(stdout)) })}\n`);
  console.log(`${job}: ${Math.round((Date.now() - start) / 1000)} s`);
}

/** Those that the network can have: without batch norms there are no scales. */
function controlsOf(setup, method) {
  if (!method.controls) return [];
  const those = method.controls.filter((name) => setup.name !== 'cnn4' || name !== 'bn-scale');
  return ['--with-controls', those.join()];
}

function runOf(folder) {
  const runs = path.join(folder, '.espalier/runs');
  return existsSync(runs)
    ? (readdirSync(runs).find((name) => existsSync(path.join(runs, name, 'run.json'))) ?? null)
    : null;
}

/** Epochs that its equal-cost control was trained for; null where the run isn't there. */
function equalEpochs(folder) {
  const run = runOf(folder);
  if (!run) return null;
  const events = readFileSync(path.join(folder, '.espalier/runs', run, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const found = events
    .map((line) => JSON.parse(line))
    .find(({ type, arm }) => type === 'fineTuning' && arm === 'equal-cost');
  return found?.settings.epochs ?? null;
}
