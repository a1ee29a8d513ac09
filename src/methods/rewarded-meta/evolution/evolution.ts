import * as z from 'zod';
import { InputError } from '../../../graph/errors.ts';
import { Random } from '../../../graph/random.ts';
import type { EvolutionProblem, EvolutionSettings } from './search-space.ts';
import { fitSurrogate, leastToModel } from '../../surrogate.ts';
import type { Surrogate } from '../../surrogate.ts';
import { triedWhole } from './search-space.ts';
import { proposeCrossover, proposeMutation, proposeRandom, settleChild } from './proposals.ts';
import { randomState } from '../../random-state.ts';
import { choice, origin } from './explorer.ts';
import type { Explorer, Proposal, Scored } from './explorer.ts';

const genes = z.array(z.number().int().min(0));

const evolutionStateSchema = z.strictObject({
  generation: z.number().int().min(0),
  random: randomState,
  /** everything that was scored, under the key that every checkpoint has had */
  told: z.array(z.strictObject({ genes, origin, score: z.number(), generation: z.number().int().min(0) })),
  /** keys of everything ever proposed */
  seen: z.array(z.string()),
  /** proposed and not yet scored */
  pending: z.array(z.strictObject({ genes, origin })).nullable(),
});

export type EvolutionState = z.infer<typeof evolutionStateSchema>;

/**
 * The evolutionary search as a state machine: `propose` gives a generation, `tell` takes its scores, until `done`.
 * Knows nothing of networks. The first generation is random, each later one made of mutations and crossovers of the
 * best ever seen, filled up with random ones; everything outside of the window or seen before is rejected.
 *
 * Two things differ from the paper's code, so that it ends for every window: a random candidate that was drawn
 * `tries` times in vain is repaired (see `repair`), and where nothing new is left, a generation is smaller. With
 * `offspring: repaired` children are brought into the window instead of being rejected, and a window that holds no more
 * than the search would try is tried whole.
 */
export class Evolution implements Explorer {
  readonly takes = 'reward';
  private readonly problem: EvolutionProblem;
  private readonly settings: EvolutionSettings;
  private readonly random: Random;
  private generationIndex = 0;
  private readonly evaluated: Scored[] = [];
  private ranked: readonly Scored[] | null = null;
  private surrogate: Surrogate | null = null;
  private readonly seen = new Set<string>();
  private pending: Proposal[] | null = null;
  /** all that there is, where that is few enough */
  private readonly space: readonly (readonly number[])[] | null;

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
    this.space = triedWhole(problem, settings);
  }

  /** Where an earlier search stopped. @throws InputError where the state is not one of a search */
  static restore(problem: EvolutionProblem, settings: EvolutionSettings, state: unknown): Evolution {
    const parsed = evolutionStateSchema.safeParse(state);
    if (!parsed.success) throw new InputError('the checkpoint of the search is damaged');
    const { generation, random, told, seen, pending } = parsed.data;
    const evolution = new Evolution(problem, settings, new Random(random));
    evolution.generationIndex = generation;
    evolution.evaluated.push(...told);
    for (const key of seen) evolution.seen.add(key);
    evolution.pending = pending;
    return evolution;
  }

  /** Everything that the rest of the search depends on; JSON-safe. */
  get state(): EvolutionState {
    return structuredClone({
      generation: this.generationIndex,
      random: [...this.random.state] as EvolutionState['random'],
      told: this.evaluated.map((s) => ({ ...s, genes: [...s.genes] })),
      seen: [...this.seen],
      pending: this.pending?.map((p) => ({ ...p, genes: [...p.genes] })) ?? null,
    });
  }

  /** Number of generations scored so far. */
  get generation(): number {
    return this.generationIndex;
  }

  get done(): boolean {
    return this.generationIndex >= this.settings.generations;
  }

  /** The best ever seen, best first; equal ones: the earlier first. */
  get archive(): readonly Scored[] {
    return this.ranking.slice(0, this.settings.archive);
  }

  /** Everything that was scored, best first: by its score, or by what a surrogate expects of it. */
  private get ranking(): readonly Scored[] {
    if (this.ranked) return this.ranked;
    const model = this.model();
    const worth = new Map(
      this.evaluated.map((one) => [one, model ? model.mean(this.point(one.genes)) : one.score]),
    );
    this.ranked = [...this.evaluated].sort((a, b) => worth.get(b)! - worth.get(a)!);
    return this.ranked;
  }

  /** What has the highest score of all; the earlier of equal ones. */
  get highest(): Scored {
    return this.evaluated.reduce((best, one) => (one.score > best.score ? one : best));
  }

  /** What a surrogate expects of what was scored; null without one. */
  expected(genes: readonly number[]): number | null {
    return this.model()?.mean(this.point(genes)) ?? null;
  }

  /** The candidates to score next; the same until `tell` takes their scores. Empty where nothing new can be found. */
  propose(): readonly Proposal[] {
    this.pending ??= this.next();
    return this.pending;
  }

  private next(): Proposal[] {
    const { settings, problem } = this;
    const next: Proposal[] = [];
    if (this.generationIndex === 0)
      for (const genes of problem.initial ?? [])
        if (problem.side(genes) !== 1) this.accept(next, settings.population, genes, 'initial');
    if (this.space) {
      for (const genes of this.space) this.accept(next, Infinity, genes, 'enumerated');
      return next;
    }
    const model = this.model();
    if (!model) {
      if (this.generationIndex > 0) this.breed(next, settings.population, 1);
      this.fill(next, settings.population);
      return next;
    }
    // more than can be scored, of which those are that promise most: by what is expected and how little is known of it
    const pool: Proposal[] = [];
    this.breed(pool, choice * settings.population, choice);
    this.fill(pool, pool.length + settings.population);
    const promise = new Map(
      pool.map(({ genes }) => {
        const { mean, deviation } = model.expect(this.point(genes));
        return [genes, mean + deviation];
      }),
    );
    pool.sort((a, b) => promise.get(b.genes)! - promise.get(a.genes)!);
    for (const { genes } of pool.slice(settings.population)) this.seen.delete(problem.key(genes));
    return pool.slice(0, settings.population);
  }

  private accept(
    into: Proposal[],
    most: number,
    genes: readonly number[],
    origin: Proposal['origin'],
  ): boolean {
    const key = this.problem.key(genes);
    if (into.length >= most || this.seen.has(key)) return false;
    this.seen.add(key);
    into.push({ genes: [...genes], origin });
    return true;
  }

  /** Children of the best, `times` as many as the settings ask for. */
  private breed(into: Proposal[], most: number, times: number): void {
    const { settings, problem, random } = this;
    const { offspring, mutationProbability } = settings;
    const parents = this.archive.slice(0, settings.parents).map((s) => s.genes);
    const take = (
      genes: readonly number[],
      origin: Proposal['origin'],
      from?: readonly number[],
    ): boolean => {
      const child = offspring === 'repaired' ? settleChild(problem, genes, random, from) : genes;
      return child !== null && problem.side(child) === 0 && this.accept(into, most, child, origin);
    };
    const mutation = times * settings.mutation;
    proposeMutation(parents, { mutation, mutationProbability }, problem.levels, random, (genes, parent) =>
      take(genes, 'mutation', parent),
    );
    const crossover = times * settings.crossover;
    proposeCrossover(parents, { crossover }, random, (genes) => take(genes, 'crossover'));
  }

  private fill(into: Proposal[], most: number): void {
    const { settings, problem, random } = this;
    // several failures in a row: what is left is too little to be found by drawing
    for (let failures = 0; into.length < most && failures < 20;) {
      const drawn = proposeRandom(problem, settings, random, (genes) => this.seen.has(problem.key(genes)));
      if (drawn && this.accept(into, most, drawn, 'random')) failures = 0;
      else failures++;
    }
  }

  private point(genes: readonly number[]): readonly number[] {
    return this.problem.point?.(genes) ?? genes;
  }

  /** What all scores so far tell of any candidate; null without a surrogate, or before there is one. */
  private model(): Surrogate | null {
    if (this.settings.surrogate === 'none' || this.evaluated.length < leastToModel) return null;
    this.surrogate ??= fitSurrogate(
      this.evaluated.map(({ genes }) => this.point(genes)),
      this.evaluated.map(({ score }) => score),
    );
    return this.surrogate;
  }

  /**
   * Takes the scores of what was proposed, in its order, larger being better (NaN counts as the worst). Elitist, without
   * ageing.
   */
  tell(scores: readonly number[]): void {
    const { pending } = this;
    if (!pending) throw new Error('nothing was proposed');
    if (scores.length !== pending.length)
      throw new Error(`${pending.length} candidates were proposed, ${scores.length} scores given`);
    pending.forEach((p, i) => {
      const score = Number.isFinite(scores[i]) ? scores[i] : -Number.MAX_VALUE;
      this.evaluated.push({ ...p, score, generation: this.generationIndex });
    });
    this.surrogate = null;
    this.ranked = null;
    this.pending = null;
    this.generationIndex++;
    if (this.space) this.generationIndex = this.settings.generations;
  }
}
