import path from 'node:path';
import { atWork } from '../../protocol/runs.ts';
import type { RunStatus, RunSummary } from '../../protocol/runs.ts';
import { t } from '../l10n.ts';
import { stem } from '../models/kinds.ts';
import type { ListedEvent } from '../../terms/run-events.ts';
import type { Stage } from '../../terms/stages.ts';
import { isAgreement } from '../../terms/scores.ts';

/** A run's state as the tree tells it apart; `queued` waits for another run. */
export type RunState = RunStatus | 'queued';

/** Whether it is at work or will be, without anybody doing anything. */
export const alive = (state: RunState): boolean => state === 'queued' || atWork(state);
/** Whether it can be gone on with. */
export const resumable = (state: RunState): boolean =>
  state === 'paused' || state === 'stopped' || state === 'failed';

/** Codicon and theme colour of each state. */
export const icons: Readonly<Record<RunState, readonly [icon: string, colour?: string]>> = {
  queued: ['watch'],
  // nothing that turns: the workbench paints it over and over while a run needs the processor
  running: ['pulse'],
  paused: ['debug-pause'],
  stopped: ['stop-circle'],
  failed: ['error', 'list.errorForeground'],
  done: ['pass', 'charts.green'],
};

/** The state in a word, for tooltips and screen readers. */
export function stateName(state: RunState): string {
  const names: Record<RunState, string> = {
    queued: t('waiting'),
    running: t('running'),
    paused: t('paused'),
    stopped: t('stopped'),
    failed: t('failed'),
    done: t('done'),
  };
  return names[state];
}

/** `macs ≤ 50% · 92.4 → 91.6 %`: the goal, and what came out so far. */
export function runDescription(run: RunSummary, state: RunState, progress: ListedEvent | null): string {
  const parts = [run.goal];
  const now = state === 'running' && progressText(progress, run.method);
  if (now) parts.push(now);
  else if (run.result?.accuracy !== undefined) parts.push(accuracyChange(run.result));
  if (!['done', 'running'].includes(state)) parts.push(stateName(state));
  return parts.filter(Boolean).join(' · ');
}

/** What VS Code matches a tree item's menus by: `run;done;written;report`. */
export function runContext(run: RunSummary, state: RunState): string {
  return [
    'run',
    run.fixed === undefined ? state : 'elsewhere',
    run.written && 'written',
    run.written?.report && 'report',
  ]
    .filter(Boolean)
    .join(';');
}

/** Markdown; what comes from files is escaped by the caller's `escape`. */
export function runTooltip(run: RunSummary, state: RunState, escape: (text: string) => string): string {
  const { result } = run;
  const lines: (readonly [string, string])[] = [
    [t('Goal'), run.goal || '–'],
    [t('Method'), `${run.method}, ${run.effort}`],
    [t('Seed'), String(run.seed)],
    [t('Candidates'), String(run.candidates)],
  ];
  if (result) {
    if (result.accuracy !== undefined)
      lines.push([isAgreement(result.measure) ? t('Agreement') : t('Accuracy'), accuracyChange(result)]);
    lines.push([t('MACs'), share(result.macsShare)], [t('Parameters'), share(result.paramsShare)]);
  }
  if (run.written) lines.push([t('Wrote'), writtenText(run.written)]);
  const head = `**${escape(stem(run.model))}** – ${stateName(state)}`;
  const table = lines.map(([name, value]) => `| ${escape(name)} | ${escape(value)} |`);
  const failure = run.failure ? `\n\n$(error) ${escape(run.failure)}` : '';
  return `${head}\n\n| | |\n|:--|:--|\n${table.join('\n')}${failure}\n\n${escape(run.id)}`;
}

/** A run's config, and what became of it. */
function writtenText({ config, now }: NonNullable<RunSummary['written']>): string {
  const name = path.basename(config);
  if (now.config === 'missing') return t('{0} (not there any more)', name);
  if (now.config === 'changed')
    return now.instead === null
      ? t('{0} (overwritten since)', name)
      : t('{0} (overwritten since by {1})', name, now.instead);
  return now.model === 'same' ? name : t('{0} (its model is another by now, or gone)', name);
}

function accuracyChange({ accuracy, original }: NonNullable<RunSummary['result']>): string {
  if (accuracy === undefined) return '';
  return original === undefined
    ? `${accuracy.toFixed(1)} %`
    : `${original.toFixed(1)} → ${accuracy.toFixed(1)} %`;
}

/** A share of the original in percent. */
export function share(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}

/**
 * `searching 43 % · 3 min left`, with the name of a control arm before it; empty before anything is known.
 * @param main the run's own method, which goes without saying
 */
export function progressText(event: ListedEvent | null, main: string): string {
  if (event?.type !== 'progress') return '';
  const { stage, done, total, secondsLeft, arm } = event;
  const percent = total > 0 ? ` ${Math.min(100, Math.floor((100 * done) / total))} %` : '';
  const left = secondsLeft === undefined ? '' : ` · ${t('{0} left', duration(secondsLeft))}`;
  return `${arm && arm !== main ? `${arm}: ` : ''}${stageName(stage)}${percent}${left}`;
}

function stageName(stage: Stage): string {
  const names: Readonly<Record<Stage, string>> = {
    resizing: t('finding out how images are resized'),
    images: t('reading the images'),
    original: t('scoring the original'),
    race: t('racing with the baselines'),
    cut: t('cutting'),
    recalibrate: t('recalibrating'),
    'fine-tune': t('fine-tuning'),
    train: t('training'),
    generator: t('training the generator'),
    reward: t('measuring the reward'),
    search: t('searching'),
    sensitivity: t('narrowing each group alone'),
    finalists: t('measuring the best again'),
    'warm-up': t('training the whole network'),
    fill: t('trying random networks'),
    joint: t('training agent and weights'),
    episodes: t("trying the agent's networks"),
    align: t('aligning the weights'),
    agent: t('training the agent'),
    weights: t('training the weights'),
  };
  return names[stage];
}

/** `40 s`, `3 min`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return t('{0} s', Math.max(1, Math.round(seconds)));
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t('{0} min', minutes);
  const rest = minutes % 60;
  return rest ? t('{0} h {1} min', Math.floor(minutes / 60), rest) : t('{0} h', minutes / 60);
}

/** The status bar's text while a run is alive. */
export function statusText(run: RunSummary, progress: ListedEvent | null, others: number): string {
  const what = run.status === 'paused' ? t('paused') : progressText(progress, run.method) || t('starting');
  const more = others > 0 ? ` (+${others})` : '';
  const [icon] = icons[run.status === 'paused' ? 'paused' : 'running'];
  return `$(${icon}) ${stem(run.model)}: ${what}${more}`;
}
