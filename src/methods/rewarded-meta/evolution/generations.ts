import * as z from 'zod';
import { InputError } from '../../../graph/errors.ts';
import type { Random } from '../../../graph/random.ts';
import { randomState } from '../../random-state.ts';
import { fitSurrogate, leastToModel } from '../../surrogate.ts';
import type { Expectation, Surrogate } from '../../surrogate.ts';
import { origin } from './explorer.ts';
import type { Proposal, Scored } from './explorer.ts';
import { proposeRandom } from './proposals.ts';
import type { EvolutionProblem, EvolutionSettings } from './search-space.ts';

const genes = z.array(z.number().int().min(0));

const stateSchema = z.strictObject({
  generation: z.number().int().min(0),
  random: randomState,
  /** everything that was scored, under the key that every checkpoint has had */
  told: z.array(z.strictObject({ genes, origin, score: z.number(), generation: z.number().int().min(0) })),
  /** keys of everything ever proposed */
  seen: z.array(z.string()),
  /** proposed and not yet scored */
  pending: z.array(z.strictObject({ genes, origin })).nullable(),
});

export type EvolutionState = z.infer<typeof stateSchema>;

/** What every evolution is made of: generations that are proposed and scored, and what they tell of other candidates. */
export abstract class Generations {
  protected generationIndex = 0;
  protected readonly evaluated: Scored[] = [];
  protected readonly seen = new Set<string>();
  private pending: Proposal[] | null = null;
  private surrogate: Surrogate | null = null;

  /**
   * @param space all that there is, where that is few enough
   * @param modelled whether a surrogate is fitted to the scores
   * @param worst what a score that is no number counts as
   */
  protected constructor(
    private readonly candidates: Pick<EvolutionProblem, 'key' | 'point'>,
    protected readonly settings: EvolutionSettings,
    protected readonly random: Random,
    protected readonly space: readonly (readonly number[])[] | null,
    private readonly modelled: boolean,
    private readonly worst: number,
  ) {}

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

  /** The candidates to score next; the same until `tell` takes their scores. Empty where nothing new can be found. */
  propose(): readonly Proposal[] {
    this.pending ??= this.next();
    return this.pending;
  }

  /** Takes the scores of what was proposed, in its order, larger being better. Elitist, without ageing. */
  tell(scores: readonly number[]): void {
    const { pending } = this;
    if (!pending) throw new Error('nothing was proposed');
    if (scores.length !== pending.length)
      throw new Error(`${pending.length} candidates were proposed, ${scores.length} scores given`);
    pending.forEach((p, i) => {
      const score = Number.isFinite(scores[i]) ? scores[i] : this.worst;
      this.evaluated.push({ ...p, score, generation: this.generationIndex });
    });
    this.surrogate = null;
    this.forget();
    this.pending = null;
    this.generationIndex++;
    if (this.space) this.generationIndex = this.settings.generations;
  }

  /** The next generation. */
  protected abstract next(): Proposal[];

  /** Drops what was made of the scores so far. */
  protected abstract forget(): void;

  protected goOn({ generation, told, seen, pending }: EvolutionState): void {
    this.generationIndex = generation;
    this.evaluated.push(...told);
    for (const key of seen) this.seen.add(key);
    this.pending = pending;
  }

  protected accept(
    into: Proposal[],
    most: number,
    genes: readonly number[],
    origin: Proposal['origin'],
  ): boolean {
    const key = this.candidates.key(genes);
    if (into.length >= most || this.seen.has(key)) return false;
    this.seen.add(key);
    into.push({ genes: [...genes], origin });
    return true;
  }

  /** Random ones inside of a window. */
  protected fill(
    into: Proposal[],
    most: number,
    window: EvolutionProblem,
    drawing: Pick<EvolutionSettings, 'lowLevel' | 'highLevel' | 'tries'>,
  ): void {
    // several failures in a row: what is left is too little to be found by drawing
    for (let failures = 0; into.length < most && failures < 20;) {
      const drawn = proposeRandom(window, drawing, this.random, (genes) =>
        this.seen.has(this.candidates.key(genes)),
      );
      if (drawn && this.accept(into, most, drawn, 'random')) failures = 0;
      else failures++;
    }
  }

  /** Those of a pool that promise most, by what a surrogate expects; the others may be proposed again. */
  protected promising(
    pool: Proposal[],
    most: number,
    model: Surrogate,
    worth: (expected: Expectation, genes: readonly number[]) => number,
  ): Proposal[] {
    const promise = new Map(pool.map(({ genes }) => [genes, worth(model.expect(this.point(genes)), genes)]));
    pool.sort((a, b) => promise.get(b.genes)! - promise.get(a.genes)!);
    for (const { genes } of pool.slice(most)) this.seen.delete(this.candidates.key(genes));
    return pool.slice(0, most);
  }

  protected point(genes: readonly number[]): readonly number[] {
    return this.candidates.point?.(genes) ?? genes;
  }

  /** What all scores so far tell of any candidate; null without a surrogate, or before there is one. */
  protected model(): Surrogate | null {
    if (!this.modelled || this.evaluated.length < leastToModel) return null;
    this.surrogate ??= fitSurrogate(
      this.evaluated.map(({ genes }) => this.point(genes)),
      this.evaluated.map(({ score }) => score),
    );
    return this.surrogate;
  }
}

/** @throws InputError where it is not the state of a search */
export function readState(state: unknown): EvolutionState {
  const parsed = stateSchema.safeParse(state);
  if (!parsed.success) throw new InputError('the checkpoint of the search is damaged');
  return parsed.data;
}
