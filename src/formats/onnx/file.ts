import { inferShapes } from '../../graph/shapes.ts';
import type { Graph, Shape, Weights } from '../../graph/types.ts';
import type { LoadedModel } from '../types.ts';
import type { Port } from './network.ts';
import { sourceOf } from './write.ts';
import { rewritten } from './write/write.ts';

interface Value extends Port {
  readonly shape: Shape;
}

/**
 * The file of a network of an ONNX model, and how its inputs and outputs lie in it; undefined for models of other formats.
 * @throws InputError where the file can't hold it
 */
export function onnxFile(
  model: LoadedModel,
  graph: Graph,
  weights: Weights,
):
  | {
      readonly bytes: Uint8Array;
      readonly inputs: readonly Value[];
      readonly outputs: readonly Value[];
      readonly batch: number | null;
    }
  | undefined {
  if (model.format !== 'onnx') return undefined;
  const source = sourceOf(model);
  const { network } = source;
  const shapes = inferShapes(graph);
  const values = (ports: readonly Port[], ids: readonly string[]): Value[] =>
    ports.map((port, i) => ({ ...port, shape: shapes[ids[i]] }));
  const [first] = source.model.graph.inputs.filter(({ name }) => name === network.inputs[0].name);
  const size = network.inputs[0].batch === 0 ? first.dims?.[0] : undefined;
  return {
    bytes: rewritten(source, graph, weights),
    inputs: values(network.inputs, network.graph.inputs),
    outputs: values(network.outputs, network.graph.outputs),
    batch: typeof size === 'number' && size > 0 ? size : null,
  };
}
