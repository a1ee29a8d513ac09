import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from './cache.ts';
import { packageFolder } from './packages.ts';
import { findPythons, installationOf } from './python.ts';
import type { Installation } from './python.ts';

/** The version that `setup` fetches, and what it was tested with. */
export const TENSORFLOW_VERSION = '2.21.0';

/** TensorFlow's C library somewhere on this machine, with the headers to build against. */
export interface Libraries {
  readonly source: 'tfjs-node' | 'environment' | 'python' | 'cache';
  readonly folder: string;
  /** the library files, absolute */
  readonly files: readonly string[];
  readonly include: string;
  /** null where nothing says it */
  readonly version: string | null;
}

/** What was looked for and not found, in one line each. */
export interface Search {
  readonly found: Libraries | null;
  readonly notes: readonly string[];
}

/** Where `setup` puts the libraries of the wheel. */
export function fetchedFolder(): string {
  return path.join(cacheFolder(), `tensorflow-${TENSORFLOW_VERSION}-${process.platform}-${process.arch}`);
}

/**
 * Looks for TensorFlow's libraries: tfjs-node's own, $ESPALIER_TENSORFLOW, the TensorFlow that is installed for the Python on
 * PATH, and the wheel fetched earlier, in this order. Fetches nothing.
 */
export async function findLibraries(env: NodeJS.ProcessEnv = process.env): Promise<Search> {
  const notes: string[] = [];
  const tfjsNode = packageFolder('@tensorflow/tfjs-node');
  const own = tfjsNode && librariesIn(path.join(tfjsNode, 'deps'), 'tfjs-node');
  if (own) return { found: own, notes };
  const named = env.ESPALIER_TENSORFLOW;
  if (named) {
    const found = librariesIn(path.resolve(named), 'environment');
    if (found) return { found, notes };
    notes.push(`ESPALIER_TENSORFLOW=${named} holds no libtensorflow_cc with its include folder`);
  }
  for (const python of findPythons(['python3', 'python'], env)) {
    const installed = await installationOf(python, env);
    const found = installed && installedFor(installed, notes);
    if (found) return { found, notes };
  }
  const fetched = librariesIn(fetchedFolder(), 'cache');
  if (fetched) return { found: fetched, notes };
  notes.push('no TensorFlow was found on this machine');
  return { found: null, notes };
}

const LIBRARY = /^lib(tensorflow(_cc|_framework)?)\.(so(\.\d+)?|(\d+\.)?dylib)$/;

/** The libraries in a `tensorflow` package's folder, or in a folder of TensorFlow's C API (include/, lib/). */
function librariesIn(folder: string, source: Libraries['source']): Libraries | null {
  for (const place of [folder, path.join(folder, 'lib')]) {
    const include = [
      path.join(place, 'include'),
      path.join(folder, 'include'),
      path.join(folder, '..', 'include'),
    ].find((dir) => existsSync(path.join(dir, 'tensorflow', 'c', 'c_api.h')));
    if (!include || !existsSync(place)) continue;
    // One file of each library: the shortest name that has a version, since that is what SONAME says.
    const byName = new Map<string, string>();
    for (const file of readdirSync(place).sort()) {
      const name = LIBRARY.exec(file)?.[1];
      if (name && (!byName.has(name) || /\d/.test(file))) byName.set(name, path.join(place, file));
    }
    const main = byName.get('tensorflow_cc') ?? byName.get('tensorflow');
    const framework = byName.get('tensorflow_framework');
    if (!main || !framework) continue;
    return {
      source,
      folder: realpathSync(place),
      files: [main, framework],
      include,
      version: versionOf(folder, include),
    };
  }
  return null;
}

/** From pip's record beside the package, the headers, or the folder that setup made. */
function versionOf(folder: string, include: string): string | null {
  if (path.resolve(folder) === fetchedFolder()) return TENSORFLOW_VERSION;
  const beside = path.dirname(path.resolve(folder));
  for (const name of readdirSync(beside)) {
    const version = /^tensorflow(?:_cpu|_macos|_intel)?-([\w.]+)\.dist-info$/.exec(name)?.[1];
    if (version) return version;
  }
  const header = path.join(include, 'tensorflow', 'core', 'public', 'version.h');
  if (!existsSync(header)) return null;
  const text = readFileSync(header, 'utf8');
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => new RegExp(`#define TF_${part}_VERSION (\\d+)`).exec(text)?.[1],
  );
  return parts.every((part) => part !== undefined) ? parts.join('.') : null;
}

/**
 * The libraries of the `tensorflow` package that is installed for a Python. Not what only lies where Python would find
 * it (the current folder, PYTHONPATH, an editable install), nor what a link leads to elsewhere: they will be loaded.
 */
function installedFor({ packages, libraries }: Installation, notes: string[]): Libraries | null {
  const own = [...packages, ...libraries].filter(existsSync).map((folder) => realpathSync(folder));
  const isOwn = (file: string) => own.some((folder) => realpathSync(file).startsWith(folder + path.sep));
  for (const place of packages) {
    const folder = path.join(place, 'tensorflow');
    if (!existsSync(folder)) continue;
    const found = librariesIn(folder, 'python');
    if (!found) notes.push(`${folder} holds no libtensorflow_cc`);
    else if ([folder, found.include, ...found.files].every(isOwn)) return found;
    else
      notes.push(
        `${folder} leads outside of its Python's own folders (to use it all the same, name it in ESPALIER_TENSORFLOW)`,
      );
  }
  return null;
}
