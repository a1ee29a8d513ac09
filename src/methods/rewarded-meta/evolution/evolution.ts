import { InputError } from '../../../graph/errors.ts';
import { Random } from '../../../graph/random.ts';
import type { EvolutionProblem, EvolutionSettings } from './search-space.ts';
import { Generations, readState } from './generations.ts';
import { triedWhole } from './search-space.ts';
import { proposeCrossover, proposeMutation, settleChild } from './proposals.ts';
import { choice } from './explorer.ts';
import type { Explorer, Proposal, Scored } from './explorer.ts';

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
export class Evolution extends Generations implements Explorer {
  readonly takes = 'reward';
  private ranked: readonly Scored[] | null = null;

  /** @throws InputError for settings that contradict each other */
  constructor(
    private readonly problem: EvolutionProblem,
    settings: EvolutionSettings,
    random: Random,
  ) {
    if (settings.lowLevel > settings.highLevel || settings.highLevel >= problem.levels)
      throw new InputError(
        `the search's levels ${settings.lowLevel} to ${settings.highLevel} must lie in order within 0 to ${problem.levels - 1}`,
      );
    if (settings.mutation + settings.crossover > settings.population)
      throw new InputError(
        `mutation (${settings.mutation}) and crossover (${settings.crossover}) together exceed the population (${settings.population})`,
      );
    const modelled = settings.surrogate !== 'none';
    super(problem, settings, random, triedWhole(problem, settings), modelled, -Number.MAX_VALUE);
  }

  /** Where an earlier search stopped. @throws InputError where the state is not one of a search */
  static restore(problem: EvolutionProblem, settings: EvolutionSettings, state: unknown): Evolution {
    const earlier = readState(state);
    const evolution = new Evolution(problem, settings, new Random(earlier.random));
    evolution.goOn(earlier);
    return evolution;
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

  protected next(): Proposal[] {
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
      this.fill(next, settings.population, problem, settings);
      return next;
    }
    // more than can be scored, of which those are that promise most: by what is expected and how little is known of it
    const pool: Proposal[] = [];
    this.breed(pool, choice * settings.population, choice);
    this.fill(pool, pool.length + settings.population, problem, settings);
    return this.promising(pool, settings.population, model, ({ mean, deviation }) => mean + deviation);
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

  protected forget(): void {
    this.ranked = null;
  }
}
