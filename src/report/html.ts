import type { ReportArm, RunReport } from './types.ts';
import { channelDiff, diffLegend, diffRows } from './channels.ts';
import { curves } from './curves.ts';
import { movedOutputs, movedSentence, rankedAlone } from './outputs.ts';
import { page } from './style.ts';
import type { Raced } from '../terms/comparison/race.ts';
import {
  amount,
  besideSentence,
  bytes,
  capital,
  change,
  count,
  duration,
  escape,
  frontHeads,
  frontRows,
  measured,
  percent,
  raceSentence,
  openingSentences,
  stoppedSentence,
} from './text.ts';
import { chartMetric, searchAccuracy, tradeoffChart } from './tradeoff.ts';
import { metricName } from '../terms/goals.ts';
import type { ListedCandidate } from '../terms/candidates.ts';
import type { Score } from '../terms/scores.ts';
import { accuracyWord } from '../terms/scores.ts';

/** Most rows of the candidates' table. */
const mostCandidates = 60;

/** The report of a run as one page that needs nothing else: no network, no scripts. */
export function htmlReport(report: RunReport): string {
  const [main] = report.arms;
  const after = main?.chosen?.cost;
  const summary = [
    `${count(report.cost.macs)} MACs`,
    `${count(report.cost.params)} parameters`,
    report.original.validation &&
      `${percent(report.original.validation.accuracy)}${measured(report.original.validation)} on validation`,
  ].filter(Boolean);
  const headline = after
    ? `<span class="grow"></span><span class="chip">${escape(main.name)} · seed ${report.seed} · ${duration(report.seconds)}</span>`
    : '';
  const firstLines = openingSentences(report);
  if (main?.stopped) firstLines.push(stoppedSentence(main.stopped));
  const said = firstLines.map((line) => `<p class="wide verdict">${escape(line)}</p>\n`).join('');
  const sections = [
    tradeoff(report),
    result(report),
    controls(report),
    front(report),
    race(report),
    channels(report),
    candidates(report),
    section('Curves', '', wrap('charts', curves(report)), true),
    samples(report),
    warnings(report),
    made(report),
  ];
  const header = `<header><h1>${escape(report.model)}</h1><span class="dim">${summary.join(' · ')}</span>${headline}</header>`;
  return page(
    `${escape(report.model)}, pruned by ${escape(report.method)}`,
    `${header}\n<main>\n${said}${sections.filter(Boolean).join('\n')}\n</main>`,
  );
}

function section(title: string, beside: string, body: string, wide: boolean, flush = false): string {
  if (!body) return '';
  return `<section${wide ? ' class="wide"' : ''}><h2>${title} ${beside}</h2>${flush ? body : `<div class="body">${body}</div>`}</section>`;
}

const wrap = (kind: string, body: string): string => (body ? `<div class="${kind}">${body}</div>` : '');
const dim = (text: string): string => `<span class="dim">${text}</span>`;

function tradeoff(report: RunReport): string {
  const chart = tradeoffChart(report);
  if (!chart) return '';
  const scored = report.arms[0]?.candidates.filter((one) => searchAccuracy(one) !== undefined).length ?? 0;
  const legend = [
    scored ? `● a candidate, recalibrated but not yet fine-tuned` : '',
    scored > 1 ? 'line: the best at each cost' : '',
    '○ the network that was written',
    report.arms.length > 1 ? '◇ the controls, trained alike' : '',
  ].filter(Boolean);
  return section(
    `${capital(accuracyWord(report.original.validation?.measure))} against ${metricName(chartMetric(report))}`,
    scored ? dim(`${scored} candidates`) : '',
    `${chart}<p class="dim">${legend.join(' · ')}</p>`,
    false,
  );
}

function result(report: RunReport): string {
  const [main] = report.arms;
  const after = main?.chosen?.cost;
  if (!after) return '';
  const before = report.cost;
  const row = (name: string, was: string, is: string, by: string, big = false) =>
    `${dim(name)}<span>${dim(`${was} →`)} ${big ? `<span class="big">${is}</span>` : is}</span><span class="${by.startsWith('+') ? 'bad' : 'good'}">${by}</span>`;
  const pairs = [
    row(metricName('macs'), count(before.macs), count(after.macs), change(before.macs, after.macs), true),
    row(metricName('params'), count(before.params), count(after.params), change(before.params, after.params)),
    row(metricName('bytes'), bytes(before.bytes), bytes(after.bytes), change(before.bytes, after.bytes)),
    row(
      metricName('memory'),
      bytes(before.peakActivationBytes),
      bytes(after.peakActivationBytes),
      change(before.peakActivationBytes, after.peakActivationBytes),
    ),
  ];
  const { latency } = report;
  if (latency)
    pairs.push(
      row(
        'Latency, one image',
        latency.before.toFixed(2),
        `${latency.after.toFixed(2)} ms`,
        change(latency.before, latency.after),
      ),
    );
  const step = (name: string, where: string, value: Score | undefined) =>
    `<li${value ? ' class="on"' : ''}><span class="dim">${name}</span><br>${value ? `<b>${percent(value.accuracy, 2)}</b>${measured(value)}` : dim('not measured')}<small>${where}</small></li>`;
  const steps = [
    step('after cutting', 'validation', main.scores.cut),
    step('recalibrated', 'validation', main.scores.recalibrated),
    step('fine-tuned', 'validation', main.scores.fineTuned),
    step('at the end', 'test', main.scores.test),
  ];
  const known = report.data || main.scores.cut;
  return section(
    'The pruned network',
    main.chosen?.reward === undefined
      ? ''
      : `<span class="chip">reward ${main.chosen.reward.toPrecision(4)}</span>`,
    `<div class="pairs">${pairs.join('')}</div>${known ? `<ul class="steps">${steps.join('')}</ul>` : '<p class="dim">No images were given, so no accuracy was measured and nothing was trained.</p>'}${context(report)}`,
    false,
  );
}

/** What the numbers were measured on, in a sentence each. */
function context(report: RunReport): string {
  const { original, data, latency } = report;
  const sentences: string[] = [];
  if (data) {
    sentences.push(`Validation: ${data.validation.toLocaleString('en')} images never trained on.`);
    if (data.test)
      sentences.push(`Test: ${data.test.toLocaleString('en')} images looked at once, at the end.`);
  }
  const was = [
    original.validation &&
      `${percent(original.validation.accuracy, 2)}${measured(original.validation)} on validation`,
    original.test && `${percent(original.test.accuracy, 2)}${measured(original.test)} on test`,
  ].filter(Boolean);
  if (was.length) sentences.push(`Original: ${was.join(', ')}.`);
  if (latency) {
    const noise =
      latency.spread === undefined ? '' : ` (half of all runs within ${percent(100 * latency.spread)})`;
    sentences.push(`Latency: median${noise}, ${latency.threads} threads, on ${escape(latency.machine)}.`);
  }
  const budgets = report.budgets.map(
    (budget) => `${metricName(budget.metric)} at most ${amount(budget.metric, budget.limit)}`,
  );
  if (budgets.length) sentences.push(`Asked for: ${budgets.join(', ')}.`);
  const moved = movedOutputs(report).map((one) => movedSentence(one, escape(one.name)));
  if (moved.length) sentences.push(...moved, rankedAlone);
  return sentences.length ? `<p class="dim">${sentences.join(' ')}</p>` : '';
}

function front(report: RunReport): string {
  if (!report.fronts.length) return '';
  const rows = frontRows(report).map(({ own, name, figures, beside, remark }) => ({
    cells: [name, ...figures, beside, remark].map(escape),
    on: own,
  }));
  return section(
    'The trade-off',
    dim(`each point searched, fine-tuned and tested for itself; ${besideSentence}`),
    table(['candidate', ...frontHeads(report)], rows),
    true,
    true,
  );
}

function race(report: RunReport): string {
  const rows = report.arms[0]?.race ?? [];
  if (!rows.length) return '';
  const { chosen } = report.arms[0];
  const rounds = Math.max(...rows.map(({ turns }) => turns.length));
  const heads = ['network', 'MACs', 'parameters'];
  for (let round = 1; round <= rounds; round++) heads.push(`round ${round}`, 'loss');
  const cells = ({ candidate, turns }: Raced) => [
    escape(`${candidate.id}: ${candidate.origin}`),
    count(candidate.cost.macs),
    count(candidate.cost.params),
    ...Array.from({ length: rounds }, (_, r) => [
      percent(turns.at(r)?.score.accuracy),
      turns.at(r)?.score.loss.toFixed(3) ?? '',
    ]).flat(),
  ];
  return section(
    'The race with the plain rules',
    dim(raceSentence(rows)),
    table(
      heads,
      rows.map((row) => ({ cells: cells(row), on: row.candidate.id === chosen?.id })),
    ),
    true,
    true,
  );
}

function controls(report: RunReport): string {
  if (report.arms.length < 2) return '';
  const cells = (arm: ReportArm) => [
    escape(arm.name),
    arm.chosen ? count(arm.chosen.cost.macs) : '–',
    arm.chosen ? count(arm.chosen.cost.params) : '–',
    percent(arm.scores.cut?.accuracy),
    percent(arm.scores.recalibrated?.accuracy),
    percent(arm.scores.fineTuned?.accuracy, 2),
    percent(arm.scores.test?.accuracy, 2),
    duration(arm.seconds),
  ];
  const heads = ['', 'MACs', 'parameters', 'after cutting', 'recalibrated', 'fine-tuned', 'test', 'time'];
  const original = [
    'original',
    count(report.cost.macs),
    count(report.cost.params),
    '',
    '',
    percent(report.original.validation?.accuracy, 2),
    percent(report.original.test?.accuracy, 2),
    '',
  ];
  const rows = [
    ...report.arms.map((arm) => ({ cells: cells(arm), on: !arm.control })),
    { cells: original, on: false },
  ];
  const epochs = report.arms.find((arm) => arm.epochs !== undefined)?.epochs;
  const others = report.arms
    .filter((arm) => arm.epochs !== undefined && arm.epochs !== epochs)
    .map((arm) => `, ${escape(arm.name)} ${arm.epochs}`);
  return section(
    'The same budget reached in other ways',
    dim(
      `${epochs === undefined ? 'trained alike' : `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'} of the same training each${others.join('')}`}; all but test on the validation split`,
    ),
    table(heads, rows),
    true,
    true,
  );
}

function table(heads: readonly string[], rows: readonly { cells: readonly string[]; on: boolean }[]): string {
  const head = heads.map((name) => `<th scope="col">${name || '<span hidden>name</span>'}</th>`).join('');
  const body = rows.map(
    ({ cells, on }) =>
      `<tr${on ? ' class="on"' : ''}>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`,
  );
  return `<div class="scroll tall"><table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}

function channels(report: RunReport): string {
  const kept = report.arms[0]?.kept;
  if (!kept) return '';
  const rows = diffRows(report.groups, report.layers, kept);
  return section(
    'Channels',
    `${dim('before against after, layer by layer')}<span class="grow"></span>${diffLegend(rows)}`,
    `<div>${channelDiff(rows)}</div>`,
    true,
    true,
  );
}

function candidates(report: RunReport): string {
  const [main] = report.arms;
  if (!main || main.candidates.length < 2) return '';
  const rank = (one: ListedCandidate) => one.reward ?? searchAccuracy(one) ?? -Infinity;
  const order = [...main.candidates].sort((a, b) => rank(b) - rank(a) || a.id - b.id);
  const rows = order.slice(0, mostCandidates).map((one) => ({
    on: one.id === main.chosen?.id,
    cells: [
      String(one.id),
      one.reward === undefined ? '–' : one.reward.toPrecision(5),
      percent(one.accuracies.cut),
      percent(one.accuracies.recalibrated),
      count(one.cost.macs),
      count(one.cost.params),
      escape(one.origin),
    ],
  }));
  const heads = ['candidate', 'reward', 'after cutting', 'recalibrated', 'MACs', 'parameters', 'found by'];
  const shown =
    order.length > mostCandidates
      ? `the best ${mostCandidates} of ${order.length}`
      : `${order.length}, best first`;
  return section('Candidates', dim(shown), table(heads, rows), true, true);
}

function samples(report: RunReport): string {
  if (!report.samples.length) return '';
  const items = report.samples.map(({ image, label, before, after }) => {
    const answer = (who: string, said: string) =>
      `<br>${dim(`${who}:`)} <span class="${said === label ? 'good' : 'bad'}">${said === label ? '✓' : '✗'} ${escape(said)}</span>`;
    if (label === undefined)
      return `<li><img src="${escape(image)}" alt="${escape(before)}">${dim('before:')} ${escape(before)}<br>${dim('after:')} ${escape(after)}</li>`;
    return `<li><img src="${escape(image)}" alt="${escape(label)}"><b>${escape(label)}</b>${answer('before', before)}${answer('after', after)}</li>`;
  });
  return section(
    'Images',
    dim('what they show, and what the networks say'),
    `<ul class="samples">${items.join('')}</ul>`,
    true,
  );
}

function warnings(report: RunReport): string {
  if (!report.warnings.length) return '';
  const items = report.warnings.map((message) => `<li>${escape(message)}</li>`);
  return section('Warnings', '', `<ul class="plain">${items.join('')}</ul>`, true);
}

function made(report: RunReport): string {
  const { data } = report;
  const rows: [string, string][] = [
    ['Model', `${report.model} (${report.format})`],
    ['Method', `${report.method}, effort ${report.effort}, seed ${report.seed}`],
  ];
  if (data) {
    rows.push([
      'Images',
      `${data.path}: ${data.train} to train on, ${data.validation} for validation, ${data.test} for the test; ${data.unlabelled ? 'no labels: the original is the teacher' : `${data.classes.length} classes`}; preprocessing ${data.preprocess}`,
    ]);
  }
  if (report.backend) rows.push(['Backend', report.backend]);
  rows.push(['Time', duration(report.seconds)], ['Espalier', report.engine]);
  const items = rows.map(([name, value]) => `<dt>${name}</dt><dd>${escape(value)}</dd>`);
  return section('How it was made', '', `<dl>${items.join('')}</dl>`, true);
}
