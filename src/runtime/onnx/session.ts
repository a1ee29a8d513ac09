import type * as Ort from 'onnxruntime-node';
import { loadsFromHere } from '../../system/programs.ts';
import { requireNative } from '../backend/packages.ts';

export interface SessionOptions {
  readonly threads: number;
  /** let its optimiser merge layers (default), or compute the network as it is written */
  readonly optimise?: boolean;
}

/**
 * ONNX Runtime's library, the only way to it: loaded from our own folder, and silenced.
 * @throws Error where it can't be loaded
 */
export async function loadOnnxRuntime(): Promise<typeof Ort> {
  if (loadsFromHere()) requireNative('onnxruntime-node');
  // it would send its maker what it is used for, and leave files of that among the temporary ones
  process.env.ORT_DISABLE_TELEMETRY = '1';
  return await import('onnxruntime-node');
}

/** Opens an ONNX model in ONNX Runtime, on the processor. @throws Error where the library can't be loaded */
export async function openSession(
  model: Uint8Array,
  { threads, optimise = true }: SessionOptions,
): Promise<{ ort: typeof Ort; session: Ort.InferenceSession }> {
  const ort = await loadOnnxRuntime();
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: optimise ? 'all' : 'disabled',
    logSeverityLevel: 3,
  });
  return { ort, session };
}
