// What fine-tuning does to a transfer-learning file, a network with two outputs and a multi-label one: Keras' own figures
// on the test images before and after `espalier prune`. The table of docs/fine-tuning.md.
//   ESPALIER_PYTHON=python node bench/fine-tuning.mjs [FOLDER] [-- OPTIONS OF PRUNE]
// needs a build (npm run build) and a Python with Keras 3 (ESPALIER_PYTHON; npm test makes one).
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const python = process.env.ESPALIER_PYTHON ?? 'python3';
const [given, ...rest] = process.argv.slice(2);
const folder = path.resolve(given ?? mkdtempSync(path.join(os.tmpdir(), 'espalier-tuning-')));
const options = rest[0] === '--' ? rest.slice(1) : rest;
const goal = options.includes('--target') ? [] : ['--target', 'macs=8%'];
const script = path.join(root, 'bench/fine-tuning.py');
const quiet = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };

if (!existsSync(path.join(folder, 'labels.keras')))
  execFileSync(python, [script, 'make', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
const ways = [
  ['open', 'open', []],
  ['base', 'base', []],
  ['base, --keep-frozen', 'base', ['--keep-frozen']],
  ['two', 'two', []],
  ['labels', 'labels', []],
];
const files = [];
for (const [name, model, more] of ways) {
  const source = path.join(folder, `${model}.keras`);
  const out = path.join(folder, name.replace(/\W+/g, '-'));
  const args = [
    '--data',
    path.join(folder, 'data.npz'),
    '--method',
    'l1',
    '--effort',
    'quick',
    '--threads',
    '2',
  ];
  const command = ['prune', source, ...args, ...goal, '--out', out, '--force', ...more, ...options];
  execFileSync(process.execPath, [path.join(root, 'dist/cli.cjs'), ...command], { ...quiet, cwd: folder });
  files.push([name, source, path.join(out, `${model}.pruned.keras`)]);
}
const all = [...new Set(files.flatMap(([, before, after]) => [before, after]))];
const said = JSON.parse(
  execFileSync(python, [script, 'figures', folder, ...all], quiet)
    .trim()
    .split('\n')
    .at(-1),
);
const cell = ({ accuracy, loss, bright_mse: bright, wrong }) =>
  `${accuracy.toFixed(1)} %, ${loss.toFixed(3)}` +
  (bright === undefined ? '' : `; brightness ${bright.toFixed(4)}`) +
  (wrong === undefined ? '' : `; wrong classes ${wrong.toFixed(3)}`);
console.log('| network | before | after | weights that train, before and after |');
console.log('|---|---|---|---|');
for (const [name, before, after] of files)
  console.log(
    `| ${name} | ${cell(said[before])} | ${cell(said[after])} | ${said[before].trainable}, ${said[after].trainable} |`,
  );
