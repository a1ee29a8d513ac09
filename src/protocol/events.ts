import * as z from 'zod';
import { cost } from './views.ts';

/** A candidate as the panel lists it: without its channels, which are asked for when it is looked at. */
export const candidate = z.object({
  arm: z.string(),
  id: z.number(),
  origin: z.string(),
  macs: z.number(),
  params: z.number(),
  bytes: z.number(),
  peakActivationBytes: z.number(),
  /** percent, validation split */
  cut: z.number().optional(),
  recalibrated: z.number().optional(),
  fineTuned: z.number().optional(),
  reward: z.number().optional(),
});
export type CandidateView = z.infer<typeof candidate>;

const score = z.object({
  accuracy: z.number(),
  loss: z.number(),
  images: z.number(),
  /** what the accuracy is, where it isn't plain accuracy */
  measure: z.literal('top-1 of sigmoids').optional(),
  /** how far outputs that labels say nothing of are from the original's answers, by the loss that they learn by */
  outputs: z.array(z.object({ name: z.string(), loss: z.string(), value: z.number() })).optional(),
});
export type ScoreView = z.infer<typeof score>;

/** What a run wrote, with the SHA-256 of each (a model's with its weight files), to know it again. */
const written = {
  model: z.string(),
  config: z.string(),
  report: z.string().optional(),
  /** files that belong to the model, beside it */
  beside: z.array(z.string()).optional(),
  sha256: z
    .object({
      model: z.string(),
      config: z.string(),
      report: z.string().optional(),
      beside: z.array(z.string()).optional(),
    })
    .optional(),
};

/** A candidate's files, just written. */
export const writtenFiles = z.object({
  model: z.string(),
  config: z.string(),
  sha256: z.object({ model: z.string(), config: z.string() }),
});
export type WrittenFiles = z.infer<typeof writtenFiles>;

/** Whether a file that was written is still there as it was. */
export const fileState = z.enum(['same', 'changed', 'missing']);
export type FileState = z.infer<typeof fileState>;

const writtenNow = z.object({
  model: fileState,
  config: fileState,
  report: fileState.optional(),
  beside: z.array(fileState).optional(),
  /** what the config is of that stands there instead, in a few words */
  instead: z.string().nullable(),
});
export type WrittenNow = z.infer<typeof writtenNow>;

const stamp = { seq: z.number().optional(), at: z.number().optional() };
const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), ...stamp, ...shape });

/** What a run tells, as the panel gets it (src/run/store/events.ts, with candidates and pictures shortened). */
export const runEvent = z.discriminatedUnion('type', [
  event('opened', { model: z.object({ name: z.string(), path: z.string(), format: z.string() }), cost }),
  event('backend', { name: z.string(), why: z.string(), threads: z.number() }),
  event('data', {
    path: z.string(),
    form: z.string(),
    classes: z.array(z.string()),
    train: z.number(),
    validation: z.number(),
    test: z.number(),
    /** name of the preprocessing */
    preprocess: z.string(),
    found: z.string(),
  }),
  event('budgets', {
    budgets: z.array(
      z.object({
        metric: z.string(),
        limit: z.number(),
        original: z.number(),
        command: z.string().optional(),
      }),
    ),
  }),
  /** `reward`: the reward's spec where the method has one (src/methods/rewarded-meta/reward.ts) */
  event('arm', { arm: z.string(), control: z.boolean(), reward: z.unknown().optional() }),
  event('stage', { arm: z.string().optional(), stage: z.string(), message: z.string() }),
  event('progress', {
    arm: z.string().optional(),
    stage: z.string(),
    done: z.number(),
    total: z.number(),
    unit: z.string(),
    imagesPerSecond: z.number().optional(),
    secondsLeft: z.number().optional(),
  }),
  event('loss', {
    arm: z.string().optional(),
    stage: z.string(),
    epoch: z.number(),
    loss: z.number(),
    accuracy: z.number().optional(),
  }),
  event('candidate', { candidate }),
  event('generation', { arm: z.string(), generation: z.number(), best: z.number(), reward: z.number() }),
  /** a method's own curves: reward, cost against a budget, multiplier, entropy, reconstruction error */
  event('metric', { arm: z.string(), name: z.string(), step: z.number(), value: z.number() }),
  /** the chosen width of every group at a step */
  event('widths', { arm: z.string(), step: z.number(), architecture: z.array(z.number()) }),
  event('chosen', { candidate }),
  event('score', {
    /** absent: the original */
    arm: z.string().optional(),
    step: z.enum(['original', 'cut', 'recalibrated', 'fineTuned', 'test']),
    split: z.enum(['validation', 'test']),
    score,
  }),
  event('latency', {
    /** milliseconds an image at batch 1, median */
    before: z.number(),
    after: z.number(),
    threads: z.number(),
    machine: z.string(),
    /** absent: of the run's own result */
    arm: z.string().optional(),
  }),
  event('warning', { arm: z.string().optional(), message: z.string() }),
  event('written', written),
  /** `arm`: of an extra arm (see extraArm); absent: of the run itself */
  event('done', { arm: z.string().optional() }),
]);
export type PanelEvent = z.infer<typeof runEvent>;

/**
 * Another candidate than the chosen one is fine-tuned as an arm of its own in the same run, called "ARM#ID": its stages,
 * progress, losses, scores (cut, recalibrated, fineTuned, test) and latency come under this name.
 */
export const extraArm = (arm: string, id: number): string => `${arm}#${id}`;

/** The candidate that an extra arm is of; null for any other arm. */
export function candidateOfArm(name: string): { arm: string; id: number } | null {
  const [, arm, id] = /^(.+)#(\d+)$/.exec(name) ?? [];
  return arm === undefined ? null : { arm, id: Number(id) };
}

/** How a run stands, seen from its folder. */
export const runStatus = z.enum(['running', 'paused', 'stopped', 'failed', 'done']);
export type RunStatus = z.infer<typeof runStatus>;

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
export type RunSummary = z.infer<typeof runSummary>;
