import { InputError } from './errors.ts';
import { specOf } from './ops/index.ts';
import { fail, show } from './ops/rules/shape.ts';
import { sizeOf } from './ops/rules/sizes.ts';
import type { Sizes } from './ops/rules/sizes.ts';
import type { Graph, Op, Shape } from './types.ts';

export { axisPadding, sizeOf, transposedSize, windowLength } from './ops/rules/sizes.ts';

/**
 * Shape of an op's output, per sample (NHWC without the batch axis), with Keras' padding rules.
 * @param paramShapes shapes of the op's parameters by role (kernel, bias, gamma, ...)
 * @throws InputError naming what does not fit
 */
export function outputShape(
  op: Op,
  inputShapes: readonly Shape[],
  paramShapes: Readonly<Record<string, Sizes>>,
): Shape {
  const spec = specOf(op);
  const { min, max } = spec.inputs;
  if (inputShapes.length < min || inputShapes.length > max)
    fail(op, `has ${inputShapes.length} inputs, expected ${min === max ? min : `at least ${min}`}`);
  const shape = spec.shape(op, { inputs: inputShapes, params: paramShapes });
  for (const d of shape) {
    if (!Number.isInteger(d) || d < 1)
      throw new InputError(
        `${op.kind} gives the empty or invalid shape [${shape.join(', ')}] from ${show(inputShapes)}`,
      );
  }
  return shape;
}

/**
 * Shape of every node's value.
 * @throws InputError naming the layer whose shapes do not fit, or that reads a value that is not there
 */
export function inferShapes(graph: Graph): Record<string, Shape> {
  const shapes: Record<string, Shape> = Object.create(null);
  for (const node of graph.nodes) {
    if (shapes[node.id]) throw new InputError(`two nodes are called "${node.id}"`);
    const inputs = node.inputs.map((id) => {
      const shape = shapes[id];
      if (!shape)
        throw new InputError(
          `layer "${node.layer}" (${node.layerType}) reads "${id}", which no earlier node gives`,
        );
      return shape;
    });
    const params: Record<string, Sizes> = {};
    for (const [role, id] of Object.entries(node.params)) {
      const param = graph.params[id];
      if (!param) throw new InputError(`layer "${node.layer}" (${node.layerType}) has no parameter "${id}"`);
      params[role] = param.shape;
    }
    try {
      shapes[node.id] = outputShape(node.op, inputs, params);
    } catch (error) {
      if (error instanceof InputError)
        throw new InputError(`layer "${node.layer}" (${node.layerType}): ${error.message}`);
      throw error;
    }
  }
  for (const id of [...graph.inputs, ...graph.outputs])
    if (!shapes[id])
      throw new InputError(`the network names "${id}" as input or output, but no node gives it`);
  return shapes;
}

/** Per-sample shape of the network's input, where images can be given to it. @throws InputError where it has several */
export function onlyInputShape(graph: Graph): Shape {
  const shape = inputShape(graph);
  if (graph.inputs.length !== 1 || !shape)
    throw new InputError(`the network takes ${graph.inputs.length} inputs; images can be given to one only`);
  return shape;
}

/** Per-sample shape of one of the network's inputs, default its first; undefined where there is none of that name. */
export function inputShape(graph: Graph, id = graph.inputs[0]): Shape | undefined {
  const op = graph.nodes.find((node) => node.id === id)?.op;
  return op?.kind === 'input' ? op.shape : undefined;
}

/** How many numbers one sample of an input has, default the network's first; 0 where there is none of that name. */
export function inputSize(graph: Graph, id = graph.inputs[0]): number {
  return sizeOf(inputShape(graph, id) ?? [0]);
}
