import { specOf } from '../../graph/ops/index.ts';
import type { Graph, Node, Weights } from '../../graph/types.ts';

/** Pixels spread by some dozens of grey levels; numbers that were scaled before, by about 1. */
const GREY_LEVELS = 8;

/** Whether a network's first layer scales numbers of the size of grey levels, so that it takes pixels as they are. */
export function scalesPixels({ nodes, inputs }: Graph, weights: Weights): boolean {
  let value = inputs[0];
  for (;;) {
    const readers = nodes.filter((node) => node.inputs.includes(value));
    if (readers.length !== 1) return readers.length > 1 && readers.every((node) => scales(node, weights));
    const [node] = readers;
    // what shows the pixels on, at the same scale
    const { passes } = specOf(node.op);
    if (passes !== 'value' && passes !== 'pixels') return scales(node, weights);
    value = node.id;
  }
}

function scales({ op, params }: Node, weights: Weights): boolean {
  if (op.kind === 'affine') return op.scale.every((one) => Math.abs(one) < 1 / GREY_LEVELS);
  if (op.kind !== 'normalize' || op.invert) return false;
  const variance = weights.get(params.variance);
  return variance !== undefined && variance.every((one) => one > GREY_LEVELS ** 2);
}
