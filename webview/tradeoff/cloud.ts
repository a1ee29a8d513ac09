import type { Scale } from 'chart.js';
import type { Palette } from '../charts/palette.ts';
import type { Box } from '../charts/labels.ts';
import type { Scene } from './plot.ts';

const RADIUS = 2.5;

/**
 * The candidates as a picture, painted anew only when points, axes, size or colours change: moving a coefficient or
 * the pointer copies it. Ten thousand points are ten thousand copies of one small picture, which is several times
 * faster than as many paths.
 */
export class Cloud {
  private readonly canvas = document.createElement('canvas');
  private key: readonly unknown[] = [];
  private dots: readonly [HTMLCanvasElement, HTMLCanvasElement, HTMLCanvasElement] | null = null;
  private dotsOf: readonly unknown[] = [];

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
    const key = [
      scene.x,
      scene.y,
      scene.strong,
      scene.xRange,
      scene.yRange,
      scene.log,
      colours,
      width,
      height,
      left,
      top,
    ];
    if (key.some((part, i) => part !== this.key[i])) {
      this.key = key;
      this.canvas.width = width;
      this.canvas.height = height;
      this.paint(scene, colours, area, x, y, ratio);
    }
    context.drawImage(this.canvas, left, top, right - left, bottom - top);
  }

  private paint(scene: Scene, colours: Palette, area: Box, x: Scale, y: Scale, ratio: number): void {
    const context = this.canvas.getContext('2d')!;
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const [strong, faint, below] = this.pictures(colours, ratio);
    const half = strong.width / 2;
    const { left, top, right, bottom } = area;
    for (const [want, dot] of [
      [0, faint],
      [1, strong],
    ] as const)
      for (let i = 0; i < scene.x.length; i++) {
        if (scene.strong[i] !== want) continue;
        const px = x.getPixelForValue(scene.x[i]);
        const py = y.getPixelForValue(scene.y[i]);
        if (!(px >= left - 4 && px <= right + 4 && py >= top - 4)) continue;
        if (py <= bottom) context.drawImage(dot, (px - left) * ratio - half, (py - top) * ratio - half);
        // worse than the axis shows: on its edge, as an arrow
        else context.drawImage(below, (px - left) * ratio - half, (bottom - top) * ratio - below.height);
      }
  }

  /** A strong dot, a faint dot, and an arrow downwards. */
  private pictures(
    colours: Palette,
    ratio: number,
  ): readonly [HTMLCanvasElement, HTMLCanvasElement, HTMLCanvasElement] {
    if (this.dots && this.dotsOf[0] === colours && this.dotsOf[1] === ratio) return this.dots;
    this.dotsOf = [colours, ratio];
    const size = Math.ceil((2 * RADIUS + 2) * ratio);
    const made = (draw: (context: CanvasRenderingContext2D, centre: number) => void) => {
      const canvas = document.createElement('canvas');
      canvas.width = size;
      canvas.height = size;
      const context = canvas.getContext('2d')!;
      context.fillStyle = colours.accent;
      context.strokeStyle = colours.accent;
      draw(context, size / 2);
      return canvas;
    };
    const disc = (context: CanvasRenderingContext2D, centre: number, radius: number) => {
      context.beginPath();
      context.arc(centre, centre, radius * ratio, 0, 2 * Math.PI);
    };
    this.dots = [
      made((context, centre) => {
        context.globalAlpha = colours.highContrast ? 0.9 : 0.55;
        disc(context, centre, RADIUS);
        context.fill();
      }),
      made((context, centre) => {
        context.globalAlpha = colours.highContrast ? 0.7 : 0.45;
        context.lineWidth = ratio;
        disc(context, centre, RADIUS - 0.7);
        context.stroke();
      }),
      made((context, centre) => {
        context.globalAlpha = 0.8;
        context.beginPath();
        context.moveTo(centre - RADIUS * ratio, centre - ratio);
        context.lineTo(centre + RADIUS * ratio, centre - ratio);
        context.lineTo(centre, centre + RADIUS * ratio);
        context.fill();
      }),
    ];
    return this.dots;
  }
}
