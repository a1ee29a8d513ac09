import * as z from 'zod';
import type { Frozen } from './frozen.ts';
import { target } from './goals.ts';

/** How much a run may search and train. */
export const effort = z.enum(['quick', 'standard', 'thorough']);
export type Effort = z.infer<typeof effort>;

/** What computes: TensorFlow's native library, or TensorFlow.js' WebAssembly. */
export const backendName = z.enum(['tensorflow', 'wasm']);
export type BackendName = z.infer<typeof backendName>;

/** auto: TensorFlow where it can be had */
export const backendChoice = z.enum(['auto', ...backendName.options]);
export type BackendChoice = z.infer<typeof backendChoice>;

/** Where a pruned network's weights come from: the original's, cut; fresh ones; or the method's own. */
export const weightsFrom = z.enum(['source', 'scratch', 'generated']);
export type WeightsFrom = z.infer<typeof weightsFrom>;

/** auto: what a config can hold, so that the network can be rebuilt from it (src/run/steps/weights.ts) */
export const retrain = z.enum(['auto', ...weightsFrom.options]);

export const seed = z.number().int().min(0).max(0xffffffff);

/** What widths are multiples of. */
export const multiple = z.number().int().min(1).max(1024);
/** auto: what suits the network and its targets (src/run/plan/rounding.ts) */
export const rounding = z.union([z.literal('auto'), multiple]);
export type Rounding = z.infer<typeof rounding>;

// The most that may be asked for, on the command line, in the panel and in a config: far beyond any use, so that a digit
// too many is a mistake that is named, and no run of years.
export const MAX_EPOCHS = 100_000;
/** images a step */
export const MAX_BATCH = 65_536;
export const MAX_IMAGES = 1_000_000_000;
/** pixels */
export const MAX_SHIFT = 999;

/** `shift`: largest shift in pixels */
export const augmentation = z.strictObject({ flip: z.boolean(), shift: z.number().int().nonnegative() });
export type Augmentation = Frozen<z.infer<typeof augmentation>>;

/** How an image set is opened; the same options wherever images are read. */
export const dataOptions = z.strictObject({
  path: z.string(),
  /** a name, or auto */
  preprocess: z.string(),
  /** how images of another size are resized: a name, or auto, which is the default */
  resize: z.string().optional(),
  /** at most so many training images */
  limit: z.number().int().positive().optional(),
  /** images held out of training to search on; default a tenth, at most 5000 */
  validationImages: z.number().int().positive().optional(),
  augment: augmentation.optional(),
  /** name of the output that the classes are of; default: the one that fits their number best */
  labelsOf: z.string().optional(),
  /** the folders' names count for nothing: the original is the teacher (absent: only where there are no class folders) */
  noLabels: z.literal(true).optional(),
});
export type DataOptions = Frozen<z.infer<typeof dataOptions>>;

/** What is chosen before a run, wherever it is chosen: a form's draft has these, and the plan that is made of it. */
export const choices = {
  /** all must hold */
  targets: z.array(target),
  method: z.string(),
  /** given by the user; the method fills in the rest */
  settings: z.record(z.string(), z.unknown()),
  seed,
  effort,
  roundTo: rounding,
  freeze: z.array(z.string()),
  /** outputs that also feed other layers may lose channels */
  interiorOutputs: z.boolean(),
  /** names of control arms: methods, and "scratch" */
  controls: z.array(z.string()),
  /** points of accuracy, in percent, that the result may lose on validation: the cheapest such network is looked for */
  accuracyDrop: z.number().min(0).lt(100).optional(),
  /** how many points of the trade-off are fine-tuned, the goal's own among them; absent: that one alone; of an accuracy that is looked for: how many networks are tried */
  points: z.number().int().min(1).max(20).optional(),
  /** the cheapest of them: percent of the original in the first target's metric; absent: see src/run/plan/points.ts */
  explore: z.number().positive().max(100).optional(),
  fineTuneEpochs: z.number().int().nonnegative().optional(),
  /** highest learning rate of fine-tuning */
  fineTuneRate: z.number().positive().optional(),
  /** share of what fine-tuning aims at that the original's answers are; 0: labels alone */
  distillation: z.number().min(0).max(1).optional(),
  /** layers that the source's file has frozen stay as they are; else they are trained with the rest */
  keepFrozen: z.boolean().optional(),
  backend: backendChoice,
  threads: z.number().int().positive().optional(),
  measureLatency: z.boolean(),
};
