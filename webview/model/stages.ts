import type { RunData } from '../../src/terms/run-data.ts';
import type { Status } from '../state.ts';
import type { RunStatus } from '../../src/protocol/runs.ts';
import { duration, whole } from '../format.ts';
import { t } from '../strings.ts';
import type { Stage } from '../../src/terms/stages.ts';

/** A stage in a word or two for people. */
export function stageName(stage: Stage): string {
  const names: Readonly<Record<Stage, string>> = {
    resizing: t('Finding out how images are resized'),
    images: t('Reading the images'),
    original: t('Scoring the original'),
    race: t('Racing with the baselines'),
    cut: t('Cutting'),
    recalibrate: t('Recalibrating'),
    'fine-tune': t('Fine-tuning'),
    train: t('Training'),
    generator: t('Training the generator'),
    reward: t('Searching'),
    search: t('Searching'),
    sensitivity: t('Narrowing each group alone'),
    finalists: t('Measuring the best again'),
    'warm-up': t('Training the whole network'),
    fill: t('Trying random networks'),
    joint: t('Training agent and weights'),
    episodes: t('Trying the agent’s networks'),
    align: t('Aligning the weights'),
    agent: t('Training the agent'),
    weights: t('Training the weights'),
  };
  return names[stage];
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
  // images are read before the first stage
  const at = progress ?? stage;
  const parts = [how === 'running' ? (at ? stageName(at.stage) : t('Starting')) : statusName(how)];
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
