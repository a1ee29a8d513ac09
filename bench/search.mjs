// `npm run bench:search`: every searcher on architectures whose worth is known, against random draws at the same number
// of evaluations.
//   --table FILE    Channel-Bench-Macro (default ../shared/data/channel-bench-macro/resnet.json.gz; without it, made
//                   landscapes)
//   --share X       of the whole network's FLOPs (default 0.5)
//   --seeds N       (default 20)
//   --evaluations N,…  60, 120, 480 or some of them (default: all)
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { options } from '../scripts/bundle.mjs';
import { root } from '../scripts/prepare.mjs';

const { values } = parseArgs({
  options: {
    table: {
      type: 'string',
      default: path.resolve(root, '../shared/data/channel-bench-macro/resnet.json.gz'),
    },
    share: { type: 'string', default: '0.5' },
    seeds: { type: 'string', default: '20' },
    evaluations: { type: 'string', default: '60,120,480' },
  },
});
const file = path.join(root, 'dist/bench-search.cjs');
await build({ ...options, entryPoints: [path.join(root, 'bench/search.ts')], outfile: file });
const table = existsSync(values.table) ? values.table : 'made';
const { status } = spawnSync(
  process.execPath,
  [file, table, values.share, values.seeds, ...values.evaluations.split(',')],
  {
    stdio: 'inherit',
  },
);
process.exit(status ?? 1);
