import * as z from 'zod';
import type { Frozen } from '../terms/frozen.ts';
import { written } from '../terms/written.ts';
import { workStatus } from '../terms/run-folder.ts';
import { measure } from '../terms/scores.ts';

/** A candidate's files, just written. */
export const writtenFiles = z.object({
  model: z.string(),
  config: z.string(),
  sha256: z.object({ model: z.string(), config: z.string() }),
});
export type WrittenFiles = Frozen<z.infer<typeof writtenFiles>>;

/** Whether a file that was written is still there as it was. */
const fileState = z.enum(['same', 'changed', 'missing']);
export type FileState = Frozen<z.infer<typeof fileState>>;

const writtenNow = z.object({
  model: fileState,
  config: fileState,
  report: fileState.optional(),
  beside: z.array(fileState).optional(),
  /** what the config is of that stands there instead, in a few words */
  instead: z.string().nullable(),
});
export type WrittenNow = Frozen<z.infer<typeof writtenNow>>;

/** How the process of a run ended. */
export const endStatus = z.enum(['stopped', 'failed', 'done']);
export type EndStatus = z.infer<typeof endStatus>;

/** How a run stands, seen from its folder. */
export const runStatus = z.enum([...workStatus.options, ...endStatus.options]);
export type RunStatus = Frozen<z.infer<typeof runStatus>>;

/** Whether a process works on the run; it may be held. */
export function atWork(status: RunStatus): boolean {
  return (workStatus.options as readonly RunStatus[]).includes(status);
}

export const runSummary = z.object({
  id: z.string(),
  /** absolute path of `.espalier/runs/<id>` */
  folder: z.string(),
  status: runStatus,
  /** absolute path of the source model */
  model: z.string(),
  method: z.string(),
  effort: z.string(),
  seed: z.number(),
  /** "macs ≤ 50%" */
  goal: z.string(),
  /** milliseconds since 1970, of run.json */
  created: z.number(),
  candidates: z.number(),
  /** the main arm's accuracies so far, percent, and cost shares of the original */
  result: z
    .object({
      accuracy: z.number().optional(),
      /** what accuracies are, where they aren't plain accuracy */
      measure: measure.optional(),
      original: z.number().optional(),
      macsShare: z.number(),
      paramsShare: z.number(),
    })
    .nullable(),
  /** `now`: whether these are still the files that it wrote */
  written: z.object({ ...written, now: writtenNow }).nullable(),
  /** why it failed, one sentence */
  failure: z.string().nullable(),
  /** why it can't be steered from this window (a terminal's); absent where it can */
  fixed: z.string().optional(),
});
export type RunSummary = Frozen<z.infer<typeof runSummary>>;
