// Bundles the entry points with esbuild into dist/.
import { build } from 'esbuild';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { options } from './bundle.mjs';
import { webviewEntry, webviewOptions, zodInEnglish } from './webview.mjs';

rmSync('dist', { recursive: true, force: true });
const entries = {
  cli: 'src/cli/main.ts',
  engine: 'src/engine/main.ts',
  extension: 'src/extension/extension.ts',
  host: 'src/extension/host.ts',
  setup: 'src/runtime/backend/prepare.ts',
};
for (const [name, entry] of Object.entries(entries)) {
  if (!existsSync(entry)) continue;
  // loaded whole when a window opens: small
  const small = name === 'extension' || name === 'host' ? { minify: true, legalComments: 'none' } : {};
  await build({
    ...options,
    ...small,
    plugins: [zodInEnglish],
    entryPoints: [entry],
    outfile: `dist/${name}.cjs`,
  });
}
chmodSync('dist/cli.cjs', 0o755);
// the panel: dist/webview/panel.js and panel.css
await build({ ...webviewOptions, entryPoints: { panel: webviewEntry }, outdir: 'dist/webview' });
