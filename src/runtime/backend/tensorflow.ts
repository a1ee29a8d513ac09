import type * as tfc from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node/dist/nodejs_kernel_backend';
import type { Backend } from '../types.ts';
import { tensorflowKernels } from '../kernels/tensorflow/kernels.ts';
import { loadAddon } from './addon.ts';
import { settleOneDnn } from './onednn.ts';
import { loadTfjs, require } from './packages.ts';

/** Loads tfjs-node's addon and opens the backend on it. @throws if the addon or its libraries can't be loaded */
export async function openTensorflow(addon: string, why: string, threads: number): Promise<Backend> {
  settleOneDnn();
  // Both are read when the library starts. What the user set is in `threads` already, unless an option said otherwise.
  process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  process.env.TF_NUM_INTEROP_THREADS ??= String(threads);
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  fixUtil();
  const tf = loadTfjs();
  const binding = loadAddon(addon) as ConstructorParameters<typeof NodeJSKernelBackend>[0];
  // tfjs-node's index insists on an addon inside the package, so its parts are taken one by one.
  const node = require('@tensorflow/tfjs-node/dist/nodejs_kernel_backend') as {
    NodeJSKernelBackend: typeof NodeJSKernelBackend;
  };
  require('@tensorflow/tfjs-node/dist/register_all_kernels');
  const backend = new node.NodeJSKernelBackend(binding, '@tensorflow/tfjs-node');
  tf.registerBackend('tensorflow', () => backend as unknown as tfc.KernelBackend, 3);
  if (!(await tf.setBackend('tensorflow'))) throw new Error('TensorFlow did not start');
  await tf.ready();
  return {
    name: 'tensorflow',
    why: `TensorFlow ${binding.TF_Version} (${why})`,
    version: binding.TF_Version,
    threads,
    tf,
    kernels: tensorflowKernels(tf, backend),
  };
}

/** tfjs-node 4.22 calls two functions of `util` that Node 22 warns of and Node 23 removed. */
function fixUtil(): void {
  const util = require('node:util') as Record<string, unknown>;
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  util.isArray = Array.isArray;
}
