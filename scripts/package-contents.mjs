// What goes into a VSIX, and nothing else: the list that test/extension/vsix.test.ts holds the made files against.

/** Own files, as paths from the root with slashes. */
export const OWN = [
  /^package(\.nls(\.[\w-]+)?)?\.json$/,
  /^(README|CHANGELOG)\.md$/,
  /^LICENSE$/,
  /^l10n\/bundle\.l10n(\.[\w-]+)?\.json$/,
  /^media\/espalier\.schema\.json$/,
  /^media\/icon\.png$/,
  /^media\/[\w-]+\.svg$/,
  /^media\/readme\/[\w-]+\.png$/,
  /^media\/(icons|walkthrough)\/[\w-]+\.(svg|md|png)$/,
  /^media\/demo\/(model\.h5|garden\.zip)$/,
  /^dist\/(cli|engine|extension|host|setup)\.cjs$/,
  /^dist\/webview\/[\w-]+\.(js|css|ttf)$/,
];

/** Packages that esbuild leaves outside its bundles, with the files of each that are loaded (a slash: the folder). */
const PORTABLE = {
  '@img/colour': ['index.cjs', 'color.cjs'],
  '@tensorflow/tfjs': ['dist/tf.node.js'],
  '@tensorflow/tfjs-backend-cpu': ['dist/tf-backend-cpu.node.js'],
  '@tensorflow/tfjs-backend-wasm': ['dist/tf-backend-wasm.node.js', 'wasm-out/'],
  '@tensorflow/tfjs-backend-webgl': ['dist/tf-backend-webgl.node.js'],
  '@tensorflow/tfjs-converter': ['dist/tf-converter.node.js'],
  '@tensorflow/tfjs-core': ['dist/tf-core.node.js'],
  '@tensorflow/tfjs-data': ['dist/tf-data.node.js'],
  '@tensorflow/tfjs-layers': ['dist/tf-layers.node.js'],
  // its addon is built on the user's machine, against the TensorFlow found there, from these sources
  '@tensorflow/tfjs-node': [
    'binding/',
    'dist/int64_tensors.js',
    'dist/kernels/',
    'dist/nodejs_kernel_backend.js',
    'dist/proto/api_pb.js',
    'dist/register_all_kernels.js',
  ],
  'detect-libc': ['lib/'],
  'google-protobuf': ['google-protobuf.js'],
  h5wasm: ['dist/esm/'],
  long: ['src/long.js'],
  'node-api-headers': ['include/'],
  seedrandom: ['index.js', 'seedrandom.js', 'lib/'],
  semver: ['index.js', 'classes/', 'functions/', 'internal/', 'ranges/'],
  sharp: ['dist/'],
};

/** In place of what is native. Without onnxruntime-node, candidates are scored by the backend that trains. */
const WASM = {
  '@emnapi/runtime': ['index.js', 'dist/emnapi.cjs.js', 'dist/emnapi.cjs.min.js'],
  '@img/sharp-wasm32': ['index.cjs', 'lib/', 'versions.json'],
};

const native = (platform, arch) => ({
  [`@img/sharp-${platform}-${arch}`]: ['index.cjs', 'lib/'],
  // Windows has libvips in the package above
  ...(platform === 'win32' ? {} : { [`@img/sharp-libvips-${platform}-${arch}`]: ['lib/', 'versions.json'] }),
  'onnxruntime-common': ['dist/cjs/'],
  'onnxruntime-node': [
    'dist/backend.js',
    'dist/binding.js',
    'dist/index.js',
    'dist/version.js',
    `bin/napi-v6/${platform}/${arch}/`,
  ],
});

/** Files of a package's folder that are worth their bytes. */
export const USEFUL = /\.(c?js|json|wasm|node|cc|h|dylib|dll|so(\.\d+)*)$/;
export const USELESS = /(_test|\.esm|\.min|\.test)\.js$|\/glib-2\.0\//;

/**
 * Packages, by name, with their files.
 * @param target `linux-x64` and the like, as vsce names them; null: what runs everywhere
 */
export function packages(target) {
  if (target === null) return { ...PORTABLE, ...WASM };
  const [platform, arch] = target.split('-');
  return { ...PORTABLE, ...native(platform, arch) };
}
