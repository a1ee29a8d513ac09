import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import { targetSchema } from './targets.ts';

/** Version of the run folder's format. */
export const planVersion = 1;

const schedule = z.strictObject({
  kind: z.enum(['constant', 'step', 'linear', 'cosine']),
  rate: z.number().positive(),
  warmupSteps: z.number().int().nonnegative().optional(),
  milestones: z.array(z.number()).optional(),
  factor: z.number().optional(),
});

/** TrainSettings (src/runtime/types.ts), for what comes from a file. */
export const trainSettingsSchema = z.strictObject({
  epochs: z.number().int().nonnegative(),
  batchSize: z.number().int().positive(),
  optimizer: z.enum(['sgd', 'adam']),
  schedule,
  momentum: z.number(),
  nesterov: z.boolean(),
  weightDecay: z.number(),
  labelSmoothing: z.number(),
  clipNorm: z.number().positive().optional(),
  augmentation: z.strictObject({ flip: z.boolean(), shift: z.number().int().nonnegative() }),
  patience: z.number().int().nonnegative(),
  frozen: z.enum(['trained', 'kept']).optional(),
});

/** What a config's fineTuning holds: how it was trained, and what was made of it then. */
export const fineTuningSchema = trainSettingsSchema.extend({
  /** batch norms were measured afresh after training (settle.ts) */
  recalibrated: z.literal(true).optional(),
});

/** How an image set is opened; the same options wherever images are read. */
export const dataPlanSchema = z.strictObject({
  path: z.string(),
  /** a name, or auto */
  preprocess: z.string(),
  /** how images of another size are resized: a name, or auto, which is the default */
  resize: z.string().optional(),
  /** at most so many training images */
  limit: z.number().int().positive().optional(),
  /** images held out of training to search on; default a tenth, at most 5000 */
  validationImages: z.number().int().positive().optional(),
  augment: z.strictObject({ flip: z.boolean(), shift: z.number().int().nonnegative() }).optional(),
  /** name of the output that the classes are of; default: the one that fits their number best */
  labelsOf: z.string().optional(),
});
export type DataPlan = z.infer<typeof dataPlanSchema>;

/** What widths are multiples of; auto: what suits the network and its targets (rounding.ts). */
const rounding = z.union([z.literal('auto'), z.number().int().min(1).max(1024)]);
export type Rounding = z.infer<typeof rounding>;

/** A whole run, complete: what run.json holds. Paths are relative to the folder that holds `.espalier`. */
export const planSchema = z.strictObject({
  version: z.literal(planVersion),
  engine: z.string(),
  model: z.strictObject({ path: z.string(), sha256: z.string() }),
  data: dataPlanSchema.optional(),
  targets: z.array(targetSchema).min(1),
  method: z.string(),
  /** given by the user; the method fills in the rest */
  settings: z.record(z.string(), z.unknown()),
  seed: z.number().int().min(0).max(0xffffffff),
  effort: z.enum(['quick', 'standard', 'thorough']),
  roundTo: rounding,
  freeze: z.array(z.string()),
  /** outputs that also feed other layers may lose channels */
  interiorOutputs: z.boolean().optional(),
  /** names of control arms: methods, and "scratch" */
  controls: z.array(z.string()),
  /**
   * What the winner is trained from after cutting. auto: what a config can hold, so that it can be rebuilt from it; see
   * weightsFor. Absent in plans of older versions, which took the method's own weights where it makes any.
   */
  retrain: z.enum(['auto', 'generated', 'source', 'scratch']).optional(),
  fineTuneEpochs: z.number().int().nonnegative().optional(),
  /** layers that the source's file has frozen stay as they are; else they are trained with the rest */
  keepFrozen: z.boolean().optional(),
  backend: z.enum(['auto', 'tensorflow', 'wasm']),
  threads: z.number().int().positive().optional(),
  measureLatency: z.boolean(),
  /** folder for the pruned model and its config */
  out: z.string(),
  /** stands in the names of what is written, where the plain ones belong to another run */
  label: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/)
    .optional(),
  /** SHA-256 of the files that stood there when the run was planned and that it may overwrite, as the user said */
  replaces: z.array(z.string()).optional(),
  /** where the report goes too, beside the run's own folder */
  report: z.string().optional(),
});
export type Plan = z.infer<typeof planSchema>;

/** The control arms of every claim (docs/methods/baselines.md, "Claims"), where images were given. */
export const defaultControls = ['uniform', 'random', 'l1', 'scratch'] as const;

/** Reads a plan from JSON. @throws InputError naming what is wrong */
export function parsePlan(value: unknown, name: string): Plan {
  const parsed = planSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(
    `${name}: is not a plan of this version: ${issue.path.join('.') || 'the top level'}: ${issue.message}`,
  );
}
