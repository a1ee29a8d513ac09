import { onnxFile } from '../../formats/onnx/file.ts';
import type { LoadedModel } from '../../formats/types.ts';
import { runFile } from '../../runtime/onnx/file.ts';
import type { CheckServices } from './check.ts';

/** How a model's own file computes; undefined for formats whose files nothing here runs as they are. */
export function fileRunner(model: LoadedModel, threads: number): CheckServices['runFile'] {
  if (model.format !== 'onnx') return undefined;
  return async (graph, weights, inputs, n) => {
    const file = onnxFile(model, graph, weights)!;
    // those alone that are asked for
    const outputs = file.outputs.filter((_, i) => graph.outputs.includes(model.graph.outputs[i]));
    return await runFile({ ...file, outputs }, inputs, n, { threads });
  };
}
