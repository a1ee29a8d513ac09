import { rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type workerThreads from 'node:worker_threads';
import type * as wasm from '@tensorflow/tfjs-backend-wasm';
import type { Backend, Tf } from '../types.ts';
import { wasmKernels } from '../kernels/wasm/kernels.ts';
import { fixes } from './fixes.ts';
import { loadTfjs, packageFolder, packageVersion, require } from './packages.ts';
import { temporaryFolder } from '../../files/temporary.ts';

const PACKAGE = '@tensorflow/tfjs-backend-wasm';

/**
 * Opens TensorFlow.js' WebAssembly backend, with threads where they start.
 * @throws Error where not even one thread does
 */
export async function openWasm(why: string, threads: number): Promise<Backend> {
  const folder = packageFolder(PACKAGE);
  if (!folder) throw new Error(`${PACKAGE} is not installed; to fix it: ${fixes.install}`);
  const tf = loadTfjs();
  const backend = require(PACKAGE) as typeof wasm;
  const binaries = path.join(folder, 'wasm-out');
  backend.setWasmPaths(`${binaries}${path.sep}`);
  // The backend counts half of the cores as its limit, and never more than 8 threads.
  const wanted = Math.max(1, Math.min(8, Math.floor(threads)));
  const started = wanted > 1 && (await startThreaded(tf, backend, binaries, wanted));
  if (!started) {
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    if (!(await tf.setBackend('wasm'))) throw new Error('the wasm backend did not start');
  }
  await tf.ready();
  return {
    name: 'wasm',
    why: `WebAssembly (${why})`,
    version: packageVersion(PACKAGE)!,
    threads: started ? backend.getThreadsCount() : 1,
    tf,
    kernels: wasmKernels(tf),
  };
}

/**
 * The threaded build gives its scripts to workers as Blob URLs, which worker_threads don't take: while it starts,
 * those scripts are files instead, and as many cores are shown to it as give the threads wanted.
 */
async function startThreaded(
  tf: Tf,
  backend: typeof wasm,
  binaries: string,
  threads: number,
): Promise<boolean> {
  const folder = await temporaryFolder('wasm');
  const { Blob } = globalThis;
  const { createObjectURL } = URL;
  const { cpus } = os;
  const urls = new Map<object, string>();
  let scripts = 0;
  const workers = require('node:worker_threads') as typeof workerThreads;
  const { Worker } = workers;
  // The workers below don't keep the process alive, not even for their own start.
  const alive = setInterval(() => undefined, 1000);
  try {
    class ScriptBlob extends Blob {
      constructor(...[parts = [], options]: ConstructorParameters<typeof Blob>) {
        super(parts, options);
        const main = path.join(binaries, 'tfjs-backend-wasm-threaded-simd.js');
        // Emscripten passes mainScriptUrlOrBlob on to the workers as it is: a string means a file.
        if (options?.type === 'text/javascript') return new String(main) as unknown as ScriptBlob;
        if (options?.type === 'application/javascript') {
          const file = path.join(folder, `worker${scripts++}.js`);
          const shim = 'URL.createObjectURL = (x) => String(x); URL.revokeObjectURL = () => {};\n';
          writeFileSync(file, shim + [...parts].join(''));
          urls.set(this, file);
        }
      }
    }
    globalThis.Blob = ScriptBlob;
    URL.createObjectURL = (blob) => urls.get(blob) ?? createObjectURL.call(URL, blob as Blob);
    const real = cpus();
    os.cpus = () => Array.from({ length: 2 * threads }, (_, i) => real[i % real.length]);
    workers.Worker = class extends Worker {
      constructor(...parameters: ConstructorParameters<typeof Worker>) {
        super(...parameters);
        this.unref();
      }
      // Threads that wait for work for ever must not keep the process from ending.
      override ref(): void {}
    };
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', true);
    backend.setThreadsCount(threads);
    return (await tf.setBackend('wasm')) && backend.getThreadsCount() > 0;
  } catch {
    return false;
  } finally {
    globalThis.Blob = Blob;
    URL.createObjectURL = createObjectURL;
    os.cpus = cpus;
    workers.Worker = Worker;
    clearInterval(alive);
    rmSync(folder, { recursive: true, force: true });
  }
}
