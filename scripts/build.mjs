// Bundles the entry points with esbuild into dist/. Native and large packages stay outside the bundle.
import { build } from 'esbuild';
import { existsSync, rmSync } from 'node:fs';

const external = [
  'vscode',
  'sharp',
  'onnxruntime-node',
  'h5wasm',
  'h5wasm/node',
  '@tensorflow/*',
  '@mapbox/node-pre-gyp',
];
rmSync('dist', { recursive: true, force: true });
const entries = {
  cli: 'src/cli/main.ts',
  engine: 'src/engine/main.ts',
  extension: 'src/extension/extension.ts',
};
for (const [name, entry] of Object.entries(entries)) {
  if (!existsSync(entry)) continue;
  await build({
    entryPoints: [entry],
    outfile: `dist/${name}.cjs`,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: true,
    external,
    define: { 'import.meta.url': '__importMetaUrl' },
    banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  });
}
