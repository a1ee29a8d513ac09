import { existsSync } from 'node:fs';
import { addonFile, buildAddon, CannotBuild, installedAddon } from './addon.ts';
import { CannotCache } from './cache.ts';
import { fetchedFolder, findLibraries, TENSORFLOW_VERSION } from './find.ts';
import { fixes } from './fixes.ts';
import { isRestricted, RESTRICTED } from './restricted.ts';
import { CannotFetch, fetchWheel } from './wheel.ts';
import type { Log } from './wheel.ts';

export interface Prepared {
  /** tfjs-node's native addon, ready to be loaded; null where it can't be had */
  readonly addon: string | null;
  /** where TensorFlow comes from, or why there is none, in one sentence */
  readonly why: string;
  /** version of TensorFlow, where known without loading it */
  readonly version: string | null;
  /** command that fixes it, where there is none */
  readonly fix: string | null;
}

export interface PrepareOptions {
  /** may the `tensorflow-cpu` wheel be fetched (about 270 MB)? */
  readonly fetch: boolean;
  /** false: look only, don't build the addon (default true) */
  readonly build?: boolean;
  readonly log: Log;
}

/**
 * Makes tfjs-node's addon ready: finds TensorFlow's libraries, or fetches them if it may, and builds the addon against
 * them, once, in the cache. Never throws for what can't be had: it says why and what fixes it.
 */
export async function prepareTensorflow({ fetch, build = true, log }: PrepareOptions): Promise<Prepared> {
  if (isRestricted()) return { addon: null, why: RESTRICTED, version: null, fix: null };
  const installed = installedAddon();
  if (installed) return { addon: installed, why: "tfjs-node's own install", version: null, fix: null };
  try {
    let { found, notes } = await findLibraries();
    if (!found && fetch) {
      await fetchWheel(fetchedFolder(), log);
      ({ found, notes } = await findLibraries());
    }
    if (!found) return { addon: null, why: notes.join('; '), version: null, fix: fixes.setup };
    const why = {
      'tfjs-node': `the libraries of tfjs-node's own install, ${found.folder}`,
      environment: `ESPALIER_TENSORFLOW, ${found.folder}`,
      python: `the TensorFlow of the Python on PATH, ${found.folder}`,
      cache: `the tensorflow-cpu ${TENSORFLOW_VERSION} that setup fetched, ${found.folder}`,
    }[found.source];
    if (!build && !existsSync(addonFile(found)))
      return {
        addon: null,
        why: `${why}; its addon is not built yet`,
        version: found.version,
        fix: fixes.setup,
      };
    return { addon: await buildAddon(found, log), why, version: found.version, fix: null };
  } catch (error) {
    if (error instanceof CannotBuild || error instanceof CannotFetch || error instanceof CannotCache)
      return { addon: null, why: error.message, version: null, fix: error.fix };
    const reason = error instanceof Error ? error.message : String(error);
    return {
      addon: null,
      why: `TensorFlow could not be prepared: ${reason}`,
      version: null,
      fix: fixes.setup,
    };
  }
}
