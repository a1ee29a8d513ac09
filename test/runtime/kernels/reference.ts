import type { Pair, Padding } from '../../../src/graph/types.ts';
import { Random } from '../../../src/graph/random.ts';

/** Brute-force twins in float64, written from the definitions: loops over every pixel and tap. */

export interface Values {
  shape: number[];
  data: Float64Array;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
export const zeros = (shape: number[]): Values => ({ shape, data: new Float64Array(sizeOf(shape)) });

/** Normal draws, as float32 would hold them. */
export function draw(shape: number[], seed: number): Values {
  const random = new Random(seed);
  const values = zeros(shape);
  for (let i = 0; i < values.data.length; i++) values.data[i] = Math.fround(random.normal());
  return values;
}

interface Window {
  kernel: Pair;
  strides: Pair;
  padding: Padding;
  dilation: Pair;
}

export function outputSize(input: Pair, w: Window): { out: Pair; before: Pair } {
  const out: number[] = [];
  const before: number[] = [];
  for (const i of [0, 1] as const) {
    const extent = w.dilation[i] * (w.kernel[i] - 1) + 1;
    if (w.padding === 'same') {
      out[i] = Math.ceil(input[i] / w.strides[i]);
      before[i] = Math.floor(Math.max(0, (out[i] - 1) * w.strides[i] + extent - input[i]) / 2);
    } else {
      const [b, a] = w.padding === 'valid' ? [0, 0] : [w.padding[2 * i], w.padding[2 * i + 1]];
      out[i] = Math.floor((input[i] + a + b - extent) / w.strides[i]) + 1;
      before[i] = b;
    }
  }
  return { out: out as unknown as Pair, before: before as unknown as Pair };
}

/** Calls `visit` for every (image, output pixel, tap) whose input pixel is in the picture. */
export function forEachTap(
  input: readonly number[],
  w: Window,
  visit: (n: number, oy: number, ox: number, iy: number, ix: number, ky: number, kx: number) => void,
): Pair {
  const { out, before } = outputSize([input[1], input[2]], w);
  for (let n = 0; n < input[0]; n++)
    for (let oy = 0; oy < out[0]; oy++)
      for (let ox = 0; ox < out[1]; ox++)
        for (let ky = 0; ky < w.kernel[0]; ky++)
          for (let kx = 0; kx < w.kernel[1]; kx++) {
            const iy = oy * w.strides[0] + ky * w.dilation[0] - before[0];
            const ix = ox * w.strides[1] + kx * w.dilation[1] - before[1];
            if (iy >= 0 && iy < input[1] && ix >= 0 && ix < input[2]) visit(n, oy, ox, iy, ix, ky, kx);
          }
  return out;
}

/** Convolution and its gradients for a given dy (drawn by seed). kernel [kh, kw, cin / groups, cout]. */
export function convolve(x: Values, k: Values, w: Omit<Window, 'kernel'>, groups: number, seed: number) {
  const window = { ...w, kernel: [k.shape[0], k.shape[1]] as Pair };
  const [n, h, width, cin] = x.shape;
  const [, kw, per, cout] = k.shape;
  const { out } = outputSize([h, width], window);
  const y = zeros([n, ...out, cout]);
  const dy = draw(y.shape, seed);
  const dx = zeros(x.shape);
  const dk = zeros(k.shape);
  forEachTap(x.shape, window, (n, oy, ox, iy, ix, ky, kx) => {
    for (let o = 0; o < cout; o++) {
      const group = Math.floor(o / (cout / groups));
      const yi = ((n * out[0] + oy) * out[1] + ox) * cout + o;
      for (let i = 0; i < per; i++) {
        const xi = ((n * h + iy) * width + ix) * cin + group * per + i;
        const ki = ((ky * kw + kx) * per + i) * cout + o;
        y.data[yi] += x.data[xi] * k.data[ki];
        dx.data[xi] += dy.data[yi] * k.data[ki];
        dk.data[ki] += dy.data[yi] * x.data[xi];
      }
    }
  });
  return { y, dy, dx, dk };
}

/** Max pooling: the first largest pixel of a window gets its gradient. */
export function maxPool(x: Values, w: Window, seed: number) {
  const [n, h, width, c] = x.shape;
  const { out } = outputSize([h, width], w);
  const y = zeros([n, ...out, c]);
  const from = new Int32Array(y.data.length).fill(-1);
  forEachTap(x.shape, w, (n, oy, ox, iy, ix) => {
    for (let ch = 0; ch < c; ch++) {
      const yi = ((n * out[0] + oy) * out[1] + ox) * c + ch;
      const xi = ((n * h + iy) * width + ix) * c + ch;
      if (from[yi] < 0 || x.data[xi] > y.data[yi]) {
        y.data[yi] = x.data[xi];
        from[yi] = xi;
      }
    }
  });
  const dy = draw(y.shape, seed);
  const dx = zeros(x.shape);
  from.forEach((xi, yi) => {
    if (xi >= 0) dx.data[xi] += dy.data[yi];
  });
  return { y, dy, dx };
}

/** Average pooling over the pixels of the window that are in the picture. */
export function avgPool(x: Values, w: Window, seed: number) {
  const [n, h, width, c] = x.shape;
  const { out } = outputSize([h, width], w);
  const y = zeros([n, ...out, c]);
  const dy = draw(y.shape, seed);
  const dx = zeros(x.shape);
  const count = new Float64Array(out[0] * out[1]);
  forEachTap([1, h, width], w, (_n, oy, ox) => void count[oy * out[1] + ox]++);
  forEachTap(x.shape, w, (n, oy, ox, iy, ix) => {
    for (let ch = 0; ch < c; ch++) {
      const yi = ((n * out[0] + oy) * out[1] + ox) * c + ch;
      const xi = ((n * h + iy) * width + ix) * c + ch;
      y.data[yi] += x.data[xi] / count[oy * out[1] + ox];
      dx.data[xi] += dy.data[yi] / count[oy * out[1] + ox];
    }
  });
  return { y, dy, dx };
}

/** Largest difference, relative to the larger of 1 and the largest value. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  let scale = 1;
  for (let i = 0; i < a.length; i++) {
    if (!Number.isFinite(a[i])) return Infinity;
    most = Math.max(most, Math.abs(a[i] - b[i]));
    scale = Math.max(scale, Math.abs(b[i]));
  }
  return most / scale;
}
