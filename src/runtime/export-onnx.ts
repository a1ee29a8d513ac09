import { InputError } from '../graph/errors.ts';
import { inferShapes } from '../graph/shapes.ts';
import type { Graph, Node, Shape, Weights } from '../graph/types.ts';
import { foldBatchNorms } from './onnx/fold.ts';
import { kept, plain, type ExportContext, type Value } from './onnx/layout.ts';
import { exportOp } from './ops/index.ts';
import { OnnxWriter } from './onnx/writer.ts';
import { sizeOf } from '../graph/ops/rules/sizes.ts';

export interface OnnxNetwork {
  readonly bytes: Uint8Array;
  /** NHWC, with the batch axis in front; named input0, ... */
  readonly inputs: readonly Shape[];
  /** as in our graph (channels last); named output0, ... */
  readonly outputs: readonly Shape[];
}

/**
 * A network with its weights as an ONNX model for scoring: inputs and outputs as in our graph, channels first within,
 * batch norms merged into the layer before where there is one, any batch size.
 * @throws InputError for an op that isn't known, or a missing weight
 */
export function exportOnnx(graph: Graph, weights: Weights): OnnxNetwork {
  for (const { id, shape } of Object.values(graph.params))
    if (weights.get(id)?.length !== sizeOf(shape))
      throw new InputError(`weight ${id} is missing or has not the size of its shape [${shape.join(', ')}]`);
  const shapes = inferShapes(graph);
  const folded = foldBatchNorms(graph, weights);
  const readers = new Map<string, Node[]>(folded.graph.nodes.map(({ id }) => [id, []]));
  for (const node of folded.graph.nodes) for (const id of node.inputs) readers.get(id)?.push(node);
  const constants = new Set(folded.graph.nodes.flatMap(({ id, op }) => (op.kind === 'constant' ? id : [])));
  const writer = new OnnxWriter();
  const values = new Map<string, Value>();
  graph.inputs.forEach((id, i) => {
    values.set(id, { name: kept(writer, `input${i}`, shapes[id]), shape: shapes[id] });
  });
  for (const node of folded.graph.nodes) {
    if (node.op.kind === 'input') continue;
    const context: ExportContext = {
      writer,
      node,
      inputs: node.inputs.map((id) => values.get(id)!),
      shape: shapes[node.id],
      readers: readers.get(node.id)!,
      constant: (id) => constants.has(id),
      param: (role) => {
        const id = node.params[role];
        return id === undefined
          ? undefined
          : { values: folded.weights.get(id)!, shape: folded.graph.params[id].shape };
      },
    };
    values.set(node.id, { name: exportOp(context), shape: shapes[node.id] });
  }
  graph.outputs.forEach((id, i) => writer.named('Identity', [plain(writer, values.get(id)!)], `output${i}`));
  const inputs = graph.inputs.map((id) => shapes[id]);
  const outputs = graph.outputs.map((id) => shapes[id]);
  const bytes = writer.finish(
    inputs.map((shape, i) => ({ name: `input${i}`, shape })),
    outputs.map((shape, i) => ({ name: `output${i}`, shape })),
  );
  return { bytes, inputs, outputs };
}
