import * as z from 'zod';
import type { Frozen } from './frozen.ts';

/**
 * How images of another size than the network's may be resized, the commonest first, as configs, plans and options spell
 * it (docs/resizing.md; src/data/pixels/resize.ts does it).
 */
export const resizes = [
  'keras',
  'keras-crop',
  'keras-pad',
  'keras-nearest',
  'nearest',
  'pil',
  'pil-crop',
  'pil-centre',
  'pil-bicubic',
  'pil-bicubic-crop',
  'pil-bicubic-centre',
  'pil-lanczos',
  'pil-lanczos-crop',
  'area',
  'area-crop',
] as const;
export type Resize = (typeof resizes)[number];

/** From uint8 to what the network expects: y = x * scale[c] + offset[c], after an optional RGB -> BGR. */
export const preprocess = z.strictObject({
  /** unit, signed, raw, imagenet, caffe, standardise, ... or 'custom' */
  name: z.string(),
  scale: z.array(z.number()),
  offset: z.array(z.number()),
  bgr: z.boolean(),
  /** absent where all images had the size; and in what versions before it wrote, which left it to libvips */
  resize: z
    .enum(resizes)
    .optional()
    .describe(
      'How images of another size were resized; absent where all had the size, and in what older versions wrote.',
    ),
});
export type Preprocess = Frozen<z.infer<typeof preprocess>>;

/** What is said of an open image set. */
export const imageFacts = {
  path: z.string(),
  form: z.enum(['folder', 'zip', 'tar', 'idx', 'npz']),
  /** names by output of the network that the set was opened for */
  classes: z.array(z.string()),
  /** where their order comes from, in words, if not from the folders' names alone */
  classesFrom: z.string().optional(),
  /** what must be given again for the same order; absent where that is the folders with images, by name */
  recordedClasses: z.array(z.string()).optional(),
  /** its images have no classes, or these count for nothing: the original is the teacher */
  unlabelled: z.literal(true).optional(),
};
export type ImageFacts = Frozen<z.infer<z.ZodObject<typeof imageFacts>>>;

/** For people: its name, and how images of another size were resized. */
export function titled({ name, resize }: Preprocess): string {
  return resize ? `${name}, resized as ${resize}` : name;
}
