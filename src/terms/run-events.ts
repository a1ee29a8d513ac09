import * as z from 'zod';
import { architecture, candidate, listedCandidate } from './candidates.ts';
import { cost } from './cost.ts';
import type { Frozen } from './frozen.ts';
import { budget } from './goals.ts';
import { imageFacts, preprocess } from './images.ts';
import { numerics } from './numerics.ts';
import { measure, measured, score, split, step } from './scores.ts';
import { stage } from './stages.ts';
import { trainSettings } from './training.ts';
import { written } from './written.ts';

/** A channel group as events and reports show it. */
const groupSummary = z.object({
  id: z.string(),
  size: z.number(),
  frozen: z.string().optional(),
  /** the layers that make its channels */
  producers: z.array(z.string()),
});
export type GroupSummary = Frozen<z.infer<typeof groupSummary>>;

/** One layer with a width of its own, for the channel diff. */
const layerSummary = z.object({
  layer: z.string(),
  type: z.string(),
  /** index of the group that its output channels are of */
  group: z.number(),
  macs: z.number(),
  params: z.number(),
});
export type LayerSummary = Frozen<z.infer<typeof layerSummary>>;

/** A test image with what the network says of it, before and after; without labels how far both agree where it says no class. */
const sample = z.object({
  /** PNG data URI */
  image: z.string(),
  /** absent where there are no labels */
  label: z.string().optional(),
  before: z.string(),
  after: z.string(),
});
export type Sample = Frozen<z.infer<typeof sample>>;

/** `seq`: line in events.jsonl, where it is recorded; `at`: seconds of work since the run began, pauses left out */
const stamp = { seq: z.number().optional(), at: z.number().optional() };
const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), ...stamp, ...shape });
/** of an arm that may be left out: then it is of the run itself, or of the original */
const arm = z.string().optional();

/** All that a run tells, but for its candidates. */
const plain = [
  event('opened', {
    model: z.object({ name: z.string(), path: z.string(), format: z.string() }),
    cost,
    groups: z.array(groupSummary),
    layers: z.array(layerSummary),
  }),
  event('backend', {
    name: z.string(),
    why: z.string(),
    threads: z.number(),
    computedBy: numerics.optional(),
  }),
  event('data', {
    ...imageFacts,
    /** without labels: outputs without an activation that were taken for scores of classes */
    taught: z.array(z.string()).optional(),
    train: z.number(),
    validation: z.number(),
    test: z.number(),
    preprocess,
    /** how the preprocessing was come by, in words */
    found: z.string(),
    /** of the image set's names and contents */
    digest: z.string().optional(),
  }),
  event('budgets', { budgets: z.array(budget), roundTo: z.number().optional() }),
  event('arm', {
    arm: z.string(),
    control: z.boolean(),
    /** how the method ranks its candidates, where it has a reward (src/methods/rewarded-meta/reward.ts) */
    reward: z.unknown().optional(),
  }),
  event('stage', { arm, stage, message: z.string() }),
  /** done of total in this stage, in `unit` (images, candidates, epochs) */
  event('progress', {
    arm,
    stage,
    done: z.number(),
    total: z.number(),
    unit: z.string(),
    imagesPerSecond: measured.optional(),
    secondsLeft: measured.optional(),
  }),
  event('loss', {
    arm,
    stage,
    /** epochs done, from 1 */
    epoch: z.number(),
    /** mean training loss over the epoch */
    loss: measured,
    /** on validation images, percent */
    accuracy: measured.optional(),
    measure: measure.optional(),
    validationLoss: measured.optional(),
  }),
  /** end of a search round: the best so far */
  event('generation', { arm: z.string(), generation: z.number(), best: z.number(), reward: measured }),
  /** the method's search ended before its plan did, since nothing was ahead of plain rules by more than the noise */
  event('stopped', {
    arm: z.string(),
    /** candidates that were scored, of so many */
    scored: z.number(),
    of: z.number(),
    /** the best of the rules */
    rule: z.string(),
    /** that every arm is fine-tuned for longer with the time that is left; 0: none */
    epochs: z.number(),
  }),
  /** a point of one of the method's own curves: reward, cost share, multiplier:<constraint>, entropy, ... */
  event('metric', { arm: z.string(), name: z.string(), step: z.number(), value: measured }),
  /** the widths that the method would choose at this step (an epoch), one a group */
  event('widths', { arm: z.string(), step: z.number(), architecture }),
  event('fineTuning', { arm: z.string(), settings: trainSettings }),
  /** without an arm: of the original */
  event('score', { arm, step, split, score }),
  /** a network's turn in the race of an arm's candidates, by its id; rounds from 1, `of` so many */
  event('raced', {
    arm: z.string(),
    round: z.number(),
    of: z.number(),
    id: z.number(),
    /** training images that it went through in this round */
    images: z.number(),
    /** it is a plain rule's network; absent: the method found it */
    rule: z.boolean().optional(),
    score,
  }),
  event('latency', {
    arm,
    /** milliseconds an image at batch 1, median */
    before: measured,
    after: measured,
    threads: z.number(),
    machine: z.string(),
    /** half of all runs were within this share of the median */
    spread: measured.optional(),
  }),
  event('samples', { samples: z.array(sample) }),
  event('warning', { arm, message: z.string() }),
  event('written', written),
  /** `arm`: of an extra arm (see extraArm); absent: of the run itself */
  event('done', { arm }),
] as const;

const found = { arm: z.string(), candidate };
const listed = { arm: z.string(), candidate: listedCandidate };

/** What a run tells and records: a line each of events.jsonl, but for progress, which passes by. */
export const runEvent = z.discriminatedUnion('type', [
  ...plain,
  event('candidate', found),
  event('chosen', found),
]);
export type RunEvent = Frozen<z.infer<typeof runEvent>>;

/** The same as lists and the panel get it: which channels a candidate keeps is asked for when it is looked at. */
export const listedEvent = z.discriminatedUnion('type', [
  ...plain,
  event('candidate', listed),
  event('chosen', listed),
]);
export type ListedEvent = Frozen<z.infer<typeof listedEvent>>;

type Unstamped<E> = E extends unknown ? Omit<E, 'seq' | 'at'> : never;
/** An event before it is recorded. */
export type RunEventBody = Unstamped<RunEvent>;
/** An event of one kind. */
export type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;
export type ListedOf<T extends ListedEvent['type']> = Extract<ListedEvent, { type: T }>;

type Unnamed<E> = E extends unknown ? Omit<E, 'seq' | 'at' | 'arm'> : never;
/** What an arm tells, before it is known which arm it is. */
export type ArmEvent<T extends RunEvent['type']> = Unnamed<EventOf<T>>;
