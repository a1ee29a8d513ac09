// `node bench/ranks.mjs --model FILE --data PATH [--limit N] [--share 0.5] [--metric macs] [--networks 12] [--seeds 1]
// [--effort quick] [--rows FILE]`: how well scores rank networks of one budget: cut and recalibrated, and after each round
// of a race. With --rows what a network came to is kept, and the next call goes on behind it.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { build } from 'esbuild';
import { options } from '../scripts/bundle.mjs';
import { root } from '../scripts/prepare.mjs';

const file = path.join(root, 'dist/bench-ranks.cjs');
await build({ ...options, entryPoints: [path.join(root, 'bench/ranks.ts')], outfile: file });
const { status } = spawnSync(process.execPath, [file, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);
