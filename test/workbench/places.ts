import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { browser, WORKBENCHES, whyNot, workbenchPlaces } from '../../scripts/workbench.mjs';

export const root = path.resolve(import.meta.dirname, '../..');

/** Pictures of what the tests see; git ignores the folder. */
export const pictures = path.join(root, 'out', 'pictures');

/** A version of code-server, and whether it is installed in the cache. */
export interface Version {
  readonly version: string;
  readonly node: string;
  readonly entry: string;
  readonly here: boolean;
}

/** The oldest VS Code that we say we run in, and the newest tried. */
export const versions: readonly Version[] = WORKBENCHES.map(({ version }) => {
  const { node, entry, whole } = workbenchPlaces(version);
  return { version, node, entry, here: whyNot() === null && existsSync(whole) };
});
export const [oldest, newest] = versions as [Version, Version];

/**
 * For what depends on our own code and hardly on VS Code's version: the newest alone, and all of them where
 * ESPALIER_WORKBENCH=all asks for it.
 */
export const mostly: readonly Version[] = process.env.ESPALIER_WORKBENCH === 'all' ? versions : [newest];

/** Path of the browser. @throws Error where there is none */
export function chromium(): string {
  const found = browser();
  if (!found) throw new Error('there is no Chromium');
  return found;
}

/** The VSIX that `npm run package` made: for this platform, or the one that runs everywhere. @throws Error without it */
export function vsix(kind: 'native' | 'universal'): string {
  const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  const platform = kind === 'native' ? `${process.platform}-${process.arch}-` : '';
  const file = path.join(root, 'out', `${name}-${platform}${version}.vsix`);
  if (!existsSync(file)) throw new Error(`${file} is not there: npm run package`);
  return file;
}

/** Whether there is a browser here. */
export const runnable = whyNot() === null;
