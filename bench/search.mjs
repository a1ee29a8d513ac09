// `npm run bench:search`: every searcher on architectures whose worth is known, against random draws at the same number
// of evaluations.
//   --table FILE    Channel-Bench-Macro (default ../shared/data/channel-bench-macro/resnet.json.gz; without it, made
//                   landscapes)
//   --share X       of the whole network's FLOPs (default 0.5)
//   --seeds N       (default 20)
//   --evaluations N,…  60, 120, 480 or some of them (default: all)
//   --searcher TEXT,…  those whose names have one of these in them, and random (default: all, but SAC with 480, which
//                   takes hours: its networks of 300 units learn in 65 ms an update)
//   --first N       the first seed (default 1)
//   --curve         five budgets, down to a quarter of the share: each searched for by itself, or all by one policy
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { options } from '../scripts/bundle.mjs';
import { root } from '../scripts/prepare.mjs';

const table = path.resolve(root, '../shared/data/channel-bench-macro/resnet.json.gz');
const file = path.join(root, 'dist/bench-search.cjs');
await build({ ...options, entryPoints: [path.join(root, 'bench/search.ts')], outfile: file });
const given = existsSync(table) ? ['--table', table] : [];
const { status } = spawnSync(process.execPath, [file, ...given, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
