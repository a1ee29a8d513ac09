import { InputError } from '../graph/errors.ts';
import { sizeOf } from '../graph/shapes.ts';
import type { Graph, Weights } from '../graph/types.ts';

/** An array as a file holds it. */
export interface FoundArray {
  /** as the file names it, for messages */
  readonly name: string;
  readonly shape: readonly number[];
  /** read only once the shape fits */
  values(): Float32Array;
}

/**
 * Every parameter's values, each checked against the shape that the configuration asks for.
 * @param find the file's array for a parameter id
 * @throws InputError naming the array that is missing, of another shape, or not finite
 */
export function collectWeights(
  graph: Graph,
  file: string,
  find: (param: string) => FoundArray | undefined,
): Weights {
  const weights = new Map<string, Float32Array>();
  for (const { id, shape } of Object.values(graph.params)) {
    const found = find(id);
    if (!found) throw new InputError(`"${file}" has no weights for "${id}"`);
    if (found.shape.length !== shape.length || found.shape.some((d, i) => d !== shape[i]))
      throw new InputError(
        `"${file}": the weight ${named(id, found)} has the shape [${found.shape.join(', ')}], its layer needs [${shape.join(', ')}]`,
      );
    const values = found.values();
    const odd = notFinite(values);
    if (odd >= 0)
      throw new InputError(
        `"${file}": the weight ${named(id, found)} is not finite: value ${odd} of ${values.length} is ${values[odd]}, so the network can't compute anything; train it again, or give the model from before`,
      );
    weights.set(id, values);
  }
  return weights;
}

/** Where the first number that is none is; -1: nowhere. */
function notFinite(values: Float32Array): number {
  // a hundred million numbers are no place for a callback
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

/** As the file names it, and as the network does where that name doesn't hold it: Keras numbers layers in its archives. */
function named(id: string, { name }: FoundArray): string {
  return name.includes(id) ? `"${name}"` : `"${id}" ("${name}")`;
}

/**
 * The values of a parameter that is about to be written.
 * @throws InputError where they are missing or don't fit the graph
 */
export function valuesOf(
  graph: Graph,
  weights: Weights,
  param: string,
): { shape: readonly number[]; values: Float32Array } {
  const shape = graph.params[param]?.shape;
  const values = weights.get(param);
  if (!shape || values?.length !== sizeOf(shape))
    throw new InputError(`the network to write has no weights that fit "${param}"`);
  return { shape, values };
}
