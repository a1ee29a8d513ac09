import { createRequire } from 'node:module';
import path from 'node:path';

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
