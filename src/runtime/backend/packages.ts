import { createRequire } from 'node:module';
import path from 'node:path';
import type { Tf } from '../types.ts';

/** Resolves npm packages as this file would, in sources and in the bundle. */
export const require = createRequire(import.meta.url);

/** Folder of an installed npm package, or null. */
export function packageFolder(name: string): string | null {
  try {
    return path.dirname(require.resolve(`${name}/package.json`));
  } catch {
    return null;
  }
}

/** Version of an installed npm package, or null. */
export function packageVersion(name: string): string | null {
  try {
    return (require(`${name}/package.json`) as { version: string }).version;
  } catch {
    return null;
  }
}

/**
 * TensorFlow.js' core with all gradients registered, which only the union package does.
 * @throws Error where two copies of the core are installed, since each has an engine of its own
 */
export function loadTfjs(): Tf {
  const tf = require('@tensorflow/tfjs-core') as Tf;
  // The union package is a dependency of tfjs-node, not ours.
  const union = createRequire(require.resolve('@tensorflow/tfjs-node/package.json'))(
    '@tensorflow/tfjs',
  ) as Tf;
  if (union.Tensor !== tf.Tensor)
    throw new Error('two copies of @tensorflow/tfjs-core are installed; run `npm ci` to have one');
  return tf;
}
