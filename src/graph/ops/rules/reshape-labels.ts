import { sizeOf } from './sizes.ts';
import type { AxisLabels, Labels } from './labels.ts';
import type { Shape } from '../../types.ts';

/** A run of input axes and the run of output axes that holds the same elements in the same order. */
interface Block {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

/**
 * Follows channels through a row-major reshape. Axes are matched in the smallest blocks of equal size; a merged axis
 * carries at each index the label of the channel that it came from, a split one ties the channels that fall on one
 * position of its last part. What neither can express is frozen.
 */
export function reshapeLabels(
  labels: Labels,
  axes: readonly AxisLabels[],
  from: Shape,
  to: Shape,
  { reason, along = [] }: { readonly reason: string; readonly along?: readonly number[] },
): AxisLabels[] {
  const result: AxisLabels[] = to.map(() => null);
  for (const block of blocks(from, to)) {
    let inputs = range(block.from).filter((a) => axes[a] && from[a] > 1);
    // what no layer makes is in nobody's way, if it stays
    if (inputs.length > 1)
      inputs = inputs.filter((a) => {
        const stays = labels.loose(axes[a]!);
        if (stays) labels.freeze(axes[a], reason);
        return !stays;
      });
    const outputs = range(block.to).filter((a) => to[a] > 1);
    if (inputs.length === 0 || outputs.length === 0) continue;
    if (inputs.length > 1) {
      for (const a of inputs) labels.freeze(axes[a], reason);
      continue;
    }
    const one = axes[inputs[0]];
    if (outputs.length === 1 && from[inputs[0]] === to[outputs[0]]) {
      result[outputs[0]] = one;
      continue;
    }
    const flat = flatLabels(one!, from, inputs[0], block.from);
    const named = outputs.filter((a) => along.includes(a));
    const split = splitLabels(labels, flat, to, named.length > 0 ? named : outputs, block.to, reason);
    if (split) result[split.axis] = split.labels;
    else labels.freeze(one, reason);
  }
  return result;
}

function blocks(from: Shape, to: Shape): Block[] {
  const found: Block[] = [];
  let i = 0;
  let j = 0;
  while (i < from.length || j < to.length) {
    const start: [number, number] = [i, j];
    let p = i < from.length ? from[i++] : 1;
    let q = j < to.length ? to[j++] : 1;
    while (p !== q) {
      if (p < q) p *= from[i++];
      else q *= to[j++];
    }
    found.push({ from: [start[0], i], to: [start[1], j] });
  }
  return found;
}

function range(span: readonly [number, number]): number[] {
  return Array.from({ length: span[1] - span[0] }, (_, k) => span[0] + k);
}

/** The label of every element of a block, where one axis of it is labelled. */
function flatLabels(axis: Int32Array, shape: Shape, at: number, span: readonly [number, number]): Int32Array {
  const inner = sizeOf(shape.slice(at + 1, span[1]));
  const flat = new Int32Array(sizeOf(shape.slice(span[0], span[1])));
  for (let n = 0; n < flat.length; n++) flat[n] = axis[Math.floor(n / inner) % axis.length];
  return flat;
}

/**
 * The last output axis along which the channels stay apart: each of its positions ties all labels that fall on it.
 * Removing a tied class then removes whole positions on both sides, so any axis would be right; one that leaves a
 * single class is of no use.
 */
function splitLabels(
  labels: Labels,
  flat: Int32Array,
  shape: Shape,
  candidates: readonly number[],
  span: readonly [number, number],
  reason: string,
): { axis: number; labels: AxisLabels } | null {
  for (const axis of [...candidates].reverse()) {
    const inner = sizeOf(shape.slice(axis + 1, span[1]));
    const size = shape[axis];
    if (candidates.length > 1 && classesAfter(labels, flat, inner, size) < 2) continue;
    const folded = labels.fold(regroup(flat, inner, size), size, reason);
    return { axis, labels: folded };
  }
  return null;
}

/** Elements reordered so that position b of the axis is at every index that is b modulo its size. */
function regroup(flat: Int32Array, inner: number, size: number): Int32Array {
  if (inner === 1) return flat;
  const result = new Int32Array(flat.length);
  let at = 0;
  for (let outer = 0; outer < flat.length; outer += inner * size)
    for (let k = 0; k < inner; k++) for (let b = 0; b < size; b++) result[at++] = flat[outer + b * inner + k];
  return result;
}

/** How many classes would be left if the axis carried the labels. */
function classesAfter(labels: Labels, flat: Int32Array, inner: number, size: number): number {
  const parent = new Map<number, number>();
  const find = (x: number): number => {
    for (;;) {
      const up = parent.get(x)!;
      if (up === x) return x;
      parent.set(x, parent.get(up)!);
      x = up;
    }
  };
  for (let b = 0; b < size; b++) parent.set(-1 - b, -1 - b);
  let classes = size;
  for (let n = 0; n < flat.length; n++) {
    if (flat[n] < 0) continue;
    const root = labels.find(flat[n]);
    const b = find(-1 - (Math.floor(n / inner) % size));
    const known = parent.has(root) ? find(root) : undefined;
    if (known === undefined) parent.set(root, b);
    else if (known !== b) {
      parent.set(known, b);
      classes--;
    }
  }
  return classes;
}
