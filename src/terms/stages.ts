import * as z from 'zod';

/**
 * What a run can be at, in words of its own and of its methods. Every view names each: a new one that has no name there
 * is a type error.
 */
export const stage = z.enum([
  // a run's own; before its first, how images are resized is found out, and they are read
  'resizing',
  'images',
  'original',
  'race',
  'cut',
  'recalibrate',
  'fine-tune',
  // training alone (`espalier train`)
  'train',
  // rewarded-meta
  'generator',
  'reward',
  // all that search
  'search',
  // knapsack
  'sensitivity',
  // constrained
  'finalists',
  // agent
  'warm-up',
  'fill',
  'joint',
  'episodes',
  'align',
  'agent',
  'weights',
]);
export type Stage = z.infer<typeof stage>;
