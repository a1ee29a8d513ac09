/** A signed distance in glyph space (x right, y down, the glyph within -1 .. 1); negative inside. */
export type Distance = (x: number, y: number) => number;
export type Colour = readonly [number, number, number];

/** A shape to paint, back to front. */
export interface Layer {
  readonly shape: Distance;
  readonly colour: Colour;
  /** how much the light from the upper left models it: 0 flat .. 1 */
  readonly shade?: number;
}

/** Where a glyph lies: centre and half size in pixels, rotation in radians, stretch of x. */
export interface Pose {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly turn: number;
  readonly stretch: number;
}

export const circle =
  (cx: number, cy: number, r: number): Distance =>
  (x, y) =>
    Math.hypot(x - cx, y - cy) - r;

export function ellipse(cx: number, cy: number, rx: number, ry: number, turn = 0): Distance {
  const cos = Math.cos(turn);
  const sin = Math.sin(turn);
  const least = Math.min(rx, ry);
  return (x, y) => {
    const u = (cos * (x - cx) + sin * (y - cy)) / rx;
    const v = (cos * (y - cy) - sin * (x - cx)) / ry;
    return (Math.hypot(u, v) - 1) * least;
  };
}

/** A stroke from a to b, its radius going from ra to rb. */
export function stroke(ax: number, ay: number, bx: number, by: number, ra: number, rb = ra): Distance {
  const dx = bx - ax;
  const dy = by - ay;
  const length2 = dx * dx + dy * dy || 1e-9;
  return (x, y) => {
    const t = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length2));
    return Math.hypot(x - ax - t * dx, y - ay - t * dy) - (ra + t * (rb - ra));
  };
}

export const union =
  (...shapes: Distance[]): Distance =>
  (x, y) => {
    let d = Infinity;
    for (const shape of shapes) d = Math.min(d, shape(x, y));
    return d;
  };

/** The union with the notch between them filled to about k. */
export const blend =
  (a: Distance, b: Distance, k: number): Distance =>
  (x, y) => {
    const da = a(x, y);
    const db = b(x, y);
    const h = Math.max(0, k - Math.abs(da - db)) / k;
    return Math.min(da, db) - (h * h * k) / 4;
  };

export const both =
  (a: Distance, b: Distance): Distance =>
  (x, y) =>
    Math.max(a(x, y), b(x, y));

export const without =
  (a: Distance, b: Distance): Distance =>
  (x, y) =>
    Math.max(a(x, y), -b(x, y));

export const below =
  (height: number): Distance =>
  (_x, y) =>
    height - y;

/** A small float picture, RGB of 0 .. 255, on which shapes are painted with smooth edges. */
export class Canvas {
  readonly pixels: Float32Array;

  constructor(
    readonly height: number,
    readonly width: number,
  ) {
    this.pixels = new Float32Array(height * width * 3);
  }

  paint(layers: readonly Layer[], pose: Pose, opacity = 1): void {
    const cos = Math.cos(pose.turn);
    const sin = Math.sin(pose.turn);
    for (let row = 0; row < this.height; row++)
      for (let column = 0; column < this.width; column++) {
        const dx = (column + 0.5 - pose.x) / pose.size;
        const dy = (row + 0.5 - pose.y) / pose.size;
        const x = (cos * dx + sin * dy) / pose.stretch;
        const y = cos * dy - sin * dx;
        const at = (row * this.width + column) * 3;
        for (const { shape, colour, shade = 0 } of layers) {
          const d = shape(x, y) * pose.size;
          if (d > 0.5) continue;
          const cover = Math.min(1, 0.5 - d) * opacity;
          // darker towards the lower right and the rim
          const rim = Math.min(1, Math.max(0, 1 + d / (0.45 * pose.size)));
          const light = 1 - shade * (0.3 * (dx + dy) + 0.28 * rim * rim);
          for (let c = 0; c < 3; c++)
            this.pixels[at + c] += (Math.min(255, colour[c] * light) - this.pixels[at + c]) * cover;
        }
      }
  }
}
