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
  plugins: [focusVisible],
  logLevel: 'warning',
};

export const webviewEntry = path.join('webview', 'main.tsx');
