import { linearTicks, niceRange } from './axes.ts';
import { place } from './labels.ts';
import { makeChart } from './make-chart.ts';
import type { ScatterChart } from './make-chart.ts';
import type { Palette } from './palette.ts';

export interface Line {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** one of many: thin, and named only where it is lit */
  readonly quiet?: boolean;
}

export interface LineScene {
  readonly lines: readonly Line[];
  /** a level to compare with */
  readonly reference: { readonly y: number; readonly label: string } | null;
  readonly formatY: (value: number) => string;
  /** where x isn't a count that grows to the right */
  readonly x?: {
    readonly ticks: readonly number[];
    readonly format: (value: number) => string;
    readonly falls: boolean;
  };
  /** the line and its point that are drawn above the others */
  readonly lit?: { readonly line: number; readonly point: number } | null;
  /** x that the pointer or the keyboard is at */
  readonly at: number | null;
}

const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3], [4, 2, 1, 2], [12, 4]];
const FONT = 11;

/** A small chart of lines, named at their ends: no legend to look up, and told apart by dashes too. */
export class LinePlot {
  private readonly chart: ScatterChart;
  private scene: LineScene | null = null;
  private colours: Palette | null = null;

  constructor(canvas: HTMLCanvasElement) {
    const padding = { top: 8, right: 10 };
    this.chart = makeChart(canvas, padding, { id: 'names', afterDatasetsDraw: () => this.names() });
  }

  show(scene: LineScene, colours: Palette): void {
    const same = this.scene?.lines === scene.lines && this.colours === colours;
    this.scene = scene;
    this.colours = colours;
    if (same) {
      this.chart.draw();
      return;
    }
    const values = scene.lines.flatMap(({ points }) => points);
    const xs = values.map(({ x }) => x);
    const ys = [...values.map(({ y }) => y), ...(scene.reference ? [scene.reference.y] : [])].filter(
      Number.isFinite,
    );
    const x = [xs.reduce((a, b) => Math.min(a, b), Infinity), xs.reduce((a, b) => Math.max(a, b), -Infinity)];
    const y = niceRange(
      ys.reduce((a, b) => Math.min(a, b), Infinity),
      ys.reduce((a, b) => Math.max(a, b), -Infinity),
      5,
    );
    const range = x[1] > x[0] ? ([x[0], x[1]] as const) : ([x[0] - 0.5, x[0] + 0.5] as const);
    const font = { family: colours.font, size: FONT };
    this.chart.options.layout = { padding: { top: 8, right: this.room(scene, colours) } };
    const ticks = { color: colours.dim, font, padding: 6, maxRotation: 0, autoSkip: false };
    this.chart.options.scales = {
      x: {
        type: 'linear',
        min: range[0],
        max: range[1],
        reverse: scene.x?.falls ?? false,
        border: { color: colours.line },
        grid: { display: false },
        afterBuildTicks: (scale) => (scale.ticks = this.ticksX(scene, range).map((value) => ({ value }))),
        ticks: { ...ticks, callback: (value) => scene.x?.format(Number(value)) ?? `${value}` },
      },
      y: {
        type: 'linear',
        min: y[0],
        max: y[1],
        border: { display: false },
        grid: { color: colours.grid, drawTicks: false },
        afterBuildTicks: (scale) => (scale.ticks = linearTicks(y, 5).map((value) => ({ value }))),
        ticks: { ...ticks, callback: (value) => scene.formatY(Number(value)) },
      },
    };
    this.chart.data.datasets = scene.lines.map(({ points, quiet = false }, k) => ({
      data: points.map((point) => ({ ...point })),
      showLine: true,
      fill: false,
      clip: false,
      pointRadius: points.length <= 24 && !quiet ? 2 : 0,
      pointBackgroundColor: lineColour(colours, k),
      pointBorderWidth: 0,
      borderColor: quiet ? colours.dim : lineColour(colours, k),
      borderWidth: quiet ? 0.75 : 1.5,
      borderDash: quiet ? [] : DASHES[k % DASHES.length],
      // the quiet ones lie below
      order: quiet ? 1 : 0,
    }));
    this.chart.update('none');
  }

  destroy(): void {
    this.chart.destroy();
  }

  /** The line and its point nearest to a place on the canvas; null where there is none. */
  nearestTo(left: number, top: number): { line: number; point: number } | null {
    const { x: sx, y: sy } = this.chart.scales;
    if (!this.scene || !sx || !sy) return null;
    let best: { line: number; point: number } | null = null;
    let least = Infinity;
    this.scene.lines.forEach(({ points }, line) =>
      points.forEach(({ x, y }, point) => {
        const far = Math.hypot(sx.getPixelForValue(x) - left, sy.getPixelForValue(y) - top);
        if (far < least) [best, least] = [{ line, point }, far];
      }),
    );
    return best;
  }

  /** The x of a pixel of the canvas. */
  valueAt(pixel: number): number {
    return this.chart.scales.x?.getValueForPixel(pixel) ?? NaN;
  }

  pixelAt(x: number): number {
    return this.chart.scales.x?.getPixelForValue(x) ?? 0;
  }

  get width(): number {
    return this.chart.width;
  }

  /** Room on the right for the names of the lines, at most a third of the chart. */
  private room(scene: LineScene, colours: Palette): number {
    if (scene.lines.length < 2) return 10;
    const { ctx: context, width } = this.chart;
    context.font = `${FONT}px ${colours.font}`;
    const named = scene.lines.filter(({ quiet }) => !quiet);
    const widest = Math.max(0, ...named.map(({ label }) => context.measureText(label).width));
    return Math.min(widest + 12, width / 3);
  }

  private ticksX({ x }: LineScene, range: readonly [number, number]): readonly number[] {
    const room = Math.max(2, Math.floor(this.chart.width / 60));
    if (!x) return linearTicks(range, room).filter(Number.isInteger);
    const each = Math.ceil(x.ticks.length / room);
    return x.ticks.filter((tick, i) => i % each === 0 && tick >= range[0] && tick <= range[1]);
  }

  /** The lit line once more, above all others, with its name at the point. */
  private light(): void {
    const { scene, colours, chart } = this;
    const { line: k, point: at } = scene?.lit ?? {};
    const line = k === undefined ? undefined : scene?.lines[k];
    if (!line || !colours || k === undefined || at === undefined) return;
    const { ctx: context, chartArea: area } = chart;
    const { x: sx, y: sy } = chart.scales;
    const places = line.points.map(({ x, y }) => [sx.getPixelForValue(x), sy.getPixelForValue(y)] as const);
    context.save();
    context.strokeStyle = context.fillStyle = line.quiet ? colours.text : lineColour(colours, k);
    context.lineWidth = 2.5;
    context.setLineDash(line.quiet ? [] : DASHES[k % DASHES.length]);
    context.beginPath();
    places.forEach(([x, y]) => context.lineTo(x, y));
    context.stroke();
    const [x, y] = places[at];
    context.beginPath();
    context.arc(x, y, 4, 0, 2 * Math.PI);
    context.fill();
    if (line.quiet) {
      context.font = `${FONT}px ${colours.font}`;
      context.textBaseline = 'bottom';
      const { width } = context.measureText(line.label);
      const left = Math.max(area.left, Math.min(x + 6, chart.width - width - 2));
      context.setLineDash([]);
      context.lineWidth = 3;
      context.strokeStyle = colours.background;
      context.strokeText(line.label, left, y - 5);
      context.fillText(line.label, left, y - 5);
    }
    context.restore();
  }

  private names(): void {
    const { scene, colours, chart } = this;
    if (!scene || !colours) return;
    const { ctx: context, chartArea: area } = chart;
    const { x: sx, y: sy } = chart.scales;
    context.save();
    context.font = `${FONT}px ${colours.font}`;
    context.textBaseline = 'middle';
    if (scene.reference) {
      const y = sy.getPixelForValue(scene.reference.y);
      context.strokeStyle = colours.warning;
      context.setLineDash([5, 3]);
      context.beginPath();
      context.moveTo(area.left, y);
      context.lineTo(area.right, y);
      context.stroke();
      context.setLineDash([]);
      context.fillStyle = colours.warning;
      context.fillText(scene.reference.label, area.left + 4, y - 8);
    }
    if (scene.lines.length > 1) {
      const named = scene.lines.flatMap((line, k) => {
        const last = line.points.at(-1);
        return last && !line.quiet
          ? [{ label: line.label, k, x: sx.getPixelForValue(last.x), y: sy.getPixelForValue(last.y) }]
          : [];
      });
      const labels = named.map(({ label, x, y }) => ({
        x,
        y,
        width: Math.ceil(context.measureText(label).width),
        height: FONT + 2,
      }));
      // many lines end close together: beside them all is nothing that a name could cover
      const left = scene.x?.falls ? area.right : area.left;
      const bounds = { left, top: area.top - 8, right: chart.width, bottom: area.bottom };
      const places = place(labels, bounds, 5);
      named.forEach(({ label, k }, i) => {
        const y = places[i].top + labels[i].height / 2;
        context.lineWidth = 3;
        context.strokeStyle = colours.background;
        context.strokeText(label, places[i].left, y);
        context.fillStyle = lineColour(colours, k);
        context.fillText(label, places[i].left, y);
      });
    }
    if (scene.at !== null) {
      const x = sx.getPixelForValue(scene.at);
      context.strokeStyle = colours.dim;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x, area.top);
      context.lineTo(x, area.bottom);
      context.stroke();
    }
    context.restore();
    this.light();
  }
}

function lineColour({ series }: Palette, k: number): string {
  return series[k % series.length];
}
