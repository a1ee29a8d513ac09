import type { Split } from '../types.ts';

/** Some images of a split, in this order, as a split. */
export function subset(split: Split, chosen: ArrayLike<number>): Split {
  return {
    name: split.name,
    height: split.height,
    width: split.width,
    channels: split.channels,
    size: chosen.length,
    labels: Int32Array.from(chosen, (i) => split.labels[i]),
    read: (indices, out) =>
      split.read(
        Int32Array.from(indices, (i) => chosen[i]),
        out,
      ),
  };
}

/** A part of a split that is spread over it evenly. */
export function spread(split: Split, most: number): Split {
  if (split.size <= most) return split;
  return subset(
    split,
    Array.from({ length: most }, (_, k) => Math.floor((k * split.size) / most)),
  );
}
