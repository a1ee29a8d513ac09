import type * as tfc from '@tensorflow/tfjs-core';
import { InputError } from '../graph/errors.ts';
import type { Graph, Node } from '../graph/types.ts';
import type { Mode } from './ops/context.ts';
import { runOp } from './ops/index.ts';
import { executionOf } from './execution.ts';
import type { Backend } from './types.ts';

export type { Mode } from './ops/context.ts';

/**
 * Executes a graph. Widths come from the tensors that `param` gives, so one graph runs at any architecture; `param`
 * may itself compute (a PruningNet), and gradients flow through it.
 *
 * @param param the tensor of a parameter id; not disposed here
 * @param inputs one tensor an input, with the batch axis in front: [n, H, W, C] or [n, C]; not disposed here
 * @returns one tensor an output, in the graph's order; the caller disposes them (or its tidy does)
 * @throws InputError for an op that isn't known, or shapes that don't fit
 */
export function forward(
  backend: Backend,
  graph: Graph,
  param: (paramId: string) => tfc.Tensor,
  inputs: readonly tfc.Tensor[],
  mode: Mode,
): tfc.Tensor[] {
  const { tf } = backend;
  const { dropAfter } = executionOf(graph);
  if (inputs.length !== graph.inputs.length)
    throw new InputError(`the network takes ${graph.inputs.length} inputs, not ${inputs.length}`);
  const values = new Map<string, tfc.Tensor>();
  graph.inputs.forEach((id, i) => values.set(id, inputs[i]));
  const given = new Set(inputs);
  const keepAll = mode.gradients ?? mode.training;

  graph.nodes.forEach((node, index) => {
    if (node.op.kind !== 'input') {
      const run = (): tfc.Tensor => runNode(backend, graph, node, index, values, param, mode);
      values.set(node.id, keepAll ? run() : tf.tidy(run));
    }
    if (keepAll) return;
    for (const id of dropAfter[index]) {
      const value = values.get(id);
      if (value && !given.has(value)) value.dispose();
      values.delete(id);
    }
  });
  // a value asked for twice, or an input passed straight through, is still the caller's own to dispose
  const returned = new Set<tfc.Tensor>(given);
  return graph.outputs.map((id) => {
    const value = values.get(id)!;
    if (returned.has(value)) return tf.clone(value);
    returned.add(value);
    return value;
  });
}

function runNode(
  backend: Backend,
  graph: Graph,
  node: Node,
  index: number,
  values: ReadonlyMap<string, tfc.Tensor>,
  param: (paramId: string) => tfc.Tensor,
  mode: Mode,
): tfc.Tensor {
  return runOp({
    backend,
    tf: backend.tf,
    node,
    index,
    inputs: node.inputs.map((id) => values.get(id)!),
    param: (role) => (node.params[role] === undefined ? undefined : param(node.params[role])),
    trainable: (role) => graph.params[node.params[role]]?.trainable,
    mode,
  });
}
