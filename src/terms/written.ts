import * as z from 'zod';
import type { Frozen } from './frozen.ts';

/** How a model's files are stored. */
export const formatName = z.enum(['keras-h5', 'keras', 'tfjs-layers', 'onnx']);
export type FormatName = z.infer<typeof formatName>;

/** Endings of files that are models by their names; a TensorFlow.js model is a model.json, and any may come in a .zip. */
export const modelEndings = ['h5', 'hdf5', 'keras', 'onnx'] as const;

/** What a run wrote, and how to know it again. */
export const written = {
  model: z.string(),
  config: z.string(),
  report: z.string().optional(),
  /** files that belong to the model, beside it: its class names; absent in runs of before */
  beside: z.array(z.string()).optional(),
  /** of the model with its weight files, the config, the report, and each file beside; absent in runs of before */
  sha256: z
    .object({
      model: z.string(),
      config: z.string(),
      report: z.string().optional(),
      beside: z.array(z.string()).optional(),
    })
    .optional(),
  /** sizes and times of the model's files: where they are the same, it isn't read again for a list */
  stamp: z.string().optional(),
};
export type Written = Frozen<z.infer<z.ZodObject<typeof written>>>;
