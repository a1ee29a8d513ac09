import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import { Random } from '../../graph/random.ts';
import type { EvolutionProblem, EvolutionSettings } from './search-space.ts';
import { proposeCrossover, proposeMutation, proposeRandom } from './proposals.ts';

export interface Proposal {
  readonly genes: readonly number[];
  readonly origin: 'initial' | 'random' | 'mutation' | 'crossover';
}

export interface Scored extends Proposal {
  /** larger is better */
  readonly score: number;
  readonly generation: number;
}

const genes = z.array(z.number().int().min(0));
const origin = z.enum(['initial', 'random', 'mutation', 'crossover']);
const word = z.number().int().min(0);

const evolutionStateSchema = z.strictObject({
  generation: z.number().int().min(0),
  random: z.tuple([word, word, word, word]),
  archive: z.array(z.strictObject({ genes, origin, score: z.number(), generation: z.number().int().min(0) })),
  /** keys of everything ever proposed */
  seen: z.array(z.string()),
  /** proposed and not yet told */
  pending: z.array(z.strictObject({ genes, origin })).nullable(),
});

export type EvolutionState = z.infer<typeof evolutionStateSchema>;

/**
 * The evolutionary search as a state machine: `propose` gives a generation, `tell` takes its scores, until `done`.
 * Knows nothing of networks. The first generation is random, each later one made of mutations and crossovers of the
 * best ever seen, filled up with random ones; everything outside of the window or seen before is rejected.
 *
 * Two things differ from the paper's code, so that it ends for every window: a random candidate that was drawn
 * `tries` times in vain is repaired (see `repair`), and where nothing new is left, a generation is smaller.
 */
export class Evolution {
  private readonly problem: EvolutionProblem;
  private readonly settings: EvolutionSettings;
  private readonly random: Random;
  private generationIndex = 0;
  private best: Scored[] = [];
  private readonly seen = new Set<string>();
  private pending: Proposal[] | null = null;

  /** @throws InputError for settings that contradict each other */
  constructor(problem: EvolutionProblem, settings: EvolutionSettings, random: Random) {
    if (settings.lowLevel > settings.highLevel || settings.highLevel >= problem.levels)
      throw new InputError(
        `the search's levels ${settings.lowLevel} to ${settings.highLevel} must lie in order within 0 to ${problem.levels - 1}`,
      );
    if (settings.mutation + settings.crossover > settings.population)
      throw new InputError(
        `mutation (${settings.mutation}) and crossover (${settings.crossover}) together exceed the population (${settings.population})`,
      );
    this.problem = problem;
    this.settings = settings;
    this.random = random;
  }

  /** Where an earlier search stopped. @throws InputError where the state is not one of a search */
  static restore(problem: EvolutionProblem, settings: EvolutionSettings, state: unknown): Evolution {
    const parsed = evolutionStateSchema.safeParse(state);
    if (!parsed.success) throw new InputError('the checkpoint of the search is damaged');
    const { generation, random, archive, seen, pending } = parsed.data;
    const evolution = new Evolution(problem, settings, new Random(random));
    evolution.generationIndex = generation;
    evolution.best = archive;
    for (const key of seen) evolution.seen.add(key);
    evolution.pending = pending;
    return evolution;
  }

  /** Everything that the rest of the search depends on; JSON-safe. */
  get state(): EvolutionState {
    return structuredClone({
      generation: this.generationIndex,
      random: [...this.random.state] as EvolutionState['random'],
      archive: this.best.map((s) => ({ ...s, genes: [...s.genes] })),
      seen: [...this.seen],
      pending: this.pending?.map((p) => ({ ...p, genes: [...p.genes] })) ?? null,
    });
  }

  /** Number of generations told so far. */
  get generation(): number {
    return this.generationIndex;
  }

  get done(): boolean {
    return this.generationIndex >= this.settings.generations;
  }

  /** The best ever seen, best first; equal scores: the earlier first. */
  get archive(): readonly Scored[] {
    return this.best;
  }

  /** The candidates to score next; the same until they are told. Empty where nothing new can be found. */
  propose(): readonly Proposal[] {
    if (this.pending) return this.pending;
    const { settings, problem, random } = this;
    const next: Proposal[] = [];
    const accept = (genes: readonly number[], origin: Proposal['origin']): boolean => {
      const key = problem.key(genes);
      if (next.length >= settings.population || this.seen.has(key)) return false;
      this.seen.add(key);
      next.push({ genes: [...genes], origin });
      return true;
    };
    if (this.generationIndex === 0) {
      for (const genes of problem.initial ?? []) if (problem.side(genes) !== 1) accept(genes, 'initial');
    } else {
      const parents = this.best.slice(0, settings.parents).map((s) => s.genes);
      const taken = (genes: readonly number[], origin: Proposal['origin']): boolean =>
        problem.side(genes) === 0 && accept(genes, origin);
      proposeMutation(parents, settings, problem.levels, random, (genes) => taken(genes, 'mutation'));
      proposeCrossover(parents, settings, random, (genes) => taken(genes, 'crossover'));
    }
    // several failures in a row: what is left is too little to be found by drawing
    for (let failures = 0; next.length < settings.population && failures < 20;) {
      const drawn = proposeRandom(problem, settings, random, (genes) => this.seen.has(problem.key(genes)));
      if (drawn && accept(drawn, 'random')) failures = 0;
      else failures++;
    }
    this.pending = next;
    return next;
  }

  /**
   * Takes the scores of what was proposed, in its order, larger being better (NaN counts as the worst), and keeps the
   * best `archive` ever seen: elitist, without ageing.
   */
  tell(scores: readonly number[]): void {
    const { pending } = this;
    if (!pending) throw new Error('nothing was proposed');
    if (scores.length !== pending.length)
      throw new Error(`${pending.length} candidates were proposed, ${scores.length} scores told`);
    const told = pending.map((p, i): Scored => {
      const score = Number.isFinite(scores[i]) ? scores[i] : -Number.MAX_VALUE;
      return { ...p, score, generation: this.generationIndex };
    });
    this.best = [...this.best, ...told].sort((a, b) => b.score - a.score).slice(0, this.settings.archive);
    this.pending = null;
    this.generationIndex++;
  }
}
