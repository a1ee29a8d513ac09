// How quick parts are that the tests only hold to do no needless work: node bench/parts.mjs
// In processor time of this process, so that what else the machine does matters little.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { build } from 'esbuild';
import { options } from '../scripts/bundle.mjs';
import { root } from '../scripts/prepare.mjs';

const file = path.join(root, 'dist/bench-parts.cjs');
await build({ ...options, entryPoints: [path.join(root, 'bench/parts.ts')], outfile: file });
process.exit(spawnSync(process.execPath, [file], { stdio: 'inherit' }).status ?? 1);
