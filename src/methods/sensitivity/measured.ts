import * as z from 'zod';

/** What widths come to on the validation images: mean cross-entropy, and accuracy in percent. */
export const measured = z.strictObject({ loss: z.number(), accuracy: z.number() });
export type Measured = z.infer<typeof measured>;
