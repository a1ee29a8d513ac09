import { IMAGE, asImage, imageOf } from '../../graph/ops/rules/layout.ts';
import type { Node, Shape } from '../../graph/types.ts';
import type { OnnxWriter } from './writer.ts';

/** A value in the ONNX graph. Images lie channels first [n, C, H, W], all others as in our graph. */
export interface Value {
  readonly name: string;
  /** per sample, as in our graph */
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
  /** whether the value of a node is the same for all samples, and has no batch */
  readonly constant: (id: string) => boolean;
  /** values and shape of the parameter in a role, or undefined */
  readonly param: (role: string) => { values: Float32Array; shape: readonly number[] } | undefined;
}

/** Where height, width and channels of an image lie in an ONNX tensor, in the order of our axes. */
const THERE = imageOf(2, 3, 1);
/** Our axes of an image in the order of ONNX'. */
export const OURS = [IMAGE.channels, ...IMAGE.places];

/** The values laid out as in our graph. */
export function plain(writer: OnnxWriter, value: Value): string {
  return asImage(value.shape) ? writer.node('Transpose', [value.name], { perm: [0, ...THERE] }) : value.name;
}

/** From our graph's layout to how a value of this shape is kept. */
export function kept(writer: OnnxWriter, name: string, shape: Shape): string {
  return asImage(shape)
    ? writer.node('Transpose', [name], { perm: [0, ...OURS.map((axis) => axis + 1)] })
    : name;
}

/** A per-sample axis of ours in the ONNX tensor. */
export function axisOf(rank: number, axis: number): number {
  return rank === 3 ? THERE[axis] : axis + 1;
}

/** The same elements, in our order, in another shape. */
export function reshaped(c: ExportContext, value: Value, target: readonly number[]): string {
  const { writer } = c;
  const to = (name: string, dims: readonly number[]): string =>
    writer.node('Reshape', [name, writer.ints([-1, ...dims])]);
  // a single pixel lies the same way in both layouts
  const pixel = (shape: Shape): boolean => {
    const image = asImage(shape);
    return !image || image.height * image.width === 1;
  };
  if (pixel(value.shape) && pixel(target))
    return to(value.name, asImage(target) ? OURS.map((axis) => target[axis]) : target);
  return kept(writer, to(plain(writer, value), target), target);
}
