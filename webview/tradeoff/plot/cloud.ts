import type { Scale } from 'chart.js';
import type { Palette } from '../../charts/palette.ts';
import { rgb } from '../../charts/palette.ts';
import type { Box } from '../../charts/labels.ts';
import type { Scene } from './scene.ts';

const RADIUS = 2.5;

/** How much of what is behind it each pixel of a dot lets through, row by row. */
interface Dot {
  readonly size: number;
  readonly through: Float32Array;
}

/**
 * The candidates as a picture, painted anew only when points, axes, size or colours change: moving a coefficient or
 * the pointer copies it. All points have one colour, so a pixel needs one number, what its dots let through together:
 * ten thousand points take a few milliseconds, a tenth of as many drawing calls.
 */
export class Cloud {
  private readonly canvas = document.createElement('canvas');
  private key: readonly unknown[] = [];

  draw(
    context: CanvasRenderingContext2D,
    scene: Scene,
    colours: Palette,
    area: Box,
    x: Scale,
    y: Scale,
    ratio: number,
  ): void {
    const { left, top, right, bottom } = area;
    const width = Math.max(1, Math.round((right - left) * ratio));
    const height = Math.max(1, Math.round((bottom - top) * ratio));
    const { strong, xRange, yRange, log } = scene;
    const key = [scene.x, scene.y, strong, xRange, yRange, log, colours, width, height, left, top, ratio];
    if (key.some((part, i) => part !== this.key[i])) {
      this.key = key;
      this.canvas.width = width;
      this.canvas.height = height;
      this.paint(scene, colours, area, x, y, ratio);
    }
    context.drawImage(this.canvas, left, top, right - left, bottom - top);
  }

  private paint(scene: Scene, colours: Palette, area: Box, x: Scale, y: Scale, ratio: number): void {
    const { width, height } = this.canvas;
    const through = new Float32Array(width * height).fill(1);
    const { left, top, bottom } = area;
    const strong = disc(ratio, colours.highContrast ? 0.9 : 0.55);
    const faint = ring(ratio, colours.highContrast ? 0.7 : 0.5);
    const below = arrow(ratio);
    for (let i = 0; i < scene.x.length; i++) {
      const px = x.getPixelForValue(scene.x[i]);
      const py = y.getPixelForValue(scene.y[i]);
      if (Number.isNaN(px) || Number.isNaN(py)) continue;
      // worse than the axis shows: on its edge, as an arrow
      const dot = py > bottom ? below : scene.strong[i] ? strong : faint;
      const at = py > bottom ? bottom - RADIUS - 1 : py;
      stamp(through, width, height, dot, (px - left) * ratio, (at - top) * ratio);
    }
    const image = new ImageData(width, height);
    const [r, g, b] = rgb(colours.accent);
    const { data } = image;
    for (let i = 0, k = 0; i < through.length; i++, k += 4) {
      if (through[i] === 1) continue;
      data[k] = r;
      data[k + 1] = g;
      data[k + 2] = b;
      data[k + 3] = 255 * (1 - through[i]);
    }
    this.canvas.getContext('2d')!.putImageData(image, 0, 0);
  }
}

/** Puts a dot's middle on a pixel. */
function stamp(through: Float32Array, width: number, height: number, dot: Dot, x: number, y: number): void {
  const { size } = dot;
  const x0 = Math.round(x - size / 2);
  const y0 = Math.round(y - size / 2);
  if (x0 <= -size || y0 <= -size || x0 >= width || y0 >= height) return;
  for (let dy = Math.max(0, -y0); dy < size && y0 + dy < height; dy++)
    for (let dx = Math.max(0, -x0); dx < size && x0 + dx < width; dx++)
      through[(y0 + dy) * width + x0 + dx] *= dot.through[dy * size + dx];
}

/** A dot from how far inside its shape a place is (pixels, negative outside), its edge one pixel soft. */
function dot(ratio: number, opacity: number, inside: (x: number, y: number) => number): Dot {
  const size = Math.ceil((2 * RADIUS + 2) * ratio);
  const through = new Float32Array(size * size);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const depth = inside(x + 0.5 - size / 2, y + 0.5 - size / 2);
      through[y * size + x] = 1 - opacity * Math.max(0, Math.min(1, depth + 0.5));
    }
  return { size, through };
}

function disc(ratio: number, opacity: number): Dot {
  return dot(ratio, opacity, (x, y) => RADIUS * ratio - Math.hypot(x, y));
}

function ring(ratio: number, opacity: number): Dot {
  return dot(ratio, opacity, (x, y) => 0.5 * ratio - Math.abs(Math.hypot(x, y) - (RADIUS - 0.5) * ratio));
}

/** Downwards. */
function arrow(ratio: number): Dot {
  const half = RADIUS * ratio;
  return dot(ratio, 0.8, (x, y) => Math.min(y + half, (half - y) / 2 - Math.abs(x)));
}
