import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import type { Random } from '../../graph/random.ts';
import type { Costs } from '../budgets.ts';
import type { MethodEvent } from '../types.ts';
import type { EvolutionProblem, EvolutionSettings } from './search-space.ts';
import { Evolution } from './evolution.ts';
import type { GeneMap, Genes } from './levels.ts';
import { choicesOf, LEVELS, uniformGenes, widthsOf } from './levels.ts';
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
  readonly evolution: Evolution;
  private readonly accuracies: number[];
  private readonly keys: string[];
  private readonly lead: Lead;
  /** by key, the rule whose network it is */
  private readonly rules: ReadonlyMap<string, string>;

  /** @param seeds what plain rules gave, of those that the problem begins with */
  constructor(
    private readonly problem: EvolutionProblem,
    private readonly geneMap: GeneMap,
    private readonly costs: Costs,
    private readonly spec: RewardSpec,
    private readonly settings: RewardedMetaSettings,
    seeds: readonly Seed[],
    start: Random | SearchState,
  ) {
    const constants = evolutionSettings(settings);
    // of rules that come to the same network the first
    this.rules = new Map([...seeds].reverse().map(({ name, genes }) => [problem.key(genes), name]));
    if ('evolution' in start) {
      this.evolution = Evolution.restore(problem, constants, start.evolution);
      this.accuracies = [...start.accuracies];
      this.keys = [...start.keys];
      this.lead = new Lead(start.lead);
    } else {
      this.evolution = new Evolution(problem, constants, start as Random);
      this.accuracies = [];
      this.keys = [];
      this.lead = new Lead();
    }
  }

  get state(): SearchState {
    return {
      evolution: this.evolution.state,
      accuracies: [...this.accuracies],
      keys: [...this.keys],
      lead: this.lead.state,
    };
  }

  /** The rule that nothing was ahead of, so that the search ends before its time; null while it is worth going on. */
  get stopped(): string | null {
    const { evolution, settings } = this;
    if (!settings.stopEarly || evolution.done || evolution.generation < firstSlice(settings.generations))
      return null;
    return this.lead.unbeaten();
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
      const rewards: number[] = [];
      for (const { genes, origin } of proposals) {
        const key = this.problem.key(genes);
        let id = known.get(key);
        if (id === undefined) {
          const { graph, weights, kept } = supernet.narrow(genes);
          const { score } = await scorer.score(graph, weights, undefined, settings.stopEarly);
          this.lead.add(score, this.rules.get(key));
          id = this.accuracies.push(score.accuracy) - 1;
          this.keys.push(key);
          const made = this.candidate(id, genes, origin, kept);
          yield { type: 'candidate', candidate: made };
          yield { type: 'progress', stage: 'search', done: id + 1, total, unit: 'candidates' };
          yield checkpoint();
        }
        rewards.push(this.rewardOf(id, genes));
      }
      const generation = evolution.generation;
      evolution.tell(rewards);
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
    return this.evolution.archive.slice(0, most).map(({ genes, origin }) => ({
      genes,
      candidate: this.candidate(this.idOf(genes), genes, origin, kept(genes)),
    }));
  }

  /** The id of the next candidate: so many were reported. */
  get nextId(): number {
    return this.accuracies.length;
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
