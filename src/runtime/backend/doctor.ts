import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ownQuarters } from '../../system/programs.ts';
import { cacheFolder } from './cache.ts';
import { fixes } from './fixes.ts';
import { decideOneDnn } from './onednn.ts';
import { packageFolder, packageVersion, require } from './packages.ts';
import { prepareTensorflow } from './prepare.ts';
import type { BackendName } from '../../terms/choices.ts';

export interface BackendReport {
  readonly name: BackendName;
  readonly available: boolean;
  readonly version: string | null;
  /** the addon, or the folder of the WebAssembly files */
  readonly path: string | null;
  /** that it would use by default */
  readonly threads: number;
  /** where it comes from, or why it can't be had */
  readonly why: string;
  /** command that fixes it; null where there is nothing to fix, or no command does */
  readonly fix: string | null;
}

export interface PackageReport {
  readonly name: string;
  readonly version: string | null;
  readonly works: boolean;
  /** why it doesn't */
  readonly why: string | null;
  readonly fix: string | null;
}

/** What this installation can do, JSON-safe. */
export interface DoctorReport {
  readonly node: string;
  readonly platform: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly cache: string;
  /** the backend that a run would use; null where there is none. Both keys are as `doctor --json` has always said them. */
  readonly engine: BackendName | null;
  readonly engines: readonly BackendReport[];
  readonly packages: readonly PackageReport[];
}

/** Looks at everything that a run needs. Fetches and builds nothing, and opens no backend in this process. */
export async function doctor(): Promise<DoctorReport> {
  const backends = [await checkTensorflow(), checkWasm()];
  const packages = await Promise.all(['onnxruntime-node', 'sharp'].map(checkPackage));
  return {
    node: process.version,
    platform: process.platform,
    arch: process.arch,
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    cache: cacheFolder(),
    engine: backends.find(({ available }) => available)?.name ?? null,
    engines: backends,
    packages,
  };
}

async function checkTensorflow(): Promise<BackendReport> {
  const prepared = await prepareTensorflow({ fetch: false, build: false, log: () => undefined });
  const threads = Number(process.env.TF_NUM_INTRAOP_THREADS) || os.availableParallelism();
  const report = { name: 'tensorflow' as const, version: prepared.version, path: prepared.addon, threads };
  if (!prepared.addon) return { ...report, available: false, why: prepared.why, fix: prepared.fix };
  const loaded = await inChild('process.stdout.write(require(process.argv[1]).TF_Version)', prepared.addon);
  if ('output' in loaded)
    return {
      ...report,
      version: loaded.output,
      available: true,
      why: `${prepared.why}; oneDNN: ${decideOneDnn().text}`,
      fix: null,
    };
  const why = `${prepared.why}, but its addon does not load: ${loaded.error}`;
  return {
    ...report,
    available: false,
    why,
    fix: `delete ${path.dirname(prepared.addon)}, then ${fixes.setup}`,
  };
}

function checkWasm(): BackendReport {
  const folder = packageFolder('@tensorflow/tfjs-backend-wasm');
  const files = folder && path.join(folder, 'wasm-out');
  const available = files !== null && existsSync(path.join(files, 'tfjs-backend-wasm-simd.wasm'));
  return {
    name: 'wasm',
    available,
    version: packageVersion('@tensorflow/tfjs-backend-wasm'),
    path: available ? files : null,
    threads: Math.min(8, os.availableParallelism()),
    why: available ? 'the npm package' : 'the npm package is not there, or not whole',
    fix: available ? null : fixes.install,
  };
}

async function checkPackage(name: string): Promise<PackageReport> {
  const version = packageVersion(name);
  if (!version) return { name, version, works: false, why: 'it is not installed', fix: fixes.install };
  const loaded = await inChild('require(process.argv[1])', require.resolve(name));
  if ('output' in loaded) return { name, version, works: true, why: null, fix: null };
  return { name, version, works: false, why: loaded.error, fix: fixes.rebuild(name) };
}

/** Runs a script in a process of its own, since a native library that doesn't fit may take its process down. */
async function inChild(script: string, argument: string): Promise<{ output: string } | { error: string }> {
  try {
    // Inside VS Code, execPath is Electron, which is Node only where it is asked to be.
    const quarters = ownQuarters({ ...process.env, ELECTRON_RUN_AS_NODE: '1', ORT_DISABLE_TELEMETRY: '1' });
    const options = { ...quarters, timeout: 60_000 };
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script, argument], options);
    return { output: stdout.trim() };
  } catch (error) {
    const { stderr = '', signal } = error as { stderr?: string; signal?: string };
    const line = stderr.split('\n').find((text) => /^\w*Error/.test(text));
    return { error: line ?? (signal ? `it ended by ${signal}` : String(error)) };
  }
}
