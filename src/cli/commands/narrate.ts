import { titled } from '../../terms/images.ts';
import { orderOf } from '../../run/images/head.ts';
import { extraArm } from '../../terms/candidates.ts';
import { curvesOf } from '../../terms/comparison/curves.ts';
import { metricName } from '../../terms/goals.ts';
import { movedOutputs, movedSentence, rankedAlone } from '../../report/outputs.ts';
import type { RunReport } from '../../report/types.ts';
import {
  amount,
  bytes,
  change,
  count,
  duration,
  measured,
  percent,
  openingSentences,
  stoppedSentence,
} from '../../report/text.ts';
import { curveTable, hypervolumes } from '../curve-text.ts';
import { table } from '../output.ts';
import type { Progress } from '../progress.ts';
import type { RunData } from '../../terms/run-data.ts';
import type { RunEvent } from '../../terms/run-events.ts';
import type { Step } from '../../terms/scores.ts';

const stepNames: Readonly<Record<Step, string>> = {
  original: 'the network as it is',
  cut: 'after cutting',
  recalibrated: 'recalibrated',
  fineTuned: 'fine-tuned',
  test: 'on the test split',
};

/** Tells a person what a run does. */
export function narrate(progress: Progress, event: RunEvent): void {
  const arm = 'arm' in event && event.arm !== undefined ? `${event.arm}: ` : '';
  switch (event.type) {
    case 'opened':
      progress.say(
        `${event.model.path}: ${count(event.cost.macs)} MACs, ${count(event.cost.params)} parameters`,
      );
      break;
    case 'budgets':
      for (const { metric, limit, original } of event.budgets)
        progress.say(
          `goal: ${metricName(metric)} at most ${amount(metric, limit)} (${((100 * limit) / original).toFixed(1)} % of ${amount(metric, original)})`,
        );
      if ((event.roundTo ?? 1) > 1)
        progress.say(`widths: multiples of ${event.roundTo}, which runtimes compute quickly (--round-to)`);
      break;
    case 'backend':
      progress.say(`backend: ${event.name}, ${event.threads} threads: ${event.why}`);
      break;
    case 'data':
      progress.say(
        `images: ${event.train} to train on, ${event.validation} for validation, ${event.test} for the test, ${event.unlabelled ? 'no labels' : `${event.classes.length} classes`}`,
      );
      if (event.classesFrom !== undefined) progress.say(`classes: ${orderOf(event)}`);
      progress.say(`preprocessing: ${titled(event.preprocess)} (${event.found})`);
      break;
    case 'stage':
      progress.say(`${arm}${event.message || event.stage}`);
      break;
    case 'progress':
      progress.update({
        stage: `${arm}${event.stage}`,
        done: event.done,
        total: event.total,
        unit: event.unit,
        perSecond: event.imagesPerSecond,
        secondsLeft: event.secondsLeft,
      });
      break;
    case 'loss': {
      const accuracy =
        event.accuracy === undefined ? '' : `, ${percent(event.accuracy)}${measured(event)} on validation`;
      progress.say(`${arm}${event.stage}, epoch ${event.epoch}: loss ${event.loss.toFixed(4)}${accuracy}`);
      break;
    }
    case 'generation':
      progress.say(`${arm}generation ${event.generation}: best reward ${event.reward.toPrecision(5)}`);
      break;
    case 'stopped':
      progress.say(`${arm}${stoppedSentence(event)}`);
      break;
    case 'chosen': {
      const { cost } = event.candidate;
      progress.say(`${arm}chosen: ${count(cost.macs)} MACs, ${count(cost.params)} parameters`);
      break;
    }
    case 'score':
      progress.say(
        `${arm}${percent(event.score.accuracy, 2)}${measured(event.score)} ${stepNames[event.step]} (${event.score.images} ${event.split} images)`,
      );
      for (const { name, loss, value } of event.score.outputs ?? [])
        progress.say(`${arm}output ${name}: ${loss} from the original's answers ${value.toPrecision(3)}`);
      break;
    case 'raced':
      progress.say(
        `${arm}race, round ${event.round} of ${event.of}: candidate ${event.id} has a loss of ${event.score.loss.toFixed(3)}, ${percent(event.score.accuracy)}${measured(event.score)} on validation`,
      );
      break;
    case 'latency':
      progress.say(
        `latency of one image: ${event.before.toFixed(2)} → ${event.after.toFixed(2)} ms${event.spread === undefined ? '' : ` (half of all runs within ${percent(100 * event.spread)})`}`,
      );
      break;
    case 'warning':
      progress.say(`warning: ${arm}${event.message}`);
      break;
  }
}

/** The numbers of a finished run. */
export function resultTable(report: RunReport): string {
  const [main] = report.arms;
  const after = main.chosen!.cost;
  const { cost, latency } = report;
  const lines = [
    '',
    `MACs        ${count(cost.macs)} → ${count(after.macs)}  ${change(cost.macs, after.macs)}`,
    `parameters  ${count(cost.params)} → ${count(after.params)}  ${change(cost.params, after.params)}`,
    `weights     ${bytes(cost.bytes)} → ${bytes(after.bytes)}  ${change(cost.bytes, after.bytes)}`,
  ];
  if (latency)
    lines.push(
      `latency     ${latency.before.toFixed(2)} → ${latency.after.toFixed(2)} ms  ${change(latency.before, latency.after)}`,
    );
  if (report.data) {
    const rows = report.arms.map((arm) => [
      arm.name,
      count(arm.chosen!.cost.macs),
      percent(arm.scores.cut?.accuracy),
      percent(arm.scores.recalibrated?.accuracy),
      percent(arm.scores.fineTuned?.accuracy, 2),
      percent(arm.scores.test?.accuracy, 2),
      duration(arm.seconds),
    ]);
    rows.push([
      'original',
      count(cost.macs),
      '',
      '',
      percent(report.original.validation?.accuracy, 2),
      percent(report.original.test?.accuracy, 2),
      '',
    ]);
    lines.push(
      '',
      table(
        [
          report.original.validation?.measure ?? '',
          'MACs',
          'after cutting',
          'recalibrated',
          'fine-tuned',
          'test',
          'time',
        ],
        rows,
        [0],
      ),
    );
    for (const sentence of openingSentences(report)) lines.push('', sentence);
  }
  const moved = movedOutputs(report);
  if (moved.length) lines.push('', ...moved.map((one) => movedSentence(one, one.name)), rankedAlone);
  return `${lines.join('\n')}\n`;
}

/** The curve of a finished run's own method, and how to come by the others and by its points. */
export function curveLines(id: string, run: RunData): string {
  const curves = curvesOf(run);
  const own = curves.curves.slice(0, 1);
  const cheapest = own[0]?.points[0]?.candidate ?? run.arms.findLast((arm) => !arm.control)?.chosen;
  const write = `espalier write ${id} --pick ${cheapest ? extraArm(cheapest.arm, cheapest.id) : 'ARM#ID'}`;
  // without images there is nothing that a curve is over
  if (own.length === 0) return `another point's model: ${write}\n`;
  const hint = `all curves: espalier front ${id}; another point's model: ${write}`;
  return `${curveTable(curves, own)}\n${hypervolumes(own, curves.metric)}\n${hint}\n`;
}
