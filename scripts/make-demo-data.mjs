// Draws the demo's image set again: node scripts/make-demo-data.mjs [FILE], by default media/demo/garden.zip.
// The generator is seeded, so the file changes only if the generator or the WebP encoder does.
import { build } from 'esbuild';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const target = path.resolve(process.argv[2] ?? path.join(root, 'media/demo/garden.zip'));
// inside the project, so that its packages are found
const folder = mkdtempSync(path.join(root, 'node_modules/.make-demo-data-'));
try {
  const bundle = path.join(folder, 'demo-set.mjs');
  await build({
    entryPoints: [path.join(root, 'scripts/demo-data/set.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  const { demoZip, DEMO } = await import(pathToFileURL(bundle).href);
  const bytes = await demoZip(DEMO);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(`${target}.tmp`, bytes);
  renameSync(`${target}.tmp`, target);
  console.log(`${target}: ${DEMO.train} + ${DEMO.test} images, ${(bytes.length / 1e6).toFixed(2)} MB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
