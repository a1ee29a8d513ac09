// `node bench/recipes.mjs --model FILE --data PATH [--limit N] [--share 0.5] [--seeds 2] [--curve] RECIPE…`: what each way
// of fine-tuning brings a network that L1 has just cut to a share of its MACs. A recipe is like
// "rate=0.05 steps=800 flip shift=4 kd=0.7".
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { build } from 'esbuild';
import { options } from '../scripts/bundle.mjs';
import { root } from '../scripts/prepare.mjs';

const file = path.join(root, 'dist/bench-recipes.cjs');
await build({ ...options, entryPoints: [path.join(root, 'bench/recipes.ts')], outfile: file });
const { status } = spawnSync(process.execPath, [file, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);
