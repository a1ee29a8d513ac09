import { InputError } from '../../graph/errors.ts';
import type { Backend } from '../types.ts';
import { fixes } from './fixes.ts';
import { defaultThreads } from './numerics.ts';
import { prepareTensorflow } from './prepare.ts';
import { openTensorflow } from './tensorflow.ts';
import { openWasm } from './wasm.ts';
import type { BackendChoice } from '../../terms/choices.ts';

export interface OpenOptions {
  /** auto (default): tensorflow where it can be had, else wasm */
  readonly prefer?: BackendChoice;
  /** beats TF_NUM_INTRAOP_THREADS; default: that, else all cores that this process may use */
  readonly threads?: number;
}

let opened: Promise<Backend> | null = null;

/**
 * Opens the process's one backend; later calls give the same one, whatever they prefer.
 * Fetches nothing; builds the TensorFlow addon where only that is missing (a few seconds, once).
 * @throws InputError where the preferred backend can't be had, saying why and what fixes it
 */
export function openBackend(options: OpenOptions = {}): Promise<Backend> {
  opened ??= open(options).catch((error: unknown) => {
    opened = null;
    throw error;
  });
  return opened;
}

async function open({ prefer = 'auto', threads = defaultThreads() }: OpenOptions): Promise<Backend> {
  if (prefer === 'wasm') return await openWasm('as asked', threads);
  const prepared = await prepareTensorflow({
    fetch: false,
    log: (line) => process.stderr.write(`${line}\n`),
  });
  let { why, fix } = prepared;
  if (prepared.addon)
    try {
      return await openTensorflow(prepared.addon, prepared.why, threads);
    } catch (error) {
      why = `${prepared.addon} does not load: ${error instanceof Error ? error.message : String(error)}`;
      fix = fixes.setup;
    }
  const cure = fix ? `; to fix it: ${fix}` : '';
  if (prefer === 'tensorflow') throw new InputError(`the tensorflow backend can't be had: ${why}${cure}`);
  return await openWasm(
    `training is about 5 times slower than with TensorFlow, which can't be had: ${why}${cure}`,
    threads,
  );
}
