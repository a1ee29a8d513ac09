import * as z from 'zod';

/** What the user chooses before a run. Files are absolute paths. */
export const target = z.object({
  metric: z.enum(['macs', 'params', 'bytes', 'memory', 'latency', 'script']),
  /** absolute, or percent of the original */
  value: z.number().positive(),
  relative: z.boolean(),
  command: z.string().optional(),
});
export type TargetView = z.infer<typeof target>;

export const effort = z.enum(['quick', 'standard', 'thorough']);
export type Effort = z.infer<typeof effort>;

export const draft = z.object({
  model: z.string(),
  /** folder that holds `.espalier` */
  workspace: z.string(),
  data: z
    .object({
      path: z.string(),
      /** a name, or auto */
      preprocess: z.string(),
      /** how images of another size are resized: a name, or auto (default) */
      resize: z.string().optional(),
      limit: z.number().int().positive().optional(),
      validationImages: z.number().int().positive().optional(),
      augment: z.object({ flip: z.boolean(), shift: z.number().int().nonnegative() }).optional(),
      /** name of the output that the classes are of; default: what fits their number best */
      labelsOf: z.string().optional(),
    })
    .nullable(),
  targets: z.array(target),
  method: z.string(),
  settings: z.record(z.string(), z.unknown()),
  effort,
  seed: z.number().int().min(0).max(0xffffffff),
  /** what widths are multiples of; auto: what suits the network and its goals */
  roundTo: z.union([z.literal('auto'), z.number().int().min(1).max(1024)]),
  freeze: z.array(z.string()),
  interiorOutputs: z.boolean(),
  controls: z.array(z.string()),
  fineTuneEpochs: z.number().int().nonnegative().optional(),
  /** layers that the model's file has frozen stay as they are */
  keepFrozen: z.boolean().optional(),
  backend: z.enum(['auto', 'tensorflow', 'wasm']),
  threads: z.number().int().positive().optional(),
  measureLatency: z.boolean(),
});
export type Draft = z.infer<typeof draft>;

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
export type DataFound = z.infer<typeof dataFound>;

export const dataView = z.object({
  path: z.string(),
  form: z.string(),
  classes: z.array(z.string()),
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
export type DataView = z.infer<typeof dataView>;

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
export type Assessment = z.infer<typeof assessment>;
