// Kills runs without warning at random moments, goes on with each, and compares with a run that was left alone:
//   node bench/kills.mjs [--kills 50] [--seed 1]        (npm run build first)
// Six kinds of method on the bundled sample. Prints a table; exits with 1 where a byte differs, or where a process or a
// temporary file is left.
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const program = path.join(root, 'dist/cli.cjs');

const images = [
  '--data',
  'garden.zip',
  '--preprocess',
  'unit',
  '--limit',
  '300',
  '--validation-images',
  '60',
];
const set = (...settings) => settings.flatMap((one) => ['--set', one]);

/** The kinds of method, each with every stage that it has, as short as can be. */
export const methods = {
  l1: ['--fine-tune-epochs', '2', '--with-controls', 'random'],
  'rewarded-meta': ['--fine-tune-epochs', '1', ...set('population=6', 'generations=3', 'epochs=1')],
  agent: [
    ...['--fine-tune-epochs', '1', ...set('warmUp=1', 'fill=1', 'joint=1', 'align=1', 'episodes=1')],
    ...set('decoderUpdates=5', 'agentUpdates=5'),
  ],
  constrained: ['--fine-tune-epochs', '1', ...set('updates=4', 'episodesPerUpdate=3', 'finalists=2')],
  'greedy-slimming': ['--fine-tune-epochs', '1', ...set('slices=4')],
  knapsack: ['--fine-tune-epochs', '1', ...set('levels=4')],
};

/** The same numbers in [0, 1) for the same seed (mulberry32). */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A folder with the sample, and one for temporary files. */
function place(folder) {
  mkdirSync(path.join(folder, 'tmp'), { recursive: true });
  for (const file of ['model.h5', 'garden.zip'])
    copyFileSync(path.join(root, 'media/demo', file), path.join(folder, file));
  return folder;
}

/**
 * Runs the command line, in a group of its own. `after`: it is killed, it alone, after so many milliseconds.
 * Resolves to its exit code (null: killed), what it said, its seconds, and whether something of its group is left.
 */
async function espalier(folder, words, after = Infinity) {
  const began = performance.now();
  const child = spawn(process.execPath, [program, ...words], {
    cwd: folder,
    env: { ...process.env, TMPDIR: path.join(folder, 'tmp') },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let said = '';
  child.stderr.on('data', (data) => (said += data));
  const timer = after === Infinity ? undefined : setTimeout(() => child.kill('SIGKILL'), after);
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (exit) => resolve(exit));
  });
  clearTimeout(timer);
  return { code, said, seconds: (performance.now() - began) / 1000, left: await groupLives(child.pid) };
}

/** Whether a process of the group is still there after a moment; such a one is ended. */
async function groupLives(group) {
  for (let tries = 0; tries < 60; tries++) {
    try {
      process.kill(-group, 0);
    } catch {
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  process.kill(-group, 'SIGKILL');
  return true;
}

/** What no finished run leaves: temporary files, locks, halves of checkpoints. */
function litter(folder) {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return all.filter(
    (name) =>
      /\.tmp$|(^|[\\/])(\.espalier-probe|lock)|checkpoint\.(new|old)$/.test(name) || /^tmp[\\/]/.test(name),
  );
}

function runs(folder) {
  const all = path.join(folder, '.espalier/runs');
  return existsSync(all) ? readdirSync(all).filter((id) => existsSync(path.join(all, id, 'run.json'))) : [];
}

/**
 * @param {{ kills?: number, seed?: number, only?: string[], say?: (line: string) => void }} options
 * @returns {Promise<{ kills: number, finished: number, faults: string[] }>} the kills that landed, the runs that were
 *   brought to their end after one or more, and one sentence for everything that was not as it should be
 */
export async function killLoop({
  kills = 50,
  seed = 1,
  only = Object.keys(methods),
  say = console.log,
} = {}) {
  const base = mkdtempSync(path.join(os.tmpdir(), 'espalier-kills-'));
  const draw = random(seed);
  const faults = [];
  let [landed, finished] = [0, 0];
  say('method            kills   runs   alone s   differing');
  try {
    for (const [index, method] of only.entries()) {
      const share = Math.floor(kills / only.length) + (index < kills % only.length ? 1 : 0);
      const plan = ['prune', 'model.h5', ...images, '--target', 'macs=50%', '--effort', 'quick'];
      plan.push('--method', method, ...methods[method], '--threads', '1', '--checkpoint-seconds', '0');
      plan.push('--out', 'out');
      const alone = place(path.join(base, `${method}-alone`));
      const whole = await espalier(alone, plan);
      if (whole.code !== 0) throw new Error(`${method} alone ended with ${whole.code}: ${whole.said}`);
      let [here, ended, differing] = [0, 0, 0];
      const fault = (run, text) => faults.push(`${method}, run ${run}: ${text}`);
      while (here < share) {
        const folder = place(path.join(base, `${method}-${ended}`));
        const most = 1 + Math.floor(draw() * 4);
        let code = null;
        for (let session = 0; code === null; session++) {
          const begun = runs(folder).length > 0;
          const kill = session < most && here < share;
          // start-up takes a good part of it, so that a kill lands anywhere, now and then before a run is there
          const after = kill ? (0.1 + draw() * 0.95) * whole.seconds * 1000 : Infinity;
          const sat = await espalier(folder, begun ? ['prune', '--resume'] : plan, after);
          if (sat.left) fault(ended, 'a process was left');
          code = sat.code;
          if (code === null) here++;
          else if (code !== 0) fault(ended, `ended with ${code}: ${sat.said.trim().split('\n').at(-1)}`);
        }
        ended++;
        let same = code === 0;
        for (const file of ['model.espalier.json', 'model.pruned.h5']) {
          const [a, b] = [alone, folder].map((where) => path.join(where, 'out', file));
          if (existsSync(b) && readFileSync(a).equals(readFileSync(b))) continue;
          same = false;
          fault(ended, `${file} differs`);
        }
        if (!same) differing++;
        if (runs(folder).length !== 1) fault(ended, `${runs(folder).length} run folders instead of one`);
        for (const name of litter(folder)) fault(ended, `${name} is left`);
        rmSync(folder, { recursive: true, force: true });
      }
      landed += here;
      finished += ended;
      const cells = [
        String(here).padStart(5),
        String(ended).padStart(6),
        whole.seconds.toFixed(1).padStart(9),
      ];
      say(`${method.padEnd(17)} ${cells.join(' ')} ${String(differing).padStart(11)}`);
    }
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
  for (const one of faults) say(one);
  say(
    faults.length
      ? `${landed} kills in ${finished} runs (seed ${seed}): ${faults.length} faults`
      : `${landed} kills in ${finished} runs (seed ${seed}): the same bytes every time, no process and no file left`,
  );
  return { kills: landed, finished, faults };
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' } } });
  const [kills, seed] = [Number(values.kills ?? 50), Number(values.seed ?? 1)];
  if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed)) {
    console.error('bench/kills.mjs takes --kills N and --seed N, whole numbers');
    process.exit(2);
  }
  if (!existsSync(program)) {
    console.error('dist/cli.cjs is not there: npm run build');
    process.exit(2);
  }
  const { faults } = await killLoop({ kills, seed });
  process.exitCode = faults.length ? 1 : 0;
}
