// Makes the TensorFlow backend ready: finds TensorFlow's libraries or fetches them into the cache, builds the addon.
// Ends well without them too, since the wasm backend needs neither. Options: --no-fetch.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const source = path.join(root, 'src/runtime/backend/prepare.ts');

/** The one place that knows how: src/runtime/backend, bundled here and now in a clone, from dist/ in a package. */
async function loadPrepare() {
  const built = path.join(root, 'dist/setup.cjs');
  if (!existsSync(source)) return require(built);
  const { build } = await import('esbuild');
  const { options } = await import('./bundle.mjs');
  const outfile = path.join(root, `node_modules/.espalier-setup-${process.pid}.cjs`);
  await build({ ...options, sourcemap: false, entryPoints: [source], outfile });
  try {
    return require(outfile);
  } finally {
    rmSync(outfile, { force: true });
  }
}

let passing = false;
function log(line, isPassing = false) {
  if (isPassing && !process.stderr.isTTY) return;
  process.stderr.write(`${passing ? '\r\x1b[K' : ''}${line}${isPassing ? '' : '\n'}`);
  passing = isPassing;
}

const { prepareTensorflow } = await loadPrepare();
const prepared = await prepareTensorflow({ fetch: !process.argv.includes('--no-fetch'), log });
let { why, fix } = prepared;
let ready = prepared.addon !== null;
if (ready) {
  // In a process of its own: libraries that don't fit this machine may take it down.
  const check = spawnSync(process.execPath, ['-e', 'require(process.argv[1])', prepared.addon], {
    encoding: 'utf8',
    // not the folder that the user stands in: libraries may be taken from it
    cwd: root,
  });
  ready = check.status === 0;
  if (!ready) {
    const line =
      check.stderr.split('\n').find((text) => text.startsWith('Error')) ?? `signal ${check.signal}`;
    [why, fix] = [`the addon does not load: ${line}`, 'delete the cache folder that espalier doctor names'];
  }
}
log(
  ready
    ? `backend: tensorflow, ${why}`
    : `backend: wasm, about 5 times slower in training; ${why}${fix ? `; to fix it: ${fix}` : ''}`,
);
