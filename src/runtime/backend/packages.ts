import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ownFolder } from '../../system/own-folder.ts';
import { loadsFromHere } from '../../system/programs.ts';
import type { Tf } from '../types.ts';
import { fixes } from './fixes.ts';

/** Resolves npm packages as this file would, in sources and in the bundle. */
export const require = createRequire(import.meta.url);

/**
 * Loads a native module. Where LD_LIBRARY_PATH names the current folder (an empty entry does), which comes before the
 * folder that a module itself names, the libraries that it needs would be taken from there: it is loaded from ours.
 */
export function requireNative(name: string): unknown {
  if (!loadsFromHere()) return require(name);
  const here = process.cwd();
  process.chdir(ownFolder);
  try {
    return require(name);
  } finally {
    process.chdir(here);
  }
}

/** Folder of an installed npm package, or null. */
export function packageFolder(name: string): string | null {
  // Not require.resolve: some packages don't export their package.json.
  const folders = (require.resolve.paths(name) ?? []).map((place) => path.join(place, name));
  return folders.find((folder) => existsSync(path.join(folder, 'package.json'))) ?? null;
}

/** Version of an installed npm package, or null. */
export function packageVersion(name: string): string | null {
  const folder = packageFolder(name);
  return folder && (require(path.join(folder, 'package.json')) as { version: string }).version;
}

/**
 * TensorFlow.js' core with all gradients registered, which only the union package does.
 * @throws Error where two copies of the core are installed, since each has a backend of its own
 */
export function loadTfjs(): Tf {
  const tf = require('@tensorflow/tfjs-core') as Tf;
  // The union package is a dependency of tfjs-node, not ours.
  const union = createRequire(require.resolve('@tensorflow/tfjs-node/package.json'))(
    '@tensorflow/tfjs',
  ) as Tf;
  if (union.Tensor !== tf.Tensor)
    throw new Error(`two copies of @tensorflow/tfjs-core are installed; to fix it: ${fixes.install}`);
  return tf;
}
