import path from 'node:path';
import { InputError } from '../../graph/errors.ts';
import { amount, besideSentence, nameOf, percent } from '../../report/text.ts';
import { readRun } from '../../run/store/run-data.ts';
import { curvesOf } from '../../terms/comparison/curves.ts';
import type { Curves } from '../../terms/comparison/curves.ts';
import { costBy } from '../../terms/cost.ts';
import { metricWords } from '../../terms/goals.ts';
import type { StaticMetric } from '../../terms/goals.ts';
import type { RunData } from '../../terms/run-data.ts';
import { curveTable, hypervolumes } from '../curve-text.ts';
import { namedOrLastRun } from '../named-run.ts';
import type { Output } from '../output.ts';
import { accuracyWord } from '../../terms/scores.ts';

interface FrontOptions {
  readonly csv?: boolean;
  readonly metric?: StaticMetric;
}

/** `espalier front [RUN]`: the curve of each method and control of a run. */
export async function front(output: Output, [named]: string[], options: FrontOptions): Promise<void> {
  if (options.csv && output.json)
    throw new InputError('--csv and --json are two ways to write the same; give one');
  const folder = await namedOrLastRun(process.cwd(), named);
  const id = path.basename(folder);
  const run = await readRun(folder);
  const curves = curvesOf(run, options.metric);
  if (curves.curves.length === 0)
    throw new InputError(
      run.done
        ? `the run ${id} scored no trained network, so that it has no curve: give images with --data PATH`
        : `the run ${id} has taken no network to its end yet; go on with: espalier prune --resume ${id}`,
    );
  output.data(asData(id, run, curves));
  if (output.json) return;
  output.print(options.csv ? asCsv(id, curves) : asText(id, run, curves));
}

function asText(id: string, run: RunData, curves: Curves): string {
  const { metric, split, original } = curves;
  const [own] = curves.curves;
  const lines = [
    `run ${id}${run.done ? '' : ', which has not ended'}: ${accuracyWord(original?.measure)} on the ${split} images, ${percent(original?.accuracy, 2)} before pruning, at ${amount(metric, costBy(run.cost!, metric))} ${metricWords[metric]}`,
    '',
    curveTable(curves, curves.curves),
    '',
    ...(curves.curves.some(({ points }) => points.some(({ rival }) => rival)) ? [besideSentence] : []),
    hypervolumes(curves.curves, metric),
  ];
  if (own.points.length === 1 && run.done)
    lines.push(
      `${own.arm} has one point alone, ${nameOf(own.points[0])}; for a curve: espalier prune MODEL --points 5 --explore 10%`,
    );
  return lines.join('\n');
}

const columns = [
  'method',
  'control',
  'candidate',
  'macs',
  'params',
  'bytes',
  'memory',
  'share',
  'validation',
  'accuracy',
  'split',
  'dominated',
  'knee',
  'rival',
  'points',
  'error',
  'rivalShare',
] as const;

function asCsv(id: string, curves: Curves): string {
  const rows = curves.curves.flatMap(({ arm, control, points }) =>
    points.map((point) => {
      const { candidate, share, score, split, dominated, knee, rival } = point;
      const { macs, params, bytes, peakActivationBytes } = candidate.cost;
      const cells: Record<(typeof columns)[number], unknown> = {
        method: arm,
        control,
        candidate: nameOf(point),
        macs,
        params,
        bytes,
        memory: peakActivationBytes,
        share,
        validation: point.validation ?? undefined,
        accuracy: score.accuracy,
        split,
        dominated,
        knee,
        rival: rival?.arm,
        points: rival?.points,
        error: rival?.error,
        rivalShare: rival?.share,
      };
      return [id, ...columns.map((column) => cells[column])];
    }),
  );
  return [['run', ...columns], ...rows].map((row) => row.map(cell).join(',')).join('\n');
}

function cell(value: unknown): string {
  const plain = value === undefined ? '' : String(value as string | number | boolean);
  // a name that a spreadsheet would compute: as text, so that it is only shown
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function asData(id: string, run: RunData, { metric, split, original, curves }: Curves) {
  return {
    run: id,
    done: run.done,
    metric,
    split,
    original: { ...run.cost, accuracy: original?.accuracy ?? null },
    /** what accuracies are, where they aren't plain accuracy */
    measure: original?.measure,
    /** what hypervolumes are measured from */
    reference: { [metric]: costBy(run.cost!, metric), accuracy: 0 },
    curves: curves.map(({ arm, control, hypervolume, points }) => ({
      method: arm,
      control,
      hypervolume,
      points: points.map((point) => ({
        candidate: nameOf(point),
        ...point.candidate.cost,
        share: point.share,
        validation: point.validation,
        accuracy: point.score.accuracy,
        dominated: point.dominated,
        knee: point.knee,
        rival: point.rival && {
          method: point.rival.arm,
          points: point.rival.points,
          error: point.rival.error,
          images: point.rival.images,
          share: point.rival.share,
          between: point.rival.between,
        },
      })),
    })),
  };
}
