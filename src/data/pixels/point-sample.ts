import type { Raster } from './bmp.ts';
import type { Axis } from './fit.ts';

interface Neighbours {
  readonly low: Int32Array;
  readonly high: Int32Array;
  /** share of the higher one */
  readonly share: Float64Array;
}

/** Bilinear between the pixels' centres, however much it shrinks: TensorFlow's ResizeBilinear with half_pixel_centers. */
export function linear(picture: Raster, down: Axis, across: Axis): Uint8Array {
  const { data, width, channels } = picture;
  const rows = neighbours(down, width * channels);
  const columns = neighbours(across, channels);
  const out = new Uint8Array(down.count * across.count * channels);
  for (let y = 0, o = 0; y < down.count; y++) {
    const top = rows.low[y];
    const bottom = rows.high[y];
    const v = rows.share[y];
    for (let x = 0; x < across.count; x++) {
      const left = columns.low[x];
      const right = columns.high[x];
      const u = columns.share[x];
      for (let c = 0; c < channels; c++, o++) {
        const a = data[top + left + c];
        const b = data[bottom + left + c];
        const upper = a + (data[top + right + c] - a) * u;
        const lower = b + (data[bottom + right + c] - b) * u;
        out[o] = upper + (lower - upper) * v + 0.5;
      }
    }
  }
  return out;
}

function neighbours({ low, high, from, to, scaled, first, count }: Axis, stride: number): Neighbours {
  const scale = (to - from) / scaled;
  const result = {
    low: new Int32Array(count),
    high: new Int32Array(count),
    share: new Float64Array(count),
  };
  for (let i = 0; i < count; i++) {
    const at = from + (i + first + 0.5) * scale - 0.5;
    const whole = Math.floor(at);
    result.low[i] = Math.max(whole, low) * stride;
    result.high[i] = Math.min(Math.ceil(at), high - 1) * stride;
    result.share[i] = at - whole;
  }
  return result;
}

/**
 * The pixel below each output pixel's centre. Where a centre lies on the border of two, rounding decides, and PIL sums
 * up in double precision while TensorFlow multiplies in single.
 */
export function nearest(picture: Raster, down: Axis, across: Axis, single: boolean): Uint8Array {
  const { data, width, channels } = picture;
  const rows = below(down, single);
  const columns = below(across, single);
  const out = new Uint8Array(down.count * across.count * channels);
  let o = 0;
  for (const y of rows)
    for (const x of columns) {
      const p = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) out[o++] = data[p + c];
    }
  return out;
}

function below({ from, to, high, scaled, first, count }: Axis, single: boolean): Int32Array {
  const step = (to - from) / scaled;
  const result = new Int32Array(count);
  let at = from + step * 0.5;
  for (let i = 0; i < first + count; i++, at += step) {
    const centre = single ? from + Math.fround((i + 0.5) * Math.fround(step)) : at;
    if (i >= first) result[i - first] = Math.min(Math.floor(centre), high - 1);
  }
  return result;
}

/** Every pixel by the share of it that lies within: TensorFlow's ResizeArea. */
export function areas(picture: Raster, down: Axis, across: Axis): Uint8Array {
  const { data, width, channels } = picture;
  const rows = spans(down);
  const columns = spans(across);
  const out = new Uint8Array(down.count * across.count * channels);
  const sum = channels === 3 ? threes : ones;
  for (let y = 0; y < down.count; y++) {
    const top = rows.first[y] * width * channels;
    const tall = rows.shares.subarray(y * rows.most, y * rows.most + rows.count[y]);
    sum(data, top, width * channels, tall, columns, out, y * across.count * channels);
  }
  return out;
}

interface Spans {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `most` numbers an output pixel, of which `count` count */
  readonly shares: Float64Array;
  readonly most: number;
}

/** One row of three channels: sums in numbers of their own, as arrays of them take several times as long. */
function threes(
  data: Uint8Array,
  top: number,
  stride: number,
  tall: Float64Array,
  { first, count, shares, most }: Spans,
  out: Uint8Array,
  to: number,
): void {
  for (let x = 0, o = to; x < count.length; x++, o += 3) {
    const from = x * most;
    const end = from + count[x];
    let r = 0.5;
    let g = 0.5;
    let b = 0.5;
    for (let j = 0, start = top + 3 * first[x]; j < tall.length; j++, start += stride) {
      const v = tall[j];
      for (let i = from, p = start; i < end; i++, p += 3) {
        const share = v * shares[i];
        r += share * data[p];
        g += share * data[p + 1];
        b += share * data[p + 2];
      }
    }
    out[o] = r;
    out[o + 1] = g;
    out[o + 2] = b;
  }
}

/** One row of grey. */
function ones(
  data: Uint8Array,
  top: number,
  stride: number,
  tall: Float64Array,
  { first, count, shares, most }: Spans,
  out: Uint8Array,
  to: number,
): void {
  for (let x = 0; x < count.length; x++) {
    const from = x * most;
    const n = count[x];
    let sum = 0.5;
    for (let j = 0, start = top + first[x]; j < tall.length; j++, start += stride) {
      const v = tall[j];
      for (let i = 0; i < n; i++) sum += v * shares[from + i] * data[start + i];
    }
    out[to + x] = sum;
  }
}

function spans({ from, to, scaled, first, count }: Axis): Spans {
  const scale = (to - from) / scaled;
  const most = Math.ceil(scale) + 1;
  const result: Spans = {
    first: new Int32Array(count),
    count: new Int32Array(count),
    shares: new Float64Array(count * most),
    most,
  };
  for (let i = 0; i < count; i++) {
    const begin = (i + first) * scale;
    const end = (i + first + 1) * scale;
    const start = Math.min(Math.floor(begin), to - from - 1);
    const last = Math.max(start + 1, Math.min(Math.ceil(end), to - from));
    const shares = result.shares.subarray(i * most, i * most + last - start);
    let sum = 0;
    for (let k = 0; k < shares.length; k++)
      sum += shares[k] = Math.max(0, Math.min(end, start + k + 1) - Math.max(begin, start + k));
    for (let k = 0; k < shares.length; k++) shares[k] /= sum;
    result.first[i] = from + start;
    result.count[i] = shares.length;
  }
  return result;
}
