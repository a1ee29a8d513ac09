import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../src/protocol/runs.ts';
import {
  duration,
  progressText,
  runContext,
  runDescription,
  runTooltip,
  statusText,
} from '../../../src/extension/views/labels.ts';
import type { ListedEvent } from '../../../src/terms/run-events.ts';

const run = (change: Partial<RunSummary> = {}): RunSummary => ({
  id: 'resnet20-rewarded-meta-1',
  folder: '/w/.espalier/runs/resnet20-rewarded-meta-1',
  status: 'done',
  model: '/w/resnet20.h5',
  method: 'rewarded-meta',
  effort: 'quick',
  seed: 3,
  goal: 'macs ≤ 50%',
  created: 1,
  candidates: 412,
  result: { accuracy: 91.64, original: 92.41, macsShare: 0.497, paramsShare: 0.55 },
  written: {
    model: '/w/a.h5',
    config: '/w/a.espalier.json',
    report: '/w/r.html',
    now: { model: 'same', config: 'same', report: 'same', instead: null },
  },
  failure: null,
  ...change,
});
const progress = (change: object = {}): ListedEvent => ({
  type: 'progress',
  stage: 'search',
  done: 43,
  total: 100,
  unit: 'candidates',
  secondsLeft: 185,
  ...change,
});

describe('a run in a line', () => {
  it('is its goal and its result, or what it does', () => {
    expect(runDescription(run(), 'done', null)).toBe('macs ≤ 50% · 92.4 → 91.6 %');
    expect(runDescription(run(), 'running', progress())).toBe('macs ≤ 50% · searching 43 % · 3 min left');
    expect(runDescription(run({ result: null }), 'queued', null)).toBe('macs ≤ 50% · waiting');
    expect(runDescription(run({ result: null }), 'failed', null)).toBe('macs ≤ 50% · failed');
  });

  it('is what menus ask for', () => {
    expect(runContext(run(), 'done')).toBe('run;done;written;report');
    expect(runContext(run({ written: null }), 'queued')).toBe('run;queued');
  });

  it('has a tooltip in which nothing of a file name is markup', () => {
    const tooltip = runTooltip(run({ failure: 'no <b>room</b>' }), 'failed', (text) =>
      text.replace(/[<>]/g, (c) => `&#${c.charCodeAt(0)};`),
    );
    expect(tooltip).toContain('92.4 → 91.6 %');
    expect(tooltip).toContain('49.7 %');
    expect(tooltip).not.toContain('<b>');
  });
});

describe('progress', () => {
  it('never passes 100 %, and says only what is known', () => {
    expect(progressText(progress({ done: 120, secondsLeft: undefined }), 'rewarded-meta')).toBe(
      'searching 100 %',
    );
    expect(progressText(progress({ total: 0, secondsLeft: undefined }), 'rewarded-meta')).toBe('searching');
    expect(progressText(progress({ arm: 'l1', stage: 'agent', secondsLeft: 20 }), 'rewarded-meta')).toBe(
      'l1: training the agent 43 % · 20 s left',
    );
    expect(progressText(progress({ arm: 'rewarded-meta' }), 'rewarded-meta')).toMatch(/^searching 43 %/);
    expect(progressText(null, 'l1')).toBe('');
    expect(progressText({ type: 'done' }, 'l1')).toBe('');
  });

  it('gives times as people say them', () => {
    expect([0.2, 59, 60, 3599, 3600, 7500].map(duration)).toEqual([
      '1 s',
      '59 s',
      '1 min',
      '1 h',
      '1 h',
      '2 h 5 min',
    ]);
  });

  it('is in the status bar with what waits behind it', () => {
    expect(statusText(run({ status: 'running' }), progress(), 2)).toBe(
      '$(pulse) resnet20: searching 43 % · 3 min left (+2)',
    );
    expect(statusText(run({ status: 'running' }), null, 0)).toBe('$(pulse) resnet20: starting');
    expect(statusText(run({ status: 'paused' }), progress(), 0)).toBe('$(debug-pause) resnet20: paused');
  });
});
