import * as z from 'zod';
import { choices, dataOptions } from '../terms/choices.ts';
import type { Frozen } from '../terms/frozen.ts';

/** What the user chooses before a run: a plan but for what is found out when it is made. Files are absolute paths. */
export const draft = z.object({
  model: z.string(),
  /** folder that holds `.espalier` */
  workspace: z.string(),
  data: dataOptions.nullable(),
  ...choices,
});
export type Draft = Frozen<z.infer<typeof draft>>;

export const method = z.object({
  name: z.string(),
  summary: z.string(),
  needsImages: z.boolean(),
});

/** An image set that was found near a model, or asked about. */
export const dataFound = z.object({
  path: z.string(),
  form: z.string(),
  images: z.number().optional(),
  /** class folders, where they could be counted without reading images */
  classes: z.number().optional(),
});
export type DataFound = Frozen<z.infer<typeof dataFound>>;

export const dataView = z.object({
  path: z.string(),
  form: z.string(),
  classes: z.array(z.string()),
  /** its images have no classes, or these count for nothing: the original is the teacher */
  unlabelled: z.literal(true).optional(),
  train: z.number(),
  validation: z.number(),
  test: z.number(),
  /** height, width, channels */
  shape: z.array(z.number()),
  broken: z.number(),
  warnings: z.array(z.string()),
  /** where the network has several outputs: those that the classes could be of, and the one that fits best */
  outputs: z.object({ able: z.array(z.string()), best: z.string() }).optional(),
});
export type DataView = Frozen<z.infer<typeof dataView>>;

/** What can be said of a draft before anything runs. */
export const assessment = z.object({
  /** one a target, in order */
  targets: z.array(
    z.object({
      /** null: it is measured when the run starts */
      reachable: z.boolean().nullable(),
      /** one sentence where it can't be reached or is within reach already, with the nearest */
      message: z.string(),
      /** in the metric's unit; null where it would have to be measured */
      limit: z.number().nullable(),
      original: z.number().nullable(),
      least: z.number().nullable(),
    }),
  ),
  /** what keeps the run from starting, one sentence each */
  problems: z.array(z.string()),
  /** what to know before starting (which generator is taken, wasm's cost), one sentence each */
  notes: z.array(z.object({ kind: z.enum(['info', 'warning']), text: z.string() })),
  /** names of the files that the run would write: its own, whatever else is there or under way */
  writes: z.object({ model: z.string(), config: z.string() }).nullable(),
  /** what the widths of candidates are multiples of */
  roundTo: z.number(),
  /** predicted seconds of work on this machine; null where nothing was measured yet */
  seconds: z.number().nullable(),
  /** how the seconds were come by, one sentence */
  basis: z.string(),
});
export type Assessment = Frozen<z.infer<typeof assessment>>;
