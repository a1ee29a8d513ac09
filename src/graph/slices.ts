/**
 * Elements of a row-major array at the given positions of each axis (null: all of them), as a new array. Axes that are
 * taken whole are merged with their neighbours, so that most of the work is copying runs.
 */
export function gatherAxes(
  data: Float32Array,
  shape: readonly number[],
  positions: readonly (Int32Array | null)[],
): Float32Array {
  const sizes: number[] = [];
  const picks: (Int32Array | null)[] = [];
  shape.forEach((size, a) => {
    const pick = positions[a] ?? null;
    if (!pick && sizes.length > 0 && !picks[picks.length - 1]) sizes[sizes.length - 1] *= size;
    else {
      sizes.push(size);
      picks.push(pick);
    }
  });
  if (picks.every((p) => !p)) return data.slice();

  // the source offsets of every run, growing axis by axis from the outside
  const inner = picks[picks.length - 1];
  const last = sizes.length - 1;
  let offsets: Float64Array = new Float64Array(1);
  for (let a = 0; a < last; a++) {
    const pick = picks[a];
    const n = pick ? pick.length : sizes[a];
    const next = new Float64Array(offsets.length * n);
    let at = 0;
    for (let o = 0; o < offsets.length; o++) {
      const base = offsets[o] * sizes[a];
      for (let i = 0; i < n; i++) next[at++] = base + (pick ? pick[i] : i);
    }
    offsets = next;
  }
  const run = inner ? inner.length : sizes[last];
  const result = new Float32Array(offsets.length * run);
  for (let o = 0; o < offsets.length; o++) {
    const from = offsets[o] * sizes[last];
    const to = o * run;
    if (!inner) result.set(data.subarray(from, from + run), to);
    else for (let i = 0; i < run; i++) result[to + i] = data[from + inner[i]];
  }
  return result;
}

/** Sets to zero, in place, every element whose position along one axis is marked. */
export function zeroAlong(
  data: Float32Array,
  shape: readonly number[],
  axis: number,
  marked: Uint8Array,
): void {
  let inner = 1;
  for (let a = axis + 1; a < shape.length; a++) inner *= shape[a];
  const size = shape[axis];
  for (let block = 0; block * inner < data.length; block++)
    if (marked[block % size]) data.fill(0, block * inner, (block + 1) * inner);
}
