import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import type { Random } from '../../graph/random.ts';
import type { Costs } from '../budgets.ts';
import type { MethodEvent } from '../types.ts';
import type { EvolutionProblem, EvolutionSettings } from './evolution/search-space.ts';
import { Evolution } from './evolution/evolution.ts';
import type { GeneMap, Genes } from './levels.ts';
import { choicesOf, LEVELS, uniformGenes, widthsOf } from './levels.ts';
import type { Explorer } from './evolution/explorer.ts';
import { RangeEvolution, rangeTriedWhole } from './evolution/range-evolution.ts';
import type { RangeProblem } from './evolution/range-evolution.ts';
import { firstSlice, Lead, leadSchema } from './lead.ts';
import type { RewardSpec } from './reward.ts';
import { reward } from './reward.ts';
import type { CandidateScorer } from '../scoring.ts';
import type { Seed } from './seeds.ts';
import type { RewardedMetaSettings } from './settings.ts';
import type { Supernet } from './supernet.ts';
import type { Candidate } from '../../terms/candidates.ts';

export const searchStateSchema = z.object({
  evolution: z.unknown(),
  /** accuracy of every candidate scored so far, in the order of proposal: its index is the candidate's id */
  accuracies: z.array(z.number()),
  /** where each of them is: its key */
  keys: z.array(z.string()),
  /** whether it is worth going on; absent in older checkpoints, whose searches go on to the end */
  lead: leadSchema.optional(),
  /** the same at each cheaper point, where one search serves all */
  leads: z.array(leadSchema).optional(),
});
export type SearchState = z.infer<typeof searchStateSchema>;

/**
 * The search space of a run: one level a prunable group, inside the budgets' window.
 * @throws InputError where even level 0 everywhere breaks a budget
 */
export function searchProblem(
  geneMap: GeneMap,
  costs: Costs,
  settings: Pick<RewardedMetaSettings, 'windowLow' | 'includeUniform'>,
): EvolutionProblem & { readonly uniform: number } {
  const side = (genes: Genes): -1 | 0 | 1 => {
    const used = costs.used(widthsOf(geneMap, genes));
    return used > 1 ? 1 : used < settings.windowLow ? -1 : 0;
  };
  if (geneMap.groups.length === 0)
    throw new InputError('no channel of this network can be removed: every group is frozen');
  if (side(uniformGenes(geneMap, 0)) === 1)
    throw new InputError(
      `the budget can't be reached by this method: with 10 % of every group's channels, its narrowest, the network ` +
        `still uses ${(100 * costs.used(widthsOf(geneMap, uniformGenes(geneMap, 0)))).toFixed(1)} % of it`,
    );
  let uniform = LEVELS - 1;
  while (side(uniformGenes(geneMap, uniform)) === 1) uniform--;
  return {
    uniform,
    genes: geneMap.groups.length,
    levels: LEVELS,
    side,
    key: (genes) => widthsOf(geneMap, genes).join(),
    choices: choicesOf(geneMap),
    point: (genes) => {
      const widths = widthsOf(geneMap, genes);
      return geneMap.groups.map((group) => Math.log2(widths[group] / geneMap.sizes[group]));
    },
    initial: settings.includeUniform ? [uniformGenes(geneMap, uniform)] : [],
  };
}

/** The search's events; ends with the best candidate and what it was scored with. */
export class Search {
  readonly evolution: Explorer;
  private readonly accuracies: number[];
  private readonly keys: string[];
  /** at the goal, then at each cheaper point that the search serves */
  private readonly leads: readonly Lead[];
  /** by key, the rule whose network it is */
  private readonly rules: ReadonlyMap<string, string>;

  /**
   * @param seeds what plain rules gave, of those that the problem begins with
   * @param range where one search serves all points: all of them, and which one this is of
   */
  constructor(
    private readonly problem: EvolutionProblem,
    private readonly geneMap: GeneMap,
    private readonly costs: Costs,
    private readonly spec: RewardSpec,
    private readonly settings: RewardedMetaSettings,
    seeds: readonly Seed[],
    start: Random | SearchState,
    private readonly range?: { readonly problem: RangeProblem; readonly share: number },
  ) {
    // of rules that come to the same network the first
    this.rules = new Map([...seeds].reverse().map(({ name, genes }) => [problem.key(genes), name]));
    const begun = 'evolution' in start ? start : undefined;
    const constants = range ? rangeSettings(settings) : evolutionSettings(settings);
    if (range)
      this.evolution = begun
        ? RangeEvolution.restore(range.problem, range.share, constants, begun.evolution)
        : new RangeEvolution(range.problem, range.share, constants, start as Random);
    else
      this.evolution = begun
        ? Evolution.restore(problem, constants, begun.evolution)
        : new Evolution(problem, constants, start as Random);
    this.accuracies = [...(begun?.accuracies ?? [])];
    this.keys = [...(begun?.keys ?? [])];
    const others = range?.problem.stretches.slice(1).map((_, k) => new Lead(begun?.leads?.[k])) ?? [];
    this.leads = [new Lead(begun?.lead), ...others];
  }

  get state(): SearchState {
    return {
      evolution: this.evolution.state,
      accuracies: [...this.accuracies],
      keys: [...this.keys],
      lead: this.leads[0].state,
      ...(this.range ? { leads: this.leads.slice(1).map(({ state }) => state) } : {}),
    };
  }

  /** The rule that nothing was ahead of, so that the search ends before its time; null while it is worth going on. */
  get stopped(): string | null {
    const { evolution, settings } = this;
    if (!settings.stopEarly || evolution.done || evolution.generation < firstSlice(settings.generations))
      return null;
    // a search that serves several points is worth going on for any of them
    const unbeaten = this.leads.map((lead) => lead.unbeaten());
    return unbeaten.every((rule) => rule !== null) ? unbeaten[0] : null;
  }

  /** Scores generations until done, or stopped; offers a checkpoint by `checkpoint` after every candidate. */
  async *run(
    supernet: Pick<Supernet, 'narrow'>,
    scorer: Pick<CandidateScorer, 'score'>,
    total: number,
    checkpoint: () => MethodEvent,
  ): AsyncGenerator<MethodEvent, void, void> {
    const { evolution, settings } = this;
    while (!evolution.done && this.stopped === null) {
      const proposals = evolution.propose();
      const known = new Map(this.keys.map((key, id) => [key, id]));
      const scores: number[] = [];
      for (const { genes, origin } of proposals) {
        const key = this.problem.key(genes);
        let id = known.get(key);
        if (id === undefined) {
          const { graph, weights, kept } = supernet.narrow(genes);
          const { score } = await scorer.score(graph, weights, undefined, settings.stopEarly);
          this.leadOf(genes).add(score, this.rules.get(key));
          id = this.accuracies.push(score.accuracy) - 1;
          this.keys.push(key);
          const made = this.candidate(id, genes, origin, kept);
          yield { type: 'candidate', candidate: made };
          yield { type: 'progress', stage: 'search', done: id + 1, total, unit: 'candidates' };
          yield checkpoint();
        }
        scores.push(evolution.takes === 'accuracy' ? this.accuracies[id] : this.rewardOf(id, genes));
      }
      const generation = evolution.generation;
      evolution.tell(scores);
      if (evolution.archive.length === 0)
        throw new InputError('the search found no architecture inside of the budgets');
      const best = evolution.highest;
      const id = this.idOf(best.genes);
      yield { type: 'generation', generation, best: id, reward: best.score };
      yield checkpoint();
    }
  }

  /** Why the best is not the luckiest, or is, in words; null where each score is taken as it is. */
  choice(): string | null {
    const { genes, score } = this.evolution.archive[0];
    const expected = this.evolution.expected(genes);
    if (expected === null) return null;
    const said = (value: number) => value.toPrecision(4);
    const luckiest = this.evolution.highest;
    const own = `candidate ${this.idOf(genes)} is chosen: its reward is ${said(score)}, and by what its neighbours have, ${said(expected)} is to be expected of it`;
    if (this.idOf(luckiest.genes) === this.idOf(genes)) return own;
    return `${own}; the highest reward, ${said(luckiest.score)} of candidate ${this.idOf(luckiest.genes)}, was luck by ${said(luckiest.score - this.evolution.expected(luckiest.genes)!)}`;
  }

  /** The best of all, at most so many, best first, as candidates. */
  best(
    most: number,
    kept: (genes: Genes) => Candidate['kept'],
  ): readonly { genes: Genes; candidate: Candidate }[] {
    // a point's budget is a product of floating point numbers: what lies on its edge may be above it
    const inside = this.evolution.archive.filter(
      ({ genes }) => this.costs.used(widthsOf(this.geneMap, genes)) <= 1,
    );
    return inside.slice(0, most).map(({ genes, origin }) => ({
      genes,
      candidate: this.candidate(this.idOf(genes), genes, origin, kept(genes)),
    }));
  }

  /** The id of the next candidate: so many were reported. */
  get nextId(): number {
    return this.accuracies.length;
  }

  /** The lead of the point at whose cost, or below it and above the next one's, a candidate is. */
  private leadOf(genes: Genes): Lead {
    if (!this.range) return this.leads[0];
    const { stretches, used } = this.range.problem;
    const at = stretches.findLastIndex(({ share }) => used(genes) <= share);
    return this.leads[Math.max(0, at)];
  }

  private idOf(genes: Genes): number {
    return this.keys.indexOf(this.problem.key(genes));
  }

  private candidate(id: number, genes: Genes, origin: string, kept: Candidate['kept']): Candidate {
    const architecture = widthsOf(this.geneMap, genes);
    return {
      id,
      origin,
      architecture,
      kept,
      cost: this.costs.cost(architecture),
      accuracies: { recalibrated: this.accuracies[id] },
      reward: this.rewardOf(id, genes),
    };
  }

  private rewardOf(id: number, genes: Genes): number {
    return reward(this.spec, {
      accuracy: this.accuracies[id],
      ...this.costs.cost(widthsOf(this.geneMap, genes)),
    });
  }
}

function evolutionSettings(settings: RewardedMetaSettings): EvolutionSettings {
  const { population, archive, parents, mutation, mutationProbability, crossover, generations } = settings;
  const { lowLevel, highLevel, tries, offspring, surrogate } = settings;
  return {
    population,
    archive,
    parents,
    mutation,
    mutationProbability,
    crossover,
    generations,
    lowLevel,
    highLevel,
    tries,
    offspring,
    surrogate,
  };
}

/** Of one search for all points: as many generations, each so many times as large. */
export function rangeSettings(settings: RewardedMetaSettings): EvolutionSettings {
  const constants = evolutionSettings(settings);
  return { ...constants, population: RANGE_TIMES * constants.population };
}

/** How many candidates one search for all points scores, at most. */
export function rangeEvaluations(problem: RangeProblem, settings: RewardedMetaSettings): number {
  const constants = rangeSettings(settings);
  const most = constants.population * constants.generations;
  const initial = problem.stretches.reduce((sum, stretch) => sum + stretch.initial.length, 0);
  const whole = rangeTriedWhole(problem, constants);
  return whole ? Math.min(most, whole.length) + initial : most + initial;
}

/** Scores of one search for all points, over those of a search for one: with as many it finds what five searches find. */
const RANGE_TIMES = 2;
