// How esbuild makes the panel: one script and one stylesheet, nothing inline, nothing fetched.
import path from 'node:path';

/**
 * The toolkit's library tries out :focus-visible with an inline style, which the panel's content security policy
 * refuses; every browser that VS Code runs in has it.
 */
const focusVisible = {
  name: 'focus-visible',
  setup(build) {
    build.onLoad(
      { filter: /fast-foundation[\\/]dist[\\/]esm[\\/]utilities[\\/]style[\\/]focus\.js$/ },
      () => ({
        contents: "export const focusVisible = 'focus-visible';",
      }),
    );
  },
};

/** zod brings its messages in fifty languages along, 260 kB; ours reach people through `strings`. */
export const zodInEnglish = {
  name: 'zod-in-english',
  setup(build) {
    build.onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, ({ path: file }) => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: path.dirname(file),
    }));
  },
};

export const webviewOptions = {
  bundle: true,
  platform: 'browser',
  format: 'iife',
  target: ['es2022', 'chrome120', 'firefox121', 'safari17'],
  minify: true,
  sourcemap: true,
  legalComments: 'none',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  plugins: [focusVisible, zodInEnglish],
  logLevel: 'warning',
};

export const webviewEntry = path.join('webview', 'main.tsx');
