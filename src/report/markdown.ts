import type { ReportArm, RunReport } from './types.ts';
import type { DiffRow } from './channels.ts';
import { diffRows } from './channels.ts';
import { formatRanges } from '../config/ranges.ts';
import { code, plain } from './escape.ts';
import { movedOutputs, movedSentence, rankedAlone } from './outputs.ts';
import { metricName } from '../terms/goals.ts';
import { frontMetric } from '../terms/comparison/curves.ts';
import { verdictOf, verdictSentence } from '../terms/comparison/verdict.ts';
import {
  besideSentence,
  bytes,
  capital,
  change,
  count,
  duration,
  frontHeads,
  frontRows,
  percent,
  raceSentence,
  ruleSentence,
  dropSentence,
  stoppedSentence,
} from './text.ts';

/** Cells are written by `code` or `plain`, or are figures and words of ours. */
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const align = (n: number): string => `|${' --- |'}${' ---: |'.repeat(n - 1)}`;

/** The report of a run for a pull request. */
export function markdownReport(report: RunReport): string {
  const [main] = report.arms;
  const lines = [`## ${code(report.model)}, pruned by ${code(report.method)}`, ''];
  const drop = dropSentence(report);
  if (drop) lines.push(plain(drop), '');
  const verdict = verdictOf(report.arms, frontMetric(report));
  if (verdict) lines.push(plain(verdictSentence(verdict)), '');
  const rule = ruleSentence(main);
  if (rule) lines.push(plain(rule), '');
  if (main?.stopped) lines.push(plain(stoppedSentence(main.stopped)), '');
  const after = main?.chosen?.cost;
  if (after) {
    const { cost, latency } = report;
    lines.push(row(['', 'before', 'after', 'change']), align(4));
    lines.push(row([metricName('macs'), count(cost.macs), count(after.macs), change(cost.macs, after.macs)]));
    lines.push(
      row([metricName('params'), count(cost.params), count(after.params), change(cost.params, after.params)]),
    );
    lines.push(
      row([metricName('bytes'), bytes(cost.bytes), bytes(after.bytes), change(cost.bytes, after.bytes)]),
    );
    if (latency)
      lines.push(
        row([
          'Latency, one image',
          `${latency.before.toFixed(2)} ms`,
          `${latency.after.toFixed(2)} ms`,
          change(latency.before, latency.after),
        ]),
      );
    lines.push('');
  }
  if (report.data) lines.push(...accuracies(report), '');
  if (report.fronts.length) lines.push(...front(report), '');
  if (main?.race.length) lines.push(...race(main), '');
  if (main?.kept) lines.push(markdownDiff(diffRows(report.groups, report.layers, main.kept)), '');
  for (const warning of report.warnings) lines.push(`- ${plain(warning)}`);
  lines.push(
    `Seed ${report.seed}, effort ${plain(report.effort)}, ${duration(report.seconds)}, Espalier ${plain(report.engine)}.`,
  );
  return `${lines.join('\n').replace(/\n{3,}/g, '\n\n')}\n`;
}

function accuracies(report: RunReport): string[] {
  const { original, data } = report;
  const lines = [
    row([original.validation?.measure ?? '', 'MACs', 'after cutting', 'recalibrated', 'fine-tuned', 'test']),
    align(6),
    row([
      'original',
      count(report.cost.macs),
      '',
      '',
      percent(original.validation?.accuracy, 2),
      percent(original.test?.accuracy, 2),
    ]),
  ];
  for (const arm of report.arms) {
    const { cut, recalibrated, fineTuned, test } = arm.scores;
    lines.push(
      row([
        arm.control ? plain(arm.name) : `**${plain(arm.name)}**`,
        arm.chosen ? count(arm.chosen.cost.macs) : '–',
        ...[cut, recalibrated].map((score) => percent(score?.accuracy)),
        ...[fineTuned, test].map((score) => percent(score?.accuracy, 2)),
      ]),
    );
  }
  lines.push(...outputs(report));
  lines.push(
    '',
    `Test: ${data!.test} images, looked at once at the end; all else on ${data!.validation} validation images that nothing was trained on.`,
  );
  return lines;
}

/** The curve of the method, and of each control, from the goal downwards. */
function front(report: RunReport): string[] {
  const heads = ['the trade-off', ...frontHeads(report)];
  const rows = frontRows(report).map(({ name, figures, beside, remark }) =>
    row([code(name), ...figures, plain(beside), remark]),
  );
  return [row(heads), align(heads.length), ...rows, '', `${capital(besideSentence)}.`];
}

/** Who raced with what the method found, and how it went. */
function race({ race, chosen }: ReportArm): string[] {
  const rounds = Math.max(...race.map(({ turns }) => turns.length));
  const heads = [
    'network',
    'MACs',
    ...Array.from({ length: rounds }, (_, r) => `round ${r + 1}: accuracy, loss`),
  ];
  const rows = race.map(({ candidate, turns }) => {
    const name = plain(`${candidate.id}: ${candidate.origin}`);
    return row([
      candidate.id === chosen?.id ? `**${name}**` : name,
      count(candidate.cost.macs),
      ...Array.from({ length: rounds }, (_, r) => {
        const score = turns.at(r)?.score;
        return score ? `${percent(score.accuracy)}, ${score.loss.toFixed(3)}` : '';
      }),
    ]);
  });
  return [
    `<details><summary>The race with the plain rules: ${raceSentence(race)}</summary>`,
    '',
    row(heads),
    align(heads.length),
    ...rows,
    '',
    '</details>',
  ];
}

/** How far the outputs without labels moved, in a sentence each. */
function outputs(report: RunReport): string[] {
  const moved = movedOutputs(report).flatMap((one) => ['', movedSentence(one, code(one.name))]);
  return moved.length ? [...moved, '', rankedAlone] : [];
}

/** A channel diff, one line a layer. */
function markdownDiff(rows: readonly DiffRow[]): string {
  const lines = [row(['layer', 'channels', 'removed', 'kept']), '| --- | ---: | ---: | --- |'];
  for (const one of rows) {
    const removed = one.size - one.kept.length;
    const kept = removed ? formatRanges(one.kept) : one.frozen ? `all (${plain(one.note)})` : 'all';
    lines.push(
      row([
        code(one.layer),
        removed ? `${one.size} → ${one.kept.length}` : `${one.size}`,
        String(removed),
        kept,
      ]),
    );
  }
  return `<details><summary>Channels kept, layer by layer</summary>\n\n${lines.join('\n')}\n\n</details>`;
}
