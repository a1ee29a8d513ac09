import { InputError } from '../graph/errors.ts';
import { inferShapes, sizeOf } from '../graph/shapes.ts';
import type { Graph } from '../graph/types.ts';
import { logitsOf } from './logits.ts';

/**
 * Whether the first output is one unit that tells two classes apart: behind a sigmoid, or bare (`from_logits=True`).
 * Above 0 before the sigmoid it says class 1.
 */
export function isBinary(graph: Graph): boolean {
  return isOneUnit(graph) && oneUnitProblem(graph) === null;
}

/** Classes that the first output tells apart: 1 where it is one unit that tells none. */
export function classCount(graph: Graph): number {
  return isBinary(graph) ? 2 : sizeOf(inferShapes(graph)[logitsOf(graph).node]);
}

/** The same, or null where the output is no row of scores. */
export function classesOf(graph: Graph): number | null {
  try {
    const shape = inferShapes(graph)[graph.outputs[0]];
    return shape.length && shape.at(-1) === sizeOf(shape) ? classCount(graph) : null;
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

/** Why a network that ends in one unit tells no classes apart, in a clause; null for any other. */
export function oneUnitProblem(graph: Graph): string | null {
  const { activation, last } = logitsOf(graph);
  if (!isOneUnit(graph)) return null;
  if (activation === 'softmax')
    return 'the network ends in a softmax over one unit, which says 1 whatever it sees: train it with a sigmoid, or with two units';
  if (activation === 'none' && last !== undefined)
    return `the network ends in one unit behind ${last}, so it tells no classes apart: Espalier takes one with a sigmoid, or without activation`;
  return null;
}

function isOneUnit(graph: Graph): boolean {
  return sizeOf(inferShapes(graph)[logitsOf(graph).node]) === 1;
}
