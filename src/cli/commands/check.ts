import { loadModel, saveModel } from '../../formats/index.ts';
import { checkModel } from '../../run/check.ts';
import { openBackend } from '../../runtime/backend/open.ts';
import { logitsOf } from '../../runtime/logits.ts';
import { Network } from '../../runtime/network.ts';
import type { Output } from '../output.ts';
import { table } from '../output.ts';

interface CheckOptions {
  readonly seed?: number;
  readonly ratio?: number;
  readonly interiorOutputs?: boolean;
  readonly backend?: 'auto' | 'tensorflow' | 'wasm';
  readonly threads?: number;
}

/** `espalier check MODEL` */
export async function check(output: Output, [file]: string[], options: CheckOptions): Promise<number> {
  const model = await loadModel(file);
  const backend = await openBackend({ prefer: options.backend, threads: options.threads });
  const { seed = 1, ratio = 0.5, interiorOutputs } = options;
  const { results, removed, channels } = await checkModel(
    model,
    { seed, ratio, interiorOutputs },
    {
      loadModel,
      saveModel,
      predict: (graph, weights, inputs, n) => {
        // a softmax hides differences in what it is given, so that is compared too
        const outputs = [...new Set([...graph.outputs, logitsOf(graph).node])];
        const network = new Network(backend, { ...graph, outputs }, weights);
        try {
          return network.predict(inputs, n);
        } finally {
          network.dispose();
        }
      },
    },
  );
  const ok = results.every((result) => result.ok);
  output.data({ model: file, seed, ratio, removed, channels, ok, results });
  output.print(`removed ${removed} of ${channels} channels at random (seed ${seed})`);
  output.print(
    table(
      ['test', 'largest difference', ''],
      results.map(({ name, difference, ok: passed, skipped }) => [
        name,
        difference.toExponential(1),
        skipped ? `not applicable: ${skipped}` : passed ? 'ok' : 'FAILED',
      ]),
      [0, 2],
    ),
  );
  return ok ? 0 : 1;
}
