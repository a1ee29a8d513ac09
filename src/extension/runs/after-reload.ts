import type { RunSummary } from '../../protocol/runs.ts';
import type { Job, Jobs } from './jobs.ts';
import type { RunsOptions } from './options.ts';
import { atWork } from '../../protocol/runs.ts';

/** So long after a window was last alive, opening it again counts as its reload (milliseconds). */
const reloadTime = 120_000;

/** What taking up needs of the runs of this window. */
export interface Window {
  readonly jobs: Jobs;
  readonly trusted: RunsOptions['trusted'];
  know(folder: string): void;
  refresh(): Promise<void>;
  summary(folder: string): RunSummary | undefined;
  /** connected to its process */
  isLive(folder: string): boolean;
  isDisposed(): boolean;
  /** at work still; should the reload yet end it, it goes on by itself */
  mayEnd(folder: string): void;
  restart(job: Job): Promise<void>;
}

/**
 * Takes up what this window left behind when it was closed or reloaded.
 * @returns what was stopped so long ago that it is only offered to go on; null where nothing is to be asked
 */
export async function takeUp(window: Window): Promise<readonly Job[] | null> {
  const { jobs } = window;
  const { seen, jobs: before } = jobs.before;
  for (const { folder } of [...before, ...jobs.queue]) window.know(folder);
  await window.refresh();
  const fresh = Date.now() - seen < reloadTime;
  const rest: Job[] = [];
  for (const job of before) {
    if (fresh) await leaving(job.folder, window);
    if (window.isLive(job.folder)) {
      jobs.own(job);
      if (fresh) window.mayEnd(job.folder);
      continue;
    }
    const summary = window.summary(job.folder);
    if (!summary || (summary.status === 'done' && !job.candidate) || summary.status === 'failed') continue;
    rest.push(job);
  }
  if (!window.trusted()) return null;
  // offered once
  jobs.touch();
  if (!fresh) return rest;
  for (const job of rest) await window.restart(job);
  return null;
}

/** Waits for a process that is just ending, because the window before this one has let go of it. */
async function leaving(folder: string, window: Window): Promise<void> {
  for (let attempt = 0; attempt < 30 && !window.isLive(folder) && !window.isDisposed(); attempt++) {
    if (!atWork(window.summary(folder)?.status ?? 'stopped')) return;
    await new Promise((resolve) => setTimeout(resolve, 500).unref());
    await window.refresh();
  }
}
