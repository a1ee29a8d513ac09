import { Random } from '../../../graph/random.ts';
import type { Explorer, Proposal, Scored } from './explorer.ts';
import { choice } from './explorer.ts';
import { Generations, readState } from './generations.ts';
import { proposeCrossover, proposeMutation, settleChild } from './proposals.ts';
import type { EvolutionProblem, EvolutionSettings } from './search-space.ts';
import { wholeSpace } from './search-space.ts';

/** A point of a run's range of costs, as a search meets it. */
export interface Stretch {
  /** its budget's share of the goal's */
  readonly share: number;
  /** lowest level of its random candidates */
  readonly lowLevel: number;
  /** candidates to begin with; any that is above its budget is left out */
  readonly initial: readonly (readonly number[])[];
}

/** What is searched where one search serves all points of a run. */
export interface RangeProblem extends Omit<EvolutionProblem, 'side' | 'initial'> {
  /** the goal, then each cheaper point */
  readonly stretches: readonly Stretch[];
  /** the largest share of the goal's budgets that a candidate uses; grows with every gene */
  readonly used: (genes: readonly number[]) => number;
  /** lower end of a point's window, as a share of its budget */
  readonly low: number;
  /** what a candidate is worth. @param exponent the accuracy coefficient; absent: the run's own */
  readonly reward: (genes: readonly number[], accuracy: number, exponent?: number) => number;
  /** the accuracy coefficient at which two candidates are worth the same; undefined where a reward has none */
  readonly evenExponent: (dear: Known, cheap: Known) => number | undefined;
  /** whether what costs less than a point's window is worth a score: not where the reward knows no cost */
  readonly between: boolean;
}

/** A candidate and its accuracy, in percent. */
export interface Known {
  readonly genes: readonly number[];
  readonly accuracy: number;
}

/**
 * One evolutionary search for all points of a run: an archive of everything scored, from the goal's cost down to the
 * cheapest. Each stretch, from a point's cost to the next one's, has parents of its own: the best by the reward at the
 * accuracy coefficient at which the two ends of the stretch are worth the same, so that each position of a user's
 * sliders finds candidates that were bred for it. Half of a stretch's children are brought to its point's budget, half
 * anywhere below it. What is expected of a candidate by all scores together, of whatever cost, decides which children
 * are scored (docs/methods/rewarded-meta.md, "Points").
 */
export class RangeEvolution extends Generations implements Explorer {
  readonly takes = 'accuracy';
  /** of what was scored, by the surrogate */
  private readonly expectations = new Map<Scored, number>();

  /**
   * @param share the point that is looked at, of those searched for: 1 is the goal
   * @param settings of the whole search: `population` is one generation's, of all stretches
   */
  constructor(
    private readonly problem: RangeProblem,
    private readonly share: number,
    settings: EvolutionSettings,
    random: Random,
  ) {
    super(problem, settings, random, rangeTriedWhole(problem, settings), true, 0);
  }

  /** Where an earlier search stopped. @throws InputError where the state is not one of a search over a range */
  static restore(
    problem: RangeProblem,
    share: number,
    settings: EvolutionSettings,
    state: unknown,
  ): RangeEvolution {
    const earlier = readState(state);
    const evolution = new RangeEvolution(problem, share, settings, new Random(earlier.random));
    evolution.goOn(earlier);
    return evolution;
  }

  /** The best at the point's cost, by the run's own reward, best first; what is cheaper only behind what is not. */
  get archive(): readonly Scored[] {
    const [inside, cheaper] = this.within();
    return [...this.ranked(inside), ...this.ranked(cheaper)].map((one) => this.rewarded(one));
  }

  /** What was rewarded most of all at the point's cost, as it was scored; the earlier of equal ones. */
  get highest(): Scored {
    const [inside, cheaper] = this.within();
    return (inside.length ? inside : cheaper)
      .map((one) => this.rewarded(one))
      .reduce((best, one) => (one.score > best.score ? one : best));
  }

  /** What was scored within the point's budget: in its window, and below that. */
  private within(): readonly [inside: readonly Scored[], cheaper: readonly Scored[]] {
    const sides = this.evaluated.map((one) => ({ one, side: this.side(this.share, one.genes) }));
    const of = (wanted: number) => sides.flatMap(({ one, side }) => (side === wanted ? [one] : []));
    return [of(0), of(-1)];
  }

  private rewarded(one: Scored): Scored {
    return { ...one, score: this.problem.reward(one.genes, one.score) };
  }

  /** The reward that all scores together let expect of a candidate; null without a surrogate. */
  expected(genes: readonly number[]): number | null {
    const model = this.model();
    return model ? this.problem.reward(genes, percent(model.mean(this.point(genes)))) : null;
  }

  /**
   * The accuracy coefficient of every stretch: its two ends, as the best known of each are expected to be, are worth the
   * same by it. The last stretch, which has one end, takes the one above.
   */
  exponents(): readonly (number | undefined)[] {
    const { stretches } = this.problem;
    const ends = stretches.map(({ share }) => this.front(share));
    const found = stretches.slice(1).map((_, k) => this.between(ends[k], ends[k + 1]));
    return [...found, found.at(-1)];
  }

  private between(dear: Known | undefined, cheap: Known | undefined): number | undefined {
    if (!dear || !cheap) return undefined;
    const even = this.problem.evenExponent(dear, cheap);
    return even === undefined ? undefined : Math.min(Math.max(even, leastExponent), mostExponent);
  }

  /** The most accurate at a point's cost. */
  private front(share: number): Known | undefined {
    const inside = this.evaluated.filter((one) => this.side(share, one.genes) === 0);
    const known = inside.map((one) => ({ genes: one.genes, accuracy: this.accuracy(one) }));
    return known.sort((a, b) => b.accuracy - a.accuracy)[0];
  }

  protected next(): Proposal[] {
    const { settings, problem } = this;
    const next: Proposal[] = [];
    const quotas = split(settings.population, problem.stretches.length);
    if (this.generationIndex === 0)
      for (const { initial, share } of problem.stretches)
        for (const genes of initial)
          if (this.side(share, genes) !== 1) this.accept(next, Infinity, genes, 'initial');
    if (this.space) {
      for (const genes of this.space) this.accept(next, Infinity, genes, 'enumerated');
      return next;
    }
    const exponents = this.model() ? this.exponents() : null;
    problem.stretches.forEach((stretch, k) => {
      if (!exponents) {
        this.draw(next, next.length + quotas[k], stretch);
        return;
      }
      const last = !problem.between || k === problem.stretches.length - 1;
      const atPoint = last ? quotas[k] : Math.ceil(quotas[k] / 2);
      next.push(...this.bred(k, atPoint, exponents[k], () => stretch.share));
      if (last) return;
      const below = problem.stretches[k + 1].share;
      const anywhere = () => stretch.share * (below / stretch.share) ** this.random.uniform();
      next.push(...this.bred(k, quotas[k] - atPoint, exponents[k], anywhere));
    });
    return next;
  }

  /**
   * Children of a stretch's own parents: those of many that promise most, by what is expected of them and how little is
   * known of it. @param budget that a child is brought to, as a share of the goal's
   */
  private bred(at: number, most: number, exponent: number | undefined, budget: () => number): Proposal[] {
    const { problem, settings, random } = this;
    const { stretches, low } = problem;
    const [upper, lower] = [
      stretches[Math.max(0, at - 1)].share,
      stretches[Math.min(at + 1, stretches.length - 1)].share,
    ];
    const near = this.evaluated.filter(({ genes }) => {
      const used = problem.used(genes);
      return used <= upper && used >= low * lower;
    });
    const parents = this.ranked(near, exponent)
      .slice(0, settings.parents)
      .map((one) => one.genes);
    const pool: Proposal[] = [];
    const take = (
      child: readonly number[],
      origin: Proposal['origin'],
      from?: readonly number[],
    ): boolean => {
      const window = this.window(budget());
      const settled = settleChild(window, child, random, from);
      return settled !== null && window.side(settled) === 0 && this.accept(pool, Infinity, settled, origin);
    };
    const each = Math.ceil((choice * most) / 2);
    const { mutationProbability } = settings;
    proposeMutation(
      parents,
      { mutation: each, mutationProbability },
      problem.levels,
      random,
      (genes, parent) => take(genes, 'mutation', parent),
    );
    proposeCrossover(parents, { crossover: each }, random, (genes) => take(genes, 'crossover'));
    this.draw(pool, pool.length + Math.ceil(most / 2), stretches[at]);
    return this.promising(pool, most, this.model()!, ({ mean, deviation }, genes) =>
      problem.reward(genes, percent(mean + deviation), exponent),
    );
  }

  private draw(into: Proposal[], most: number, { share, lowLevel }: Stretch): void {
    const { settings } = this;
    const drawing = { ...settings, lowLevel: Math.min(settings.lowLevel, lowLevel) };
    this.fill(into, most, this.window(share), drawing);
  }

  /** The space within one budget, a share of the goal's. */
  private window(share: number): EvolutionProblem {
    return { ...this.problem, side: (genes) => this.side(share, genes) };
  }

  private side(share: number, genes: readonly number[]): -1 | 0 | 1 {
    const used = this.problem.used(genes) / share;
    return used > 1 ? 1 : used < this.problem.low ? -1 : 0;
  }

  private ranked(these: readonly Scored[], exponent?: number): readonly Scored[] {
    const worth = new Map(
      these.map((one) => [one, this.problem.reward(one.genes, this.accuracy(one), exponent)]),
    );
    return [...these].sort((a, b) => worth.get(b)! - worth.get(a)!);
  }

  /** The accuracy that is expected of what was scored, or its own where nothing is. */
  private accuracy(one: Scored): number {
    let known = this.expectations.get(one);
    if (known === undefined) {
      const model = this.model();
      known = model ? percent(model.mean(this.point(one.genes))) : one.score;
      this.expectations.set(one, known);
    }
    return known;
  }

  protected forget(): void {
    this.expectations.clear();
  }
}

/** The accuracy coefficients that parents are chosen by: beyond them one of the two factors alone would count. */
const leastExponent = 0.25;
const mostExponent = 64;

const percent = (accuracy: number) => Math.min(Math.max(accuracy, 0), 100);

/** A whole number in parts as equal as can be, the larger first. */
function split(total: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, k) => Math.floor(total / parts) + (k < total % parts ? 1 : 0));
}

/** What a search over a range tries whole, instead of breeding; null where it breeds. */
export function rangeTriedWhole(
  problem: RangeProblem,
  { population, generations }: Pick<EvolutionSettings, 'population' | 'generations'>,
): number[][] | null {
  const least = problem.low * problem.stretches.at(-1)!.share;
  const side = (genes: readonly number[]) => {
    const used = problem.used(genes);
    return used > 1 ? 1 : used < least ? -1 : 0;
  };
  return wholeSpace({ ...problem, side }, population * generations);
}
