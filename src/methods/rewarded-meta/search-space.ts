import * as z from 'zod';

/** All constants of the search (docs/methods/metapruning.md, "Search"); the defaults are the paper's. */
export const evolutionSettingsSchema = z.strictObject({
  population: z.number().int().min(1).default(50),
  archive: z.number().int().min(1).default(50),
  parents: z.number().int().min(1).default(10),
  mutation: z.number().int().min(0).default(25),
  /** chance of a gene to change */
  mutationProbability: z.number().min(0).max(1).default(0.1),
  crossover: z.number().int().min(0).default(25),
  generations: z.number().int().min(1).default(20),
  /** range of levels of the random candidates (the paper's ResNet-50: 12 to 23) */
  lowLevel: z.number().int().min(0).default(0),
  highLevel: z.number().int().min(0).default(30),
  /** random draws for one candidate before the last of them is repaired instead */
  tries: z.number().int().min(1).default(1000),
});

export type EvolutionSettings = z.infer<typeof evolutionSettingsSchema>;

/** What is searched: vectors of `genes` levels, 0 to `levels` - 1. */
export interface EvolutionProblem {
  readonly genes: number;
  readonly levels: number;
  /** 0 inside the window, 1 above its upper end, -1 below its lower end (and not above). Grows with every gene. */
  readonly side: (genes: readonly number[]) => -1 | 0 | 1;
  /** candidates of one key are the same network, so only one of them is tried */
  readonly key: (genes: readonly number[]) => string;
  /** candidates that the first population holds beside random ones; any that is above the window is left out */
  readonly initial?: readonly (readonly number[])[];
}
