import type { RunData } from '../run-data.ts';
import type { Status } from '../state.ts';
import type { RunStatus } from '../../src/protocol/events.ts';
import { duration, whole } from '../format.ts';
import { t } from '../strings.ts';

/** A stage as its event names it, in a word or two for people. */
export function stageName(stage: string): string {
  const names: Readonly<Record<string, string>> = {
    open: t('Reading'),
    data: t('Reading images'),
    original: t('Scoring the original'),
    generator: t('Training the generator'),
    reward: t('Searching'),
    search: t('Searching'),
    recalibrate: t('Recalibrating'),
    cut: t('Cutting'),
    'fine-tune': t('Fine-tuning'),
    scratch: t('Training from scratch'),
    test: t('Testing'),
    latency: t('Measuring latency'),
    write: t('Writing'),
  };
  return names[stage] ?? stage.charAt(0).toUpperCase() + stage.slice(1);
}

export function statusName(status: RunStatus, queued = false): string {
  if (queued) return t('Waiting');
  return {
    running: t('Running'),
    paused: t('Paused'),
    stopped: t('Stopped'),
    failed: t('Failed'),
    done: t('Done'),
  }[status];
}

/** The line of the status pill: what is done, how far, how long still. */
export function statusLine(run: RunData, how: RunStatus, given: Status | null): string {
  if (given?.queued) return t('Waiting for another run to end');
  if (how === 'done' || how === 'failed') return statusName(how);
  const { stage, progress } = run;
  const parts = [how === 'running' ? (stage ? stageName(stage.stage) : t('Starting')) : statusName(how)];
  const arm = progress?.arm ?? stage?.arm;
  if (arm !== undefined && run.arms.find((one) => one.arm === arm)?.control) parts[0] += ` (${arm})`;
  if (how !== 'running' && stage) parts.push(stageName(stage.stage));
  const generation = run.arms.find((one) => one.arm === arm)?.generations.at(-1);
  if (stage?.stage === 'search' && generation) parts.push(t('generation {0}', generation.generation));
  if (progress) {
    const { done, total, unit, secondsLeft } = progress;
    parts.push(t('{0} of {1} {2}', whole(done), whole(total), unit));
    if (secondsLeft !== undefined && how === 'running')
      parts.push(t('about {0} left', duration(secondsLeft)));
  }
  return parts.join(' · ');
}
