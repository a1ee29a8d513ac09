import type { Node, Shape } from '../../graph/types.ts';
import type { OnnxWriter } from './writer.ts';

/** A value in the ONNX graph. Rank 3 values lie channels first [n, C, H, W], all others as in our graph. */
export interface Value {
  readonly name: string;
  /** per sample, as in our graph: [H, W, C] */
  readonly shape: Shape;
}

/** What an op's export is given. */
export interface ExportContext {
  readonly writer: OnnxWriter;
  readonly node: Node;
  readonly inputs: readonly Value[];
  readonly shape: Shape;
  /** the nodes that read its value */
  readonly readers: readonly Node[];
  /** values and shape of the parameter in a role, or undefined */
  readonly param: (role: string) => { values: Float32Array; shape: readonly number[] } | undefined;
}

/** The values with channels last, as in our graph. */
export function plain(writer: OnnxWriter, value: Value): string {
  return value.shape.length === 3
    ? writer.node('Transpose', [value.name], { perm: [0, 2, 3, 1] })
    : value.name;
}

/** From channels last to how a value of this shape is kept. */
export function kept(writer: OnnxWriter, name: string, shape: Shape): string {
  return shape.length === 3 ? writer.node('Transpose', [name], { perm: [0, 3, 1, 2] }) : name;
}

/** A per-sample axis of ours in the ONNX tensor. */
export function axisOf(rank: number, axis: number): number {
  return rank === 3 ? [2, 3, 1][axis] : axis + 1;
}

/** The same elements, in our order, in another shape. */
export function reshaped(c: ExportContext, value: Value, target: readonly number[]): string {
  const { writer } = c;
  const to = (name: string, dims: readonly number[]): string =>
    writer.node('Reshape', [name, writer.ints([-1, ...dims])]);
  // a single pixel lies the same way in both layouts
  const pixel = (shape: readonly number[]): boolean => shape.length !== 3 || shape[0] * shape[1] === 1;
  if (pixel(value.shape) && pixel(target))
    return to(value.name, target.length === 3 ? [target[2], 1, 1] : target);
  return kept(writer, to(plain(writer, value), target), target);
}
