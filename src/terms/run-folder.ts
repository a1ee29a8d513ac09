import * as z from 'zod';
import type { Frozen } from './frozen.ts';

/** Where runs are kept: `.espalier/runs/<id>` of a workspace, and what lies in one. */
export const espalierFolder = '.espalier';
export const runsFolder = 'runs';

/** Files of a run's folder. */
export const runFiles = {
  /** the plan, complete */
  plan: 'run.json',
  /** a line each event */
  events: 'events.jsonl',
  /** while a process works on it: where that listens */
  engine: 'engine.json',
  /** after it failed: why */
  failure: 'failure.json',
  checkpoint: 'checkpoint',
  /** the one before, until the newer is whole */
  oldCheckpoint: 'checkpoint.old',
  newCheckpoint: 'checkpoint.new',
  /** what its process printed */
  log: 'run.log',
  report: 'report.html',
  markdown: 'report.md',
} as const;

/** Of a run that a process works on: it is held, or not. */
export const workStatus = z.enum(['running', 'paused']);
export type WorkStatus = z.infer<typeof workStatus>;

/** `engine.json` in a run's folder while a process works on it. */
export const engineFile = z.object({
  protocol: z.number(),
  pid: z.number().int().positive(),
  /** unix socket or named pipe */
  pipe: z.string(),
  /** what a client must know: the file is readable by its owner alone */
  token: z.string(),
  /** whether it is held; kept up to date, so that a folder tells it without a connection */
  status: workStatus.optional(),
});
export type EngineFile = Frozen<z.infer<typeof engineFile>>;

/** `failure.json` in a run's folder after it failed. */
export const failureFile = z.object({
  message: z.string(),
  kind: z.enum(['input', 'internal']),
  detail: z.string().optional(),
});
export type FailureFile = Frozen<z.infer<typeof failureFile>>;
