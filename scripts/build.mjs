// Bundles the entry points with esbuild into dist/.
//   --watch   goes on, and bundles anew whatever a changed file is part of, until Ctrl-C
import { build, context } from 'esbuild';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { options } from './bundle.mjs';
import { narrator } from './watch.mjs';
import { webviewEntry, webviewOptions, zodInEnglish } from './webview.mjs';

const entries = {
  cli: 'src/cli/main.ts',
  engine: 'src/engine/main.ts',
  extension: 'src/extension/extension.ts',
  host: 'src/extension/host.ts',
  setup: 'src/runtime/backend/prepare.ts',
};
const programs = Object.entries(entries).map(([name, entry]) => {
  // loaded whole when a window opens: small
  const small = name === 'extension' || name === 'host' ? { minify: true, legalComments: 'none' } : {};
  return {
    ...options,
    ...small,
    plugins: [zodInEnglish],
    entryPoints: [entry],
    outfile: `dist/${name}.cjs`,
  };
});
// the panel: dist/webview/panel.js and panel.css
const panel = { ...webviewOptions, entryPoints: { panel: webviewEntry }, outdir: 'dist/webview' };
const bundles = [...programs, panel].filter(({ entryPoints }) => existsSync(Object.values(entryPoints)[0]));

rmSync('dist', { recursive: true, force: true });
if (process.argv.includes('--watch')) await watch();
else {
  for (const bundle of bundles) await build(bundle);
  chmodSync('dist/cli.cjs', 0o755);
}

/** Returns when each is being watched; esbuild then keeps the process alive. */
async function watch() {
  // first, so that it can be run once it is written
  mkdirSync('dist');
  writeFileSync('dist/cli.cjs', '', { mode: 0o755 });
  const say = narrator(bundles.length);
  for (const bundle of bundles) {
    const watched = await context({ ...bundle, plugins: [...bundle.plugins, say] });
    await watched.watch();
  }
}
