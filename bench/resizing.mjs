// How far every way of resizing is from what it is named after, in grey levels, and what three networks get by it:
//   PYTHON=path/to/python node bench/resizing.mjs [FOLDER]
// The Python needs tensorflow, keras and pillow. What it made in FOLDER before is taken again.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { options } from '../scripts/bundle.mjs';
import { root } from '../scripts/prepare.mjs';

const folder = path.resolve(process.argv[2] ?? mkdtempSync(path.join(tmpdir(), 'espalier-resizing-')));
const python = process.env.PYTHON ?? 'python3';
for (const what of ['pictures', 'networks']) {
  if (existsSync(path.join(folder, `${what}.json`))) continue;
  const script = path.join(root, 'bench/resizing.py');
  const { status } = spawnSync(python, [script, what, folder, path.join(root, '../shared')], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
const file = path.join(root, 'dist/bench-resizing.cjs');
await build({ ...options, entryPoints: [path.join(root, 'bench/resizing.ts')], outfile: file });
process.exit(spawnSync(process.execPath, [file, folder], { stdio: 'inherit' }).status ?? 1);
