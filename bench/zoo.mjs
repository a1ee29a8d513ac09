// Every network of keras.applications, pruned at random: node bench/zoo.mjs [--only NAME,...] [--minutes N]
// Needs `npm run build`, and ESPALIER_PYTHON: a Python with keras, tf_keras and tensorflow. Random weights, the smallest
// input, batch norms calibrated on noise; Keras itself makes each network, loads the pruned file, and compares it with the
// whole one whose removed channels are zero. Rows that are there stay (bench/zoo.jsonl); docs/zoo.md is made of them.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { build } from 'esbuild';
import { options } from '../scripts/bundle.mjs';
import { root } from '../scripts/prepare.mjs';

const python = process.env.ESPALIER_PYTHON;
if (!python) throw new Error('set ESPALIER_PYTHON to a Python with keras, tf_keras and tensorflow');
const outfile = path.join(root, 'dist/bench-zoo.cjs');
await build({ ...options, entryPoints: [path.join(root, 'bench/zoo.ts')], outfile });
for (const legacy of ['', '1']) {
  const env = { ...process.env, TF_USE_LEGACY_KERAS: legacy };
  spawnSync(python, [path.join(root, 'bench/zoo.py'), ...process.argv.slice(2)], { stdio: 'inherit', env });
}
