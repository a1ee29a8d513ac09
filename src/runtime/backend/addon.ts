import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, withLock } from './cache.ts';
import { packageFolder, packageVersion } from './packages.ts';
import type { Libraries } from './find.ts';

/** The addon that tfjs-node's own install made, or null where that install did not work. */
export function installedAddon(): string | null {
  const folder = packageFolder('@tensorflow/tfjs-node');
  if (!folder) return null;
  // The names that tfjs-node's node-pre-gyp settings give; every Node since 16 takes version 8.
  const addon = path.join(folder, 'lib', 'napi-v8', 'tfjs_binding.node');
  const libraries = path.join(folder, 'deps', 'lib');
  const hasLibrary = existsSync(libraries) && readdirSync(libraries).some((file) => /^(lib)?tensorflow\./.test(file));
  return existsSync(addon) && hasLibrary ? addon : null;
}

/** Where the addon built against these libraries is, or will be. */
export function addonFile(libraries: Libraries): string {
  const { size, mtimeMs } = statSync(libraries.files[0]);
  // The addon holds the libraries' folder, so a TensorFlow elsewhere, or an updated one, needs another.
  const place = createHash('sha256').update(`${libraries.folder}\n${size}\n${mtimeMs}`).digest('hex').slice(0, 12);
  const key = [
    `tfjs-node-${packageVersion('@tensorflow/tfjs-node')}`,
    `tensorflow-${libraries.version ?? 'unknown'}`,
    `${process.platform}-${process.arch}`,
    place,
  ].join('_');
  return path.join(cacheFolder(), 'addon', key, 'tfjs_binding.node');
}

/** A sentence for people, and what to do about it. */
export class CannotBuild extends Error {
  readonly mend: string;
  constructor(message: string, mend: string) {
    super(message);
    this.mend = mend;
  }
}

/**
 * Builds tfjs-node's addon from the sources in its package against the given libraries; takes about five seconds, once.
 * It keeps the libraries' folder (RUNPATH), so nothing needs to be set to load it.
 * @throws CannotBuild without a C++ compiler, or where it fails.
 */
export async function buildAddon(libraries: Libraries, log: (line: string) => void): Promise<string> {
  const file = addonFile(libraries);
  if (existsSync(file)) return file;
  return await withLock(
    path.dirname(file),
    async () => {
      if (existsSync(file)) return file;
      const compiler = await findCompiler();
      log(`building the TensorFlow addon with ${compiler} (once, a few seconds)`);
      const temporary = `${file}.${process.pid}.tmp`;
      mkdirSync(path.dirname(file), { recursive: true });
      try {
        await promisify(execFile)(compiler, compilerArguments(libraries, temporary), { maxBuffer: 1 << 26 });
        renameSync(temporary, file);
      } catch (error) {
        const lines = String((error as { stderr?: string }).stderr ?? error).split('\n');
        const reason = lines.find((line) => /error|cannot/i.test(line)) ?? lines[0];
        throw new CannotBuild(`${compiler} could not build the TensorFlow addon: ${reason}`, 'npm run setup');
      } finally {
        rmSync(temporary, { force: true });
      }
      return file;
    },
    () => log('another process is building the TensorFlow addon; waiting for it'),
  );
}

async function findCompiler(): Promise<string> {
  for (const name of [process.env.CXX, 'g++', 'c++', 'clang++']) {
    if (!name) continue;
    try {
      await promisify(execFile)(name, ['--version']);
      return name;
    } catch {
      // Not this one.
    }
  }
  const mend: Partial<Record<NodeJS.Platform, string>> = {
    darwin: 'xcode-select --install',
    linux: existsSync('/usr/bin/dnf') ? 'sudo dnf install gcc-c++' : 'sudo apt-get install g++',
  };
  throw new CannotBuild(
    'no C++ compiler (g++, c++ or clang++) was found to build the TensorFlow addon',
    mend[process.platform] ?? 'install a C++ compiler',
  );
}

function compilerArguments(libraries: Libraries, output: string): string[] {
  const tfjsNode = packageFolder('@tensorflow/tfjs-node');
  const headers = packageFolder('node-api-headers');
  if (!tfjsNode || !headers)
    throw new CannotBuild('@tensorflow/tfjs-node or node-api-headers is not installed', 'npm ci');
  const sources = path.join(tfjsNode, 'binding');
  return [
    ...(process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']),
    ...['-O2', '-fPIC', '-std=c++17', '-w', '-DNAPI_VERSION=8'],
    ...['-I', path.join(headers, 'include'), '-I', libraries.include],
    ...readdirSync(sources)
      .filter((name) => name.endsWith('.cc'))
      .map((name) => path.join(sources, name)),
    ...libraries.files,
    `-Wl,-rpath,${libraries.folder}`,
    ...['-o', output],
  ];
}
