import { loadModel, saveModel } from '../../formats/index.ts';
import type { Graph, Weights } from '../../graph/types.ts';
import { checkModel } from '../../run/rebuild/check.ts';
import { fileRunner } from '../../run/rebuild/own-file.ts';
import { openBackend } from '../../runtime/backend/open.ts';
import { runBackend, runOnnx, withLogits } from '../../runtime/scoring/agreement.ts';
import { loadOnnxRuntime } from '../../runtime/onnx/session.ts';
import type { Output } from '../output.ts';
import { table } from '../output.ts';
import type { BackendChoice } from '../../terms/choices.ts';

interface CheckOptions {
  readonly seed?: number;
  readonly ratio?: number;
  readonly interiorOutputs?: boolean;
  readonly backend?: BackendChoice;
  readonly threads?: number;
}

/** `espalier check MODEL` */
export async function check(output: Output, [file]: string[], options: CheckOptions): Promise<number> {
  const model = await loadModel(file);
  const backend = await openBackend({ prefer: options.backend, threads: options.threads });
  const { seed = 1, ratio = 0.5, interiorOutputs } = options;
  const { results, removed, channels, rounding } = await checkModel(
    model,
    { seed, ratio, interiorOutputs },
    {
      loadModel,
      saveModel,
      runFile: fileRunner(model, backend.threads),
      predict: (graph, weights, inputs, n) => runBackend(backend, withLogits(graph), weights, inputs, n),
      score: (graph, weights, inputs, n) => scored(withLogits(graph), weights, inputs, n, backend.threads),
    },
  );
  const ok = results.every((result) => result.ok);
  output.data({ model: file, seed, ratio, removed, channels, ok, rounding, results });
  output.print(`removed ${removed} of ${channels} channels at random (seed ${seed})`);
  output.print(
    table(
      ['test', 'largest difference', 'rounding up to', ''],
      results.map(({ name, difference, tolerance, ok: passed, skipped, where }) => [
        name,
        difference.toExponential(1),
        tolerance.toExponential(1),
        skipped ? `not applicable: ${skipped}` : passed ? 'ok' : `FAILED${where ? `: ${where}` : ''}`,
      ]),
      [0, 3],
    ),
  );
  return ok ? 0 : 1;
}

/** By ONNX Runtime, which scores; undefined where its library can't be loaded. */
async function scored(
  graph: Graph,
  weights: Weights,
  inputs: readonly Float32Array[],
  n: number,
  threads: number,
): Promise<Float32Array[] | undefined> {
  try {
    await loadOnnxRuntime();
  } catch {
    return undefined;
  }
  return await runOnnx(graph, weights, inputs, n, { threads });
}
