import type { Raster } from './bmp.ts';
import type { Axis } from './fit.ts';

export type Filter = 'bilinear' | 'bicubic' | 'lanczos';

/** Each filter and how far it reaches, in pixels of the larger picture where it shrinks. */
const FILTERS: Readonly<Record<Filter, readonly [reach: number, weight: (x: number) => number]>> = {
  bilinear: [1, (x) => Math.max(0, 1 - Math.abs(x))],
  bicubic: [2, (x) => cubic(Math.abs(x))],
  lanczos: [3, (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0)],
};

/** Keys' cubic of a = -0.5. */
function cubic(x: number): number {
  const a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Bits behind the point: PIL computes in whole numbers, and so to the same last bit. */
const BITS = 22;
const HALF = 1 << (BITS - 1);

interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `most` numbers an output pixel */
  readonly weights: Int32Array;
  readonly most: number;
}

/**
 * PIL's Image.resize with a filter that widens as it shrinks: in one direction after the other, rounded to bytes in
 * between. Across first, and down first where that saves so much: as Pillow 13 does; older ones always go across first.
 */
export function resample(picture: Raster, down: Axis, across: Axis, filter: Filter): Uint8Array {
  const { data, width, channels } = picture;
  const rows = tapsOf(down, filter);
  const columns = tapsOf(across, filter);
  const saved = down.high - down.scaled;
  if (saved > 0 && saved > 2 * (across.high - across.scaled)) {
    const low = vertical(data, width * channels, 0, down.count, rows);
    return horizontal(low, width, channels, 0, down.count, across.count, columns);
  }
  const top = rows.first[0];
  const bottom = rows.first[down.count - 1] + rows.count[down.count - 1];
  const narrow = horizontal(data, width, channels, top, bottom, across.count, columns);
  return vertical(narrow, across.count * channels, top, down.count, rows);
}

function tapsOf({ low, high, from, to, scaled, first, count }: Axis, filter: Filter): Taps {
  const [reach, weight] = FILTERS[filter];
  const scale = (to - from) / scaled;
  const wide = Math.max(1, scale);
  const support = reach * wide;
  const most = Math.ceil(support) * 2 + 1;
  const taps: Taps = {
    first: new Int32Array(count),
    count: new Int32Array(count),
    weights: new Int32Array(count * most),
    most,
  };
  const exact = new Float64Array(most);
  for (let i = 0; i < count; i++) {
    const centre = from + (i + first + 0.5) * scale;
    const start = Math.max(low, Math.trunc(centre - support + 0.5));
    const n = Math.min(high, Math.trunc(centre + support + 0.5)) - start;
    let sum = 0;
    for (let k = 0; k < n; k++) sum += exact[k] = weight((k + start - centre + 0.5) * (1 / wide));
    for (let k = 0; k < n; k++) {
      const fixed = (sum === 0 ? exact[k] : exact[k] / sum) * (1 << BITS);
      taps.weights[i * most + k] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
    taps.first[i] = start;
    taps.count[i] = n;
  }
  return taps;
}

function horizontal(
  data: Uint8Array,
  width: number,
  channels: number,
  top: number,
  bottom: number,
  outWidth: number,
  { first, count, weights, most }: Taps,
): Uint8Array {
  const out = new Uint8ClampedArray((bottom - top) * outWidth * channels);
  let o = 0;
  for (let y = top; y < bottom; y++) {
    const row = y * width * channels;
    for (let x = 0; x < outWidth; x++) {
      const n = count[x];
      const w = x * most;
      let p = row + first[x] * channels;
      if (channels === 3) {
        let r = HALF;
        let g = HALF;
        let b = HALF;
        for (let k = 0; k < n; k++, p += 3) {
          const weight = weights[w + k];
          r = (r + Math.imul(data[p], weight)) | 0;
          g = (g + Math.imul(data[p + 1], weight)) | 0;
          b = (b + Math.imul(data[p + 2], weight)) | 0;
        }
        out[o++] = r >> BITS;
        out[o++] = g >> BITS;
        out[o++] = b >> BITS;
      } else {
        let sum = HALF;
        for (let k = 0; k < n; k++) sum = (sum + Math.imul(data[p++], weights[w + k])) | 0;
        out[o++] = sum >> BITS;
      }
    }
  }
  return new Uint8Array(out.buffer);
}

/** Row by row, so that memory is read in its order. */
function vertical(
  data: Uint8Array,
  row: number,
  top: number,
  outHeight: number,
  { first, count, weights, most }: Taps,
): Uint8Array {
  const out = new Uint8ClampedArray(outHeight * row);
  const sums = new Int32Array(row);
  for (let y = 0; y < outHeight; y++) {
    const own = weights.subarray(y * most, y * most + count[y]);
    const from = (first[y] - top) * row;
    if (own.length <= 4) few(data, from, row, own, out, y * row);
    else many(data, from, row, own, sums, out, y * row);
  }
  return new Uint8Array(out.buffer);
}

/** One row of up to four, as where a picture becomes no less than half as high: without sums that go to and fro. */
function few(
  data: Uint8Array,
  a: number,
  row: number,
  weights: Int32Array,
  out: Uint8ClampedArray,
  to: number,
): void {
  const n = weights.length;
  // beyond the last row any will do: it weighs nothing
  const [b, c, d] = [n > 1 ? a + row : a, n > 2 ? a + 2 * row : a, n > 3 ? a + 3 * row : a];
  const wa = weights[0];
  const wb = n > 1 ? weights[1] : 0;
  const wc = n > 2 ? weights[2] : 0;
  const wd = n > 3 ? weights[3] : 0;
  for (let i = 0; i < row; i++) {
    const two = HALF + Math.imul(data[a + i], wa) + Math.imul(data[b + i], wb);
    out[to + i] = (two + Math.imul(data[c + i], wc) + Math.imul(data[d + i], wd)) >> BITS;
  }
}

function many(
  data: Uint8Array,
  from: number,
  row: number,
  weights: Int32Array,
  sums: Int32Array,
  out: Uint8ClampedArray,
  to: number,
): void {
  sums.fill(HALF);
  for (let k = 0, p = from; k < weights.length; k++, p += row) {
    const weight = weights[k];
    for (let i = 0; i < row; i++) sums[i] = (sums[i] + Math.imul(data[p + i], weight)) | 0;
  }
  for (let i = 0; i < row; i++) out[to + i] = sums[i] >> BITS;
}
