import type { RunSummary } from '../../protocol/runs.ts';
import { t } from '../l10n.ts';
import type { Runs, Status } from '../types.ts';
import type { LiveRun, Outcome } from './live.ts';
import { atWork } from '../../protocol/runs.ts';
import { workStatus } from '../../terms/run-folder.ts';

/** What is known of a run, from its folder, its process and how that ended. */
export interface Known {
  /** as its folder tells it */
  readonly summary?: RunSummary;
  /** its process, where this window is connected to it */
  readonly live?: LiveRun;
  /** how its process ended, where only this window has seen it */
  readonly outcome?: Outcome;
  readonly queued: boolean;
  /** its folder was there before */
  readonly deleted: boolean;
}

/** How a run stands, in one word, with what is to be said of it. */
export function statusOf(folder: string, { summary, live, outcome, queued, deleted }: Known): Status {
  const status: Status = {
    run: folder,
    status: summary?.status ?? 'stopped',
    queued,
    fixed: null,
    message: summary?.failure ?? null,
    log: [],
    memory: null,
  };
  if (live)
    return {
      ...status,
      status: live.paused ? 'paused' : 'running',
      message:
        live.silent === null
          ? null
          : t(
              'The run has not responded for {0} seconds: wait, or stop it; it can go on from its last checkpoint.',
              Math.round(live.silent / 1000),
            ),
      memory: live.memory === null ? null : Math.round(live.memory / 2 ** 20),
    };
  if (outcome)
    return { ...status, status: outcome.status, message: outcome.message || null, log: [...outcome.log] };
  if (!summary && deleted) return { ...status, fixed: t("The run's folder was deleted.") };
  if (atWork(status.status))
    return {
      ...status,
      fixed: t('It was started outside this window, as in a terminal: stop it there (Ctrl-C).'),
    };
  return status;
}

/** A run as lists show it: as its folder tells it, but for what this window knows better. */
export function listed(summary: RunSummary, { status, message, fixed }: Status): RunSummary {
  return {
    ...summary,
    status,
    ...(fixed === null ? {} : { fixed }),
    failure: status === 'failed' ? (message ?? summary.failure) : summary.failure,
  };
}

/** The run that works, or else one that is held, with how far it is; null where there is none. */
export function activeOf(
  live: ReadonlyMap<string, LiveRun>,
  summaryOf: (folder: string) => RunSummary | undefined,
): Runs['active'] {
  for (const status of workStatus.options)
    for (const [folder, { paused, progress }] of live) {
      const summary = summaryOf(folder);
      if (summary && paused === (status === 'paused')) return { summary: { ...summary, status }, progress };
    }
  return null;
}
