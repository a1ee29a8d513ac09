import * as z from 'zod';
import { augmentation, MAX_BATCH, MAX_EPOCHS, MAX_SHIFT } from './choices.ts';
import type { Frozen } from './frozen.ts';

/** Learning rate over a whole training, in steps (mini-batches). */
export const schedule = z.strictObject({
  kind: z.enum(['constant', 'step', 'linear', 'cosine']),
  rate: z.number().positive(),
  /** linear warm-up from rate / 10 over this many steps */
  warmupSteps: z.number().int().nonnegative().optional(),
  /** step: fractions of the training at which the rate is multiplied by `factor` */
  milestones: z.array(z.number()).optional(),
  factor: z.number().optional(),
});
export type Schedule = Frozen<z.infer<typeof schedule>>;

/** What an output of a network learns by: the images' labels, or the original's answers. */
export const learnsBy = z.enum(['labels', 'answers']);
export type LearnsBy = z.infer<typeof learnsBy>;

/** What fine-tuning takes where the user names nothing: its highest rate (Adam's), and the share of distillation. */
export const fineTuneDefaults = { rate: 0.003, distillation: 0.7 } as const;

/** Everything that decides a training: part of the plan and of the config file. */
export const trainSettings = z.strictObject({
  epochs: z.number().int().nonnegative(),
  batchSize: z.number().int().positive(),
  optimizer: z.enum(['sgd', 'adam']),
  schedule,
  momentum: z.number(),
  nesterov: z.boolean(),
  /** on kernels only (convolutions and dense), as in the papers */
  weightDecay: z.number(),
  labelSmoothing: z.number(),
  /** share of what a class label should be that the original network's own answer is; absent: none */
  distillation: z.number().min(0).max(1).optional(),
  /** largest common L2 norm of a step's gradients; absent: any */
  clipNorm: z.number().positive().optional(),
  augmentation,
  /** stop when the validation loss has not improved for this many epochs; 0: never */
  patience: z.number().int().nonnegative(),
  /** the weights of the epoch with the lowest validation loss are kept; absent: the last epoch's */
  keepBest: z.literal(true).optional(),
  /** what became of layers that the source's file has frozen; absent: it has none (or they were kept, in old configs) */
  frozen: z.enum(['trained', 'kept']).optional(),
});
export type TrainSettings = Frozen<z.infer<typeof trainSettings>>;

/** What a config's fineTuning holds: how it was trained, and what was made of it then. A person may have changed it. */
export const fineTuningSchema = trainSettings.extend({
  epochs: trainSettings.shape.epochs.max(MAX_EPOCHS),
  batchSize: trainSettings.shape.batchSize.max(MAX_BATCH),
  patience: trainSettings.shape.patience.max(MAX_EPOCHS),
  schedule: schedule.extend({
    warmupSteps: z.number().int().min(0).max(1e9).optional(),
    milestones: z.array(z.number()).max(1000).optional(),
  }),
  augmentation: augmentation.extend({ shift: augmentation.shape.shift.max(MAX_SHIFT) }),
  /** batch norms were measured afresh after training (src/run/steps/settle.ts) */
  recalibrated: z.literal(true).optional(),
});
