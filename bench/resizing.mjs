// How far every way of resizing is from what it is named after, in grey levels, and what networks that know pictures by
// one of them get by it, here and in Keras. The tables of docs/resizing.md.
//   PYTHON=path/to/python node bench/resizing.mjs [FOLDER]
// needs a build (npm run build), and a Python with tensorflow, keras and pillow. What it made in FOLDER before is taken
// again; the first time takes about ten minutes of a processor.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { options } from '../scripts/bundle.mjs';
import { root } from '../scripts/prepare.mjs';

const folder = path.resolve(process.argv[2] ?? mkdtempSync(path.join(tmpdir(), 'espalier-resizing-')));
const python = process.env.PYTHON ?? 'python3';
for (const [made, script] of [
  ['pictures', 'resizing.py'],
  ['networks', 'resizing-networks.py'],
]) {
  if (existsSync(path.join(folder, `${made}.json`))) continue;
  const args = [path.join(root, 'bench', script), folder, path.join(root, '../shared')];
  const { status } = spawnSync(python, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
const file = path.join(root, 'dist/bench-resizing.cjs');
await build({ ...options, entryPoints: [path.join(root, 'bench/resizing.ts')], outfile: file });
const { status } = spawnSync(process.execPath, [file, folder], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

/** `espalier evaluate` on the test images. */
function evaluated(network, files, ...more) {
  const args = ['evaluate', `${network}.keras`, '--data', files, '--json', ...more];
  const told = execFileSync(process.execPath, [path.join(root, 'dist/cli.cjs'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(told);
}

const known = JSON.parse(readFileSync(path.join(folder, 'networks.json'), 'utf8'));
const networks = new Map(known.map(({ network, by }) => [network, by]));
const figures = ({ accuracy, loss }) => `${accuracy.toFixed(2)} %, ${loss.toFixed(4)}`;
console.log('\n| trained by | files | `--resize` | Keras | `espalier evaluate` |\n|---|---|---|---:|---:|');
for (const { network, by, files, resize, accuracy, loss } of known) {
  if (resize !== network) continue;
  const here = evaluated(network, files, '--resize', resize, '--preprocess', 'raw');
  const row = [by, files, resize, figures({ accuracy, loss }), figures(here)];
  console.log(`| ${row.join(' | ')} |`);
}
const ways = [...networks.keys()];
console.log(`\n| Keras, accuracy | ${ways.join(' | ')} | \`auto\` | why |`);
console.log(`|---|${ways.map(() => '---:|').join('')}---|---|`);
for (const [network, by] of networks) {
  const { preprocess, found } = evaluated(network, 'jpeg');
  const shown = ways.map((way) =>
    known
      .find((one) => one.network === network && one.files === 'jpeg' && one.resize === way)
      .accuracy.toFixed(1),
  );
  console.log(`| ${by} | ${shown.join(' | ')} | ${preprocess.resize} | ${found.replace(/.*sizes: /, '')} |`);
}
