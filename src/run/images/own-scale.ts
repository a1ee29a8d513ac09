import { firstWorks } from '../../graph/op-facts.ts';
import type { Graph, Node, Weights } from '../../graph/types.ts';

/** Pixels spread by some dozens of grey levels; numbers that were scaled before, by about 1. */
const GREY_LEVELS = 8;

/** Whether a network begins by scaling, or moving, numbers of the size of grey levels: it takes pixels as they are. */
export function scalesPixels(graph: Graph, weights: Weights): boolean {
  const works = firstWorks(graph, graph.inputs[0]);
  return works.length > 0 && works.every((node) => scales(node, weights));
}

function scales({ op, params }: Node, weights: Weights): boolean {
  if (op.kind === 'affine') {
    // the mean of pictures, taken off as ResNet50's preprocessing does, is some hundred
    const moves = op.offset.every((one) => Math.abs(one) > 2 * GREY_LEVELS);
    return moves || op.scale.every((one) => Math.abs(one) < 1 / GREY_LEVELS);
  }
  if (op.kind !== 'normalize' || op.invert) return false;
  const variance = weights.get(params.variance);
  return variance !== undefined && variance.every((one) => one > GREY_LEVELS ** 2);
}
