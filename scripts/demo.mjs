// `npm run demo`: installs, builds, prunes the bundled sample with controls, and shows where the result is.
//   --data PATH    other images (a small network is trained on them first, unless --model is given)
//   --model FILE   another network
//   --out FOLDER   default demo-out/
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { prepare, root } from './prepare.mjs';

const { data, model, out } = options();
const caller = process.cwd();
const sample = path.join(root, 'media/demo');
const images = data ? path.resolve(caller, data) : path.join(sample, 'garden.zip');
const folder = out ? path.resolve(caller, out) : path.join(root, 'demo-out');
if (!existsSync(images)) fail(`there are no images at ${images}; give some with --data PATH`);
if (model && !existsSync(path.resolve(caller, model)))
  fail(`there is no model at ${path.resolve(caller, model)}`);

prepare();
const started = performance.now();
mkdirSync(folder, { recursive: true });
// only what this demo itself made before
rmSync(path.join(folder, '.espalier'), { recursive: true, force: true });
// enough to see how the methods differ, few enough for two cores and four minutes
const limit = data ? ['--limit', '6000'] : [];
const network = chooseNetwork();
const report = path.join(folder, 'report.html');
espalier(
  'prune',
  network,
  '--data',
  images,
  ...limit,
  '--target',
  'macs=50%',
  '--effort',
  'quick',
  '--fine-tune-epochs',
  '4',
  '--with-controls',
  '--out',
  folder,
  '--report',
  report,
  '--force',
);
const seconds = Math.round((performance.now() - started) / 1000);
console.log(`\nDone in ${seconds} s. Open the report in a browser:\n  ${pathToFileURL(report).href}`);

/** The model to prune: the one named, the bundled one, or one that is trained here and now. */
function chooseNetwork() {
  if (model) return path.resolve(caller, model);
  const bundled = path.join(sample, 'model.h5');
  if (!data && existsSync(bundled)) return bundled;
  const fresh = path.join(folder, 'untrained.h5');
  const trained = path.join(folder, 'model.h5');
  console.error('Training a small network on these images first…');
  espalier('new', 'resnet8', '--data', images, '--out', fresh, '--force');
  espalier(
    'train',
    fresh,
    '--data',
    images,
    ...limit,
    '--epochs',
    data ? '4' : '12',
    '--out',
    trained,
    '--force',
  );
  return trained;
}

function espalier(...args) {
  const done = spawnSync(process.execPath, [path.join(root, 'dist/cli.cjs'), ...args], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

function options() {
  try {
    const text = { type: 'string' };
    return parseArgs({ options: { data: text, model: text, out: text } }).values;
  } catch (error) {
    return fail(`${error.message}; usage: npm run demo -- [--data PATH] [--model FILE] [--out FOLDER]`);
  }
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
