import * as z from 'zod';

const word = z.number().int().min(0);

/** The state of a random generator in a checkpoint. */
export const randomState = z.tuple([word, word, word, word]);
