import * as z from 'zod';
import type { Frozen } from './frozen.ts';

/** A number that was measured or computed, which may have come out as none: JSON writes that as null. */
export const measured = z.union([z.number(), z.nan(), z.null().transform(() => NaN)]);

/**
 * What an accuracy is, where it isn't plain accuracy: a multi-label network's likeliest label against the one class;
 * without labels the images of which the original says the same class, or 100 times one minus the relative error towards
 * what it answers (src/runtime/scoring/likeness.ts).
 */
export const measure = z.enum(['top-1 of sigmoids', 'agreement', 'agreement in values']);
export type Measure = z.infer<typeof measure>;

/** Whether there were no labels, so that it says how like the original a network is. */
export function isAgreement(measure: Measure | null | undefined): boolean {
  return measure === 'agreement' || measure === 'agreement in values';
}

/** What percentages are called in titles and behind a figure. The one place that decides the word. */
export function accuracyWord(measure: Measure | null | undefined): Measure | 'accuracy' {
  return measure ?? 'accuracy';
}

/** The same within a sentence: "points of agreement". */
export function accuracyNoun(measure: Measure | null | undefined): 'accuracy' | 'agreement' {
  return isAgreement(measure) ? 'agreement' : 'accuracy';
}

/** How far an output is from the original's answers. */
export const outputLoss = z.enum(['KL divergence', 'mean squared error', 'normalised mean squared error']);
export type OutputLoss = z.infer<typeof outputLoss>;

/** An output against the original's answers: mean over the images. */
const outputScore = z.object({
  name: z.string(),
  loss: outputLoss,
  value: measured,
});
export type OutputScore = Frozen<z.infer<typeof outputScore>>;

/** Accuracy in percent (0..100), mean cross-entropy, and how many images it was measured on. */
export const score = z.object({
  accuracy: measured,
  loss: measured,
  images: z.number(),
  measure: measure.optional(),
  /** which images were right, where networks are compared: comparison/answers.ts */
  right: z.string().optional(),
  /** the loss of each image, where networks race: comparison/losses.ts */
  losses: z.string().optional(),
  /** how far the outputs that labels say nothing of are from the original's answers */
  outputs: z.array(outputScore).optional(),
});
export type Score = Frozen<z.infer<typeof score>>;

/** Where a score was taken. */
export const step = z.enum(['original', 'cut', 'recalibrated', 'fineTuned', 'test']);
export type Step = z.infer<typeof step>;

/** Images that a score is of: held out of training, or for the end only. */
export const split = z.enum(['validation', 'test']);
export type Split = z.infer<typeof split>;

/** The images that a step is scored on. */
export const splitOf = (step: Step): Split => (step === 'test' ? 'test' : 'validation');

/** The parts of an image set. */
export const setSplit = z.enum(['train', ...split.options]);
export type SplitName = z.infer<typeof setSplit>;

/** In percent, on the validation split. Absent: not measured yet. */
export const accuracies = z.object({
  /** straight after cutting */
  cut: measured.optional(),
  /** after batch-norm recalibration */
  recalibrated: measured.optional(),
  fineTuned: measured.optional(),
});
export type Accuracies = Frozen<z.infer<typeof accuracies>>;

/** Which of a candidate's accuracies. */
export type AccuracyKey = keyof Accuracies;
export const accuracyKeys = accuracies.keyof().options;

/** What the furthest step came to, of those that a network has been through. */
export function furthest<T>({
  fineTuned,
  recalibrated,
  cut,
}: Readonly<Partial<Record<AccuracyKey, T>>>): T | undefined {
  return fineTuned ?? recalibrated ?? cut;
}
