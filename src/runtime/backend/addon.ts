import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { findProgram, ownQuarters } from '../../system/programs.ts';
import { cacheFolder, withLock } from './cache.ts';
import { fixes } from './fixes.ts';
import { packageFolder, packageVersion, requireNative } from './packages.ts';
import type { Libraries } from './find.ts';

/** The addon that tfjs-node's own install made, or null where that install did not work. */
export function installedAddon(): string | null {
  const folder = packageFolder('@tensorflow/tfjs-node');
  if (!folder) return null;
  // The names that tfjs-node's node-pre-gyp settings give; every Node since 16 takes version 8.
  const addon = path.join(folder, 'lib', 'napi-v8', 'tfjs_binding.node');
  const libraries = path.join(folder, 'deps', 'lib');
  const hasLibrary =
    existsSync(libraries) && readdirSync(libraries).some((file) => /^(lib)?tensorflow\./.test(file));
  return existsSync(addon) && hasLibrary ? addon : null;
}

/** Where the addon built against these libraries is, or will be. */
export function addonFile(libraries: Libraries): string {
  const { size, mtimeMs } = statSync(libraries.files[0]);
  // The addon holds the libraries' folder, so a TensorFlow elsewhere, or an updated one, needs another.
  const place = createHash('sha256')
    .update(`${libraries.folder}\n${size}\n${mtimeMs}`)
    .digest('hex')
    .slice(0, 12);
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
  readonly fix: string;
  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

/**
 * Builds tfjs-node's addon from the sources in its package against the given libraries; takes about five seconds, once.
 * It keeps the libraries' folder (RUNPATH), so nothing needs to be set to load it.
 * @throws CannotBuild without a C++ compiler, or where it fails; CannotCache where there is no place for it
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
      const folder = path.dirname(file);
      const temporary = `${folder}.${process.pid}.tmp`;
      rmSync(temporary, { recursive: true, force: true });
      mkdirSync(temporary);
      try {
        await buildQuiet(compiler, libraries, temporary);
        await compile(
          compiler,
          libraries,
          addonSources(),
          libraries.files,
          path.join(temporary, path.basename(file)),
        );
        rmSync(folder, { recursive: true, force: true });
        renameSync(temporary, folder);
      } catch (error) {
        if (error instanceof CannotBuild) throw error;
        const lines = String((error as { stderr?: string }).stderr ?? error).split('\n');
        const reason = lines.find((line) => /error|cannot/i.test(line)) ?? lines[0];
        throw new CannotBuild(`${compiler} could not build the TensorFlow addon: ${reason}`, fixes.setup);
      } finally {
        rmSync(temporary, { recursive: true, force: true });
      }
      return file;
    },
    () => log('another process is building the TensorFlow addon; waiting for it'),
  );
}

async function findCompiler(): Promise<string> {
  for (const name of [process.env.CXX, 'g++', 'c++', 'clang++']) {
    const compiler = name && findProgram(name);
    if (!compiler) continue;
    try {
      await promisify(execFile)(compiler, ['--version'], ownQuarters());
      return compiler;
    } catch {
      // Not this one.
    }
  }
  const fix: Partial<Record<NodeJS.Platform, string>> = {
    darwin: 'xcode-select --install',
    linux: existsSync('/usr/bin/dnf') ? 'sudo dnf install gcc-c++' : 'sudo apt-get install g++',
  };
  throw new CannotBuild(
    'no C++ compiler (g++, c++ or clang++) was found to build the TensorFlow addon',
    fix[process.platform] ?? 'install a C++ compiler',
  );
}

function addonSources(): string[] {
  const folder = packageFolder('@tensorflow/tfjs-node');
  if (!folder) throw new CannotBuild('@tensorflow/tfjs-node is not installed', fixes.install);
  const sources = path.join(folder, 'binding');
  return readdirSync(sources)
    .filter((name) => name.endsWith('.cc'))
    .map((name) => path.join(sources, name));
}

async function compile(
  compiler: string,
  libraries: Libraries,
  sources: readonly string[],
  link: readonly string[],
  output: string,
): Promise<void> {
  const headers = packageFolder('node-api-headers');
  if (!headers) throw new CannotBuild('node-api-headers is not installed', fixes.install);
  const options = [
    ...(process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']),
    ...['-O2', '-fPIC', '-std=c++17', '-w', '-DNAPI_VERSION=8'],
    ...['-I', path.join(headers, 'include'), '-I', libraries.include],
    ...sources,
    ...link,
    `-Wl,-rpath,${libraries.folder}`,
    ...['-o', output],
  ];
  await promisify(execFile)(compiler, options, { ...ownQuarters(), maxBuffer: 1 << 26 });
}

const QUIET = 'quiet.node';

/** Module with two functions: silence() sends this process's stderr nowhere, restore() brings it back. */
const QUIET_SOURCE = `
#include <fcntl.h>
#include <unistd.h>
#include <node_api.h>
static int kept = -1;
static napi_value silence(napi_env, napi_callback_info) {
  int nowhere = open("/dev/null", O_WRONLY);
  if (kept < 0 && nowhere >= 0 && (kept = dup(2)) >= 0) dup2(nowhere, 2);
  if (nowhere >= 0) close(nowhere);
  return nullptr;
}
static napi_value restore(napi_env, napi_callback_info) {
  if (kept >= 0) { dup2(kept, 2); close(kept); kept = -1; }
  return nullptr;
}
NAPI_MODULE_INIT() {
  napi_value f;
  napi_create_function(env, "silence", NAPI_AUTO_LENGTH, silence, nullptr, &f);
  napi_set_named_property(env, exports, "silence", f);
  napi_create_function(env, "restore", NAPI_AUTO_LENGTH, restore, nullptr, &f);
  napi_set_named_property(env, exports, "restore", f);
  return exports;
}
`;

/**
 * TensorFlow writes to stderr while its library is being loaded, before it reads any setting; a second, tiny addon
 * holds stderr closed for that moment. Best effort: without it there are two lines of noise.
 */
async function buildQuiet(compiler: string, libraries: Libraries, folder: string): Promise<void> {
  const source = path.join(folder, 'quiet.cc');
  try {
    writeFileSync(source, QUIET_SOURCE);
    await compile(compiler, libraries, [source], [], path.join(folder, QUIET));
  } catch {
    rmSync(path.join(folder, QUIET), { force: true });
  } finally {
    rmSync(source, { force: true });
  }
}

/** Loads tfjs-node's addon, which loads TensorFlow. */
export function loadAddon(file: string): unknown {
  const companion = path.join(path.dirname(file), QUIET);
  if (!existsSync(companion) || process.env.ESPALIER_DEBUG) return requireNative(file);
  const stderr = requireNative(companion) as { silence(): void; restore(): void };
  stderr.silence();
  try {
    return requireNative(file);
  } finally {
    stderr.restore();
  }
}
