import { Chart, LinearScale, LineElement, LogarithmicScale, PointElement, ScatterController } from 'chart.js';
import type { ChartOptions, Plugin } from 'chart.js';

Chart.register(ScatterController, LinearScale, LogarithmicScale, LineElement, PointElement);

export type ScatterChart = Chart<'scatter'>;

/** An empty chart that fills its place, moves nothing and takes no events: who makes it says what is drawn. */
export function makeChart(
  canvas: HTMLCanvasElement,
  padding: NonNullable<ChartOptions<'scatter'>['layout']>['padding'],
  plugin: Plugin<'scatter'>,
): ScatterChart {
  return new Chart<'scatter'>(canvas, {
    type: 'scatter',
    data: { datasets: [] },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      events: [],
      parsing: false,
      layout: { padding },
      scales: {},
    },
    plugins: [plugin],
  });
}
