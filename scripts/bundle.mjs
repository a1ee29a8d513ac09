// How esbuild makes one file of a program: native and large packages stay outside.
export const options = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  sourcemap: true,
  external: [
    'vscode',
    'sharp',
    'onnxruntime-node',
    'h5wasm',
    'h5wasm/node',
    '@tensorflow/*',
    '@mapbox/node-pre-gyp',
  ],
  define: { 'import.meta.url': '__importMetaUrl' },
  banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
};
