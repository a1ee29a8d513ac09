import { InputError } from '../../errors.ts';
import { axisPadding, windowLength } from './sizes.ts';
import { asImage, imageOf } from './layout.ts';
import type { Sizes } from './sizes.ts';
import type { ShapeStep } from '../spec.ts';
import type { Op, Padding, Pair, Shape } from '../../types.ts';

/** @throws InputError "conv2d has ..." */
export function fail(op: Op, problem: string): never {
  throw new InputError(`${op.kind} ${problem}`);
}

/** Refuses a first input that is no image, and gives its height, width and channels. */
export function image(op: Op, { inputs: [x] }: ShapeStep): [number, number, number] {
  const found = asImage(x);
  if (!found) fail(op, `needs an input of height, width and channels, got [${x.join(', ')}]`);
  return [found.height, found.width, found.channels];
}

/** The shape of a parameter that must be there. */
export function parameter(op: Op, { params }: ShapeStep, role: string, rank: number): Sizes {
  const p = params[role];
  if (!p) fail(op, `has no ${role}`);
  if (p.length !== rank) fail(op, `has a ${role} of shape [${p.join(', ')}], expected ${rank} axes`);
  return p;
}

/** Refuses a parameter that is there and has not one axis of this length. */
export function vector(op: Op, { params }: ShapeStep, role: string, length: number): void {
  const p = params[role];
  if (p && (p.length !== 1 || p[0] !== length))
    fail(op, `has ${role} of shape [${p.join(', ')}], expected [${length}]`);
}

export function checkAxis(op: Op, axis: number, rank: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= rank) fail(op, `acts on axis ${axis} of ${rank} axes`);
}

export function same(a: Sizes, b: Sizes): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

export function show(shapes: readonly Shape[]): string {
  return shapes.map((s) => `[${s.join(', ')}]`).join(', ');
}

/** The image that a window of this size makes where it slides over one. */
export function slid(
  [height, width]: Sizes,
  window: Sizes,
  op: { readonly strides: Pair; readonly padding: Padding; readonly dilation?: Pair },
  channels: number,
): Shape {
  const length = (size: number, axis: 0 | 1) =>
    windowLength(
      size,
      window[axis],
      op.strides[axis],
      op.dilation?.[axis] ?? 1,
      axisPadding(op.padding, axis),
    );
  return imageOf(length(height, 0), length(width, 1), channels);
}
