import { lstat, realpath } from 'node:fs/promises';
import path from 'node:path';

/** Where a path really leads, also where its end isn't there yet; null behind a link that leads nowhere. */
export async function realOf(file: string): Promise<string | null> {
  const missing: string[] = [];
  for (let at = path.resolve(file); ;) {
    const real = await realpath(at).catch(() => null);
    if (real) return path.join(real, ...missing);
    if (await lstat(at).catch(() => null)) return null;
    const parent = path.dirname(at);
    if (parent === at) return null;
    missing.unshift(path.basename(at));
    at = parent;
  }
}

/** Whether a path is a folder or lies in it, going by the two names alone. */
export function isWithin(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
