import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './cache.ts';
import { packageFolder } from './packages.ts';

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
 * Looks for TensorFlow's libraries: tfjs-node's own, $ESPALIER_TENSORFLOW, the TensorFlow of the Python on PATH, and
 * the wheel fetched earlier, in this order. Fetches nothing.
 */
export async function findLibraries(env: NodeJS.ProcessEnv = process.env): Promise<Search> {
  const notes: string[] = [];
  const tfjsNode = packageFolder('@tensorflow/tfjs-node');
  const own = tfjsNode && librariesIn(path.join(tfjsNode, 'deps'), 'tfjs-node');
  if (own) return { found: own, notes };
  const named = env.ESPALIER_TENSORFLOW;
  if (named) {
    const found = librariesIn(named, 'environment');
    if (found) return { found, notes };
    notes.push(`ESPALIER_TENSORFLOW=${named} holds no libtensorflow_cc with its include folder`);
  }
  for (const folder of await pythonFolders(env)) {
    const found = librariesIn(folder, 'python');
    if (found) return { found, notes };
    notes.push(`${folder} holds no libtensorflow_cc`);
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

/** Folders of the `tensorflow` packages of the Pythons on PATH, found without importing them. */
async function pythonFolders(env: NodeJS.ProcessEnv): Promise<string[]> {
  const script =
    "import importlib.util as u; s = u.find_spec('tensorflow'); print((s and s.submodule_search_locations or [''])[0])";
  const folders = new Set<string>();
  for (const command of ['python3', 'python']) {
    try {
      const { stdout } = await promisify(execFile)(command, ['-c', script], {
        env,
        timeout: 20_000,
        windowsHide: true,
      });
      if (stdout.trim()) folders.add(stdout.trim());
    } catch {
      // No such Python.
    }
  }
  return [...folders];
}
