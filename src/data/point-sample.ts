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
  let o = 0;
  for (const row of rows)
    for (const column of columns) {
      // three sums in numbers of their own: an array of them takes four times as long
      let [r, g, b] = [0.5, 0.5, 0.5];
      for (let j = 0; j < row.shares.length; j++) {
        let p = ((row.start + j) * width + column.start) * channels;
        const v = row.shares[j];
        for (let i = 0; i < column.shares.length; i++, p += channels) {
          const share = v * column.shares[i];
          r += share * data[p];
          if (channels === 1) continue;
          g += share * data[p + 1];
          b += share * data[p + 2];
        }
      }
      out[o++] = r;
      if (channels === 1) continue;
      out[o++] = g;
      out[o++] = b;
    }
  return out;
}

function spans({ from, to, scaled, first, count }: Axis): { start: number; shares: Float64Array }[] {
  const scale = (to - from) / scaled;
  return Array.from({ length: count }, (_, i) => {
    const begin = (i + first) * scale;
    const end = (i + first + 1) * scale;
    const start = Math.min(Math.floor(begin), to - from - 1);
    const last = Math.max(start + 1, Math.min(Math.ceil(end), to - from));
    const shares = Float64Array.from({ length: last - start }, (_, k) => {
      const low = Math.max(begin, start + k);
      const high = Math.min(end, start + k + 1);
      return Math.max(0, high - low);
    });
    const sum = shares.reduce((a, b) => a + b, 0);
    return { start: from + start, shares: shares.map((share) => share / sum) };
  });
}
