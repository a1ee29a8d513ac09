import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { cacheFolder } from '../../scripts/workbench.mjs';
import { root } from './places.ts';

/** Starts what a user types after `espalier` in a terminal, in that folder. */
export function typed(folder: string, ...words: string[]): ChildProcess {
  return spawn(process.execPath, [path.join(root, 'dist/cli.cjs'), ...words], {
    cwd: folder,
    env: { ...process.env, ESPALIER_CACHE: cacheFolder() },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** The same, awaited. @returns its exit code */
export async function done(folder: string, ...words: string[]): Promise<number | null> {
  const [code] = (await once(typed(folder, ...words), 'exit')) as [number | null];
  return code;
}
