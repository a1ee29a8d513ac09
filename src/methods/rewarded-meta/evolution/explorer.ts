import * as z from 'zod';

export const origin = z.enum(['initial', 'random', 'mutation', 'crossover', 'enumerated']);

export interface Proposal {
  readonly genes: readonly number[];
  /** enumerated: one of all that there are */
  readonly origin: z.infer<typeof origin>;
}

export interface Scored extends Proposal {
  /** larger is better */
  readonly score: number;
  readonly generation: number;
}

/** Children among which a surrogate chooses one. */
export const choice = 10;

/** A search as a state machine: `propose` gives a generation, `tell` takes its scores, until `done`. */
export interface Explorer {
  /** what it is told of a candidate */
  readonly takes: 'accuracy' | 'reward';
  /** number of generations scored so far */
  readonly generation: number;
  readonly done: boolean;
  /** the best ever seen, best first; scores are rewards */
  readonly archive: readonly Scored[];
  /** what has the highest reward of all */
  readonly highest: Scored;
  /** everything that the rest of the search depends on; JSON-safe */
  readonly state: unknown;
  /** the reward that is expected of what was scored; null without a surrogate */
  expected(genes: readonly number[]): number | null;
  /** the candidates to score next; the same until `tell`; empty where nothing new can be found */
  propose(): readonly Proposal[];
  /** takes the scores of what was proposed, in its order */
  tell(scores: readonly number[]): void;
}
