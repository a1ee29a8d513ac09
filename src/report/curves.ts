import type { RunReport } from './types.ts';
import { axes, px, scaleOf, spread } from './axes.ts';
import { accuracyWord } from '../terms/scores.ts';
import { escape } from './text.ts';

interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  /** the run's own is drawn strongest */
  readonly own: boolean;
}

const frame = { width: 400, height: 210, left: 42, right: 104, top: 24, bottom: 32 };
const dashes = ['', '6 3', '2 3', '8 3 2 3', '1 4', '10 4'];

/** Lines over epochs or generations; told apart by dashes and names, not by colour. */
function lineChart(caption: string, names: { x: string; y: string }, series: readonly Series[]): string {
  const drawn = series.filter((one) => one.points.length > 0);
  if (!drawn.length) return '';
  const all = drawn.flatMap((one) => one.points);
  const { width, height, left, right, top, bottom } = frame;
  const xs = all.map(([a]) => a);
  const ys = all.map(([, b]) => b);
  const x = scaleOf(Math.min(...xs), Math.max(...xs), left, width - right, { want: 5, tight: true });
  const y = scaleOf(Math.min(...ys), Math.max(...ys), height - bottom, top, { want: 5 });
  const whole = (v: number) => (Number.isInteger(v) ? String(v) : '');
  const ends = drawn.map((one) => y(one.points.at(-1)![1]));
  const heights = spread(ends, 13, top, height - bottom);
  const lines = drawn.map((one, i) => {
    const colour = one.own ? 'var(--accent)' : 'var(--cut)';
    const dash = dashes[i % dashes.length] ? ` stroke-dasharray="${dashes[i % dashes.length]}"` : '';
    const at = one.points.map(([a, b]) => `${px(x(a))} ${px(y(b))}`);
    const line =
      at.length > 1
        ? `<path d="M${at.join('L')}" fill="none" stroke="${colour}" stroke-width="${one.own ? 2 : 1.3}"${dash}/>`
        : `<circle cx="${at[0].split(' ')[0]}" cy="${at[0].split(' ')[1]}" r="3" fill="${colour}"/>`;
    const endX = x(one.points.at(-1)![0]);
    return `${line}<text x="${px(Math.max(endX, width - right) + 6)}" y="${px(heights[i] + 3.5)}" fill="${colour}">${escape(one.name)}</text>`;
  });
  const spoken = `${caption}: ${drawn.map((one) => `${one.name} ends at ${Number(one.points.at(-1)![1].toPrecision(4))}`).join(', ')}`;
  return (
    `<figure><figcaption>${escape(caption)}</figcaption>` +
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(spoken)}">${axes(frame, x, y, names, { x: whole, y: String })}${lines.join('')}</svg></figure>`
  );
}

/** Reward by generation, and losses and accuracies by epoch, as far as the run had them. */
export function curves(report: RunReport): string {
  const [main] = report.arms;
  const charts: string[] = [];
  if (main) {
    const rewards = main.generations.map((one) => [one.generation, one.reward] as const);
    charts.push(
      lineChart('Best reward of the search', { x: 'generation', y: 'reward' }, [
        { name: main.name, points: rewards, own: true },
      ]),
    );
    const stages = [...new Set(main.losses.map((loss) => loss.stage))].filter(
      (stage) => stage !== 'fine-tune',
    );
    for (const stage of stages) {
      const points = main.losses
        .filter((loss) => loss.stage === stage)
        .map((loss) => [loss.epoch, loss.loss] as const);
      charts.push(
        lineChart(`Training loss, ${stage}`, { x: 'epoch', y: 'loss' }, [
          { name: main.name, points, own: true },
        ]),
      );
    }
  }
  const tuned = (value: 'loss' | 'accuracy'): Series[] =>
    report.arms.map((arm) => ({
      name: arm.name,
      own: !arm.control,
      points: arm.losses
        .filter((loss) => loss.stage === 'fine-tune' && loss[value] !== undefined)
        .map((loss) => [loss.epoch, loss[value]!] as const),
    }));
  charts.push(lineChart('Fine-tuning: training loss', { x: 'epoch', y: 'loss' }, tuned('loss')));
  charts.push(
    lineChart(
      `Fine-tuning: ${accuracyWord(report.original.validation?.measure)} on validation`,
      { x: 'epoch', y: '%' },
      tuned('accuracy'),
    ),
  );
  return charts.filter(Boolean).join('');
}
