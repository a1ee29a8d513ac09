import type { ChartDataset, Scale } from 'chart.js';
import type { Palette } from '../../charts/palette.ts';
import { linearTicks, logTicks } from '../../charts/axes.ts';
import type { Range } from '../../charts/axes.ts';
import { makeChart } from '../../charts/make-chart.ts';
import type { ScatterChart } from '../../charts/make-chart.ts';
import { Cloud } from './cloud.ts';
import { drawMarks } from './marks.ts';
import { curvesOf } from './scene.ts';
import type { Scene } from './scene.ts';

const TICK = 11;

/** Where the axis of costs is on the canvas, in pixels, and what it shows. */
export interface Axes {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly xRange: Range;
  readonly log: boolean;
}

/** The trade-off chart on a canvas: chart.js for axes and lines, own layers for thousands of points and the marks. */
export class Plot {
  private readonly chart: ScatterChart;
  private readonly cloud = new Cloud();
  private scene: Scene | null = null;
  private colours: Palette | null = null;

  /** @param drawn called with every picture: where its axes are */
  constructor(
    canvas: HTMLCanvasElement,
    private readonly drawn: (axes: Axes) => void = () => {},
  ) {
    this.chart = makeChart(
      canvas,
      { top: 12, right: 14, left: 0, bottom: 0 },
      {
        id: 'candidates',
        beforeDatasetsDraw: () => this.drawCloud(),
        afterDatasetsDraw: () => this.drawMarks(),
      },
    );
  }

  /** Shows a scene. Cheap where only lines and marks changed: the points are kept as a picture. */
  show(scene: Scene, colours: Palette): void {
    const axes = this.scene;
    const sameAxes =
      axes !== null &&
      colours === this.colours &&
      axes.xRange === scene.xRange &&
      axes.yRange === scene.yRange &&
      axes.log === scene.log &&
      axes.formatX === scene.formatX;
    const sameLines =
      sameAxes &&
      axes.front === scene.front &&
      axes.iso === scene.iso &&
      axes.x === scene.x &&
      axes.marks === scene.marks;
    this.scene = scene;
    this.colours = colours;
    if (sameLines) {
      this.chart.draw();
      return;
    }
    if (!sameAxes) this.setAxes(scene, colours);
    this.chart.data.datasets = lines(scene, colours);
    this.chart.update('none');
  }

  destroy(): void {
    this.chart.destroy();
  }

  /** Pixels of a point in the chart's area, the canvas's upper left corner as origin. */
  pixel(x: number, y: number): { x: number; y: number } {
    return {
      x: this.chart.scales.x.getPixelForValue(x),
      y: this.chart.scales.y.getPixelForValue(y),
    };
  }

  /** Cost and accuracy at a pixel. */
  value(x: number, y: number): { x: number; y: number } {
    return {
      x: this.chart.scales.x.getValueForPixel(x) ?? NaN,
      y: this.chart.scales.y.getValueForPixel(y) ?? NaN,
    };
  }

  get area(): { left: number; top: number; right: number; bottom: number } {
    return this.chart.chartArea ?? { left: 0, top: 0, right: 0, bottom: 0 };
  }

  /** The candidate nearest to a pixel within a reach; -1 where there is none. */
  nearest(x: number, y: number, reach = 14): number {
    const scene = this.scene;
    if (!scene || !this.chart.chartArea) return -1;
    const { left, right, bottom } = this.area;
    let best = reach * reach;
    let found = -1;
    for (let i = 0; i < scene.x.length; i++) {
      if (Number.isNaN(scene.x[i]) || Number.isNaN(scene.y[i])) continue;
      const at = this.pixel(scene.x[i], scene.y[i]);
      if (at.x < left || at.x > right) continue;
      const distance = (at.x - x) ** 2 + (Math.min(at.y, bottom - 4) - y) ** 2;
      if (distance < best) {
        best = distance;
        found = i;
      }
    }
    return found;
  }

  private setAxes(scene: Scene, colours: Palette): void {
    const { xRange, yRange, log, formatX } = scene;
    const grid = { color: colours.grid, tickLength: 0, drawTicks: false };
    const font = { family: colours.font, size: TICK };
    const ticks = { color: colours.dim, font, padding: 6, maxRotation: 0, autoSkip: false };
    const xTicks = (scale: Scale, most: number) =>
      (log ? logTicks(xRange, most) : linearTicks(xRange, most)).map((value) => ({
        value,
        label: formatX(value),
      })) as typeof scale.ticks;
    this.chart.options.scales = {
      x: {
        type: log ? 'logarithmic' : 'linear',
        min: xRange[0],
        max: xRange[1],
        border: { color: colours.line },
        grid: { ...grid, display: false },
        afterBuildTicks: (scale) =>
          (scale.ticks = xTicks(scale, Math.max(2, Math.floor(this.chart.width / 80)))),
        ticks: { ...ticks, callback: (value) => formatX(Number(value)) },
      },
      y: {
        type: 'linear',
        min: yRange[0],
        max: yRange[1],
        border: { display: false },
        grid,
        afterBuildTicks: (scale) =>
          (scale.ticks = linearTicks(yRange, Math.max(2, Math.floor(this.chart.height / 36))).map(
            (value) => ({
              value,
            }),
          )),
        ticks: { ...ticks, callback: (value) => `${Number(Number(value).toFixed(2))}` },
      },
    };
  }

  private drawCloud(): void {
    if (!this.scene || !this.colours) return;
    const { x, y } = this.chart.scales;
    this.cloud.draw(
      this.chart.ctx,
      this.scene,
      this.colours,
      this.area,
      x,
      y,
      this.chart.currentDevicePixelRatio,
    );
  }

  private drawMarks(): void {
    if (!this.scene || !this.colours) return;
    drawMarks(this.chart.ctx, this.scene, this.colours, this.area, (x, y) => this.pixel(x, y));
    const { left, right, bottom } = this.area;
    this.drawn({ left, right, bottom, xRange: this.scene.xRange, log: this.scene.log });
  }
}

function lines(scene: Scene, colours: Palette): ChartDataset<'scatter'>[] {
  const base = { showLine: true, pointRadius: 0, pointHitRadius: 0, fill: false } as const;
  const iso = scene.iso.map(({ points, chosen }): ChartDataset<'scatter'> => ({
    ...base,
    data: points.map(({ cost, accuracy }) => ({ x: cost, y: accuracy })),
    borderColor: chosen ? colours.text : colours.dim,
    borderWidth: 1,
    borderDash: chosen ? [6, 3] : [2, 4],
  }));
  const front: ChartDataset<'scatter'> = {
    ...base,
    data: scene.front.map((i) => ({ x: scene.x[i], y: scene.y[i] })),
    stepped: 'before',
    borderColor: colours.kept,
    borderWidth: 1.75,
  };
  const curves = curvesOf(scene.marks).map((data): ChartDataset<'scatter'> => ({
    ...base,
    data,
    borderColor: colours.removed,
    borderWidth: 1,
  }));
  return [...iso, ...curves, front];
}
