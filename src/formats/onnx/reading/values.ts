import { sizeOf } from '../../../graph/ops/rules/sizes.ts';
import type { Shape } from '../../../graph/types.ts';
import type { Tensor } from '../proto/tensor.ts';

/*
 * What is known of a value of an ONNX graph. Axes are the file's own ("ONNX axes"); where they lie in a value of ours is
 * the value's own `axes`, so that a Transpose moves nothing: whoever reads it asks for the order that it needs.
 */

/** Where a constant enters a node: position of the node, and of its input. */
export interface Use {
  readonly node: number;
  readonly input: number;
}

/** What a value of the narrower network is like; what edits of the file ask. */
export interface Narrow {
  /** the sizes of a value, as the file counts them */
  dims(value: Live): readonly number[];
}

/** Where one number of a list of sizes comes from: an element of a constant, or computed from sizes of values. */
export interface Element {
  readonly at?: { readonly name: string; readonly index: number; readonly use: Use };
  readonly of?: (narrow: Narrow) => number;
}

/** A value that is the same whatever the network is given. */
export interface Constant {
  readonly kind: 'constant';
  readonly tensor: Tensor;
  /** every value is this: such a tensor may never be laid out */
  readonly uniform?: number;
  /** name of the initializer, or of the output of the Constant, that it is; absent where it was computed */
  readonly origin?: string;
  /** of a short list: where its numbers come from */
  readonly elements?: readonly Element[];
  /** of a ConstantOfShape: the value that it gives, and the sizes that it reads */
  readonly shaped?: { readonly name: string; readonly sizes: Constant; readonly use: Use };
}

/** A value that depends on the input, or is as if it did, and has a node. */
export interface Live {
  readonly kind: 'live';
  /** id of the node in our graph */
  readonly node: string;
  /** as in the file, with the batch that it is read at */
  readonly dims: readonly number[];
  /** the axis that the batch is the outer part of; -1 where none is */
  readonly batch: number;
  /** for each axis of our value, which ONNX axis it is; the batch's is among them only where more than it lies there */
  readonly axes: readonly number[];
}

/** A value of unknown shape, behind something that Espalier does not know. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly node: string;
}

export type Value = Constant | Live | Unknown;

/** A node that our graph can't say, or whose shape isn't known; it becomes an opaque one. */
export class Unsaid extends Error {}

export function constant(
  type: number,
  dims: readonly number[],
  values: () => Float32Array | Float64Array,
  rest: Omit<Constant, 'kind' | 'tensor'> = {},
): Constant {
  let known: Float32Array | Float64Array | undefined;
  return { kind: 'constant', tensor: { type, dims, values: () => (known ??= values()) }, ...rest };
}

/** Sizes of our value: per sample, in our order. */
export function sampleShape({ dims, batch, axes }: Live, batchSize: number): Shape {
  return axes.map((a) => (a === batch ? dims[a] / batchSize : dims[a]));
}

/** The axes in the file's order. */
export function inFileOrder(axes: readonly number[]): number[] {
  return [...axes].sort((a, b) => a - b);
}

/** How ONNX axes become ours: for each of them, which of ours (the outer first) lie in it. */
export type AxisMap = readonly (readonly number[])[];

/** Sizes of an ONNX tensor whose axes are these of ours. */
export function dimsBy(map: AxisMap, shape: readonly number[]): number[] {
  return map.map((ours) => sizeOf(ours.map((a) => shape[a])));
}

/** Values of an ONNX tensor in the order of ours. */
export function toOurs(values: ArrayLike<number>, map: AxisMap, shape: readonly number[]): Float32Array {
  return moved(values, map, shape, true);
}

/** Values of ours in the order of the ONNX tensor. */
export function fromOurs(values: ArrayLike<number>, map: AxisMap, shape: readonly number[]): Float32Array {
  return moved(values, map, shape, false);
}

function moved(
  values: ArrayLike<number>,
  map: AxisMap,
  shape: readonly number[],
  inwards: boolean,
): Float32Array {
  const order = map.flat();
  const out = new Float32Array(values.length);
  if (order.every((a, i) => a === i)) {
    out.set(values);
    return out;
  }
  // counts in the tensor's order, and follows in ours
  const sizes = order.map((a) => shape[a]);
  const theirs = strides(sizes);
  const ours = strides(shape);
  const steps = order.map((a) => ours[a]);
  const last = sizes.length - 1;
  // the axis that is ours last and the one that is theirs are gone through in tiles, so that both stay in the cache
  const other = order.indexOf(shape.length - 1);
  const [rows, columns] = [other === last ? 1 : sizes[other], sizes[last]];
  const outer = [...sizes.keys()].filter((a) => a !== last && a !== other);
  const counter = new Array<number>(sizes.length).fill(0);
  let [there, here] = [0, 0];
  for (;;) {
    for (let r = 0; r < rows; r += TILE)
      for (let c = 0; c < columns; c += TILE)
        for (let i = r; i < Math.min(r + TILE, rows); i++)
          for (let k = c; k < Math.min(c + TILE, columns); k++) {
            const from = there + i * theirs[other] + k;
            const to = here + i + k * steps[last];
            if (inwards) out[to] = values[from];
            else out[from] = values[to];
          }
    let a = outer.length - 1;
    for (; a >= 0; a--) {
      const axis = outer[a];
      there += theirs[axis];
      here += steps[axis];
      if (++counter[axis] < sizes[axis]) break;
      there -= counter[axis] * theirs[axis];
      here -= counter[axis] * steps[axis];
      counter[axis] = 0;
    }
    if (a < 0) return out;
  }
}

/** Numbers of a tile's side. */
const TILE = 64;

/** How far apart neighbours along each axis lie. */
function strides(sizes: readonly number[]): number[] {
  const found = new Array<number>(sizes.length).fill(1);
  for (let a = sizes.length - 2; a >= 0; a--) found[a] = found[a + 1] * sizes[a + 1];
  return found;
}
