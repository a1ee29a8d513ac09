import * as z from 'zod';
import { count, whole, share } from '../../setting-kinds.ts';

/**
 * What becomes of a child outside of the window: `rejected` as in the paper, or `repaired`: brought into it by its
 * other genes. In narrow windows and coarse widths next to no child is inside by itself. With `repaired` a mutation
 * also changes one width at least.
 */
export const offspring = z.enum(['repaired', 'rejected']);

/**
 * `gaussian-process`: what was scored tells what to expect of its neighbours, and that decides which children are worth
 * a score, which are parents, and what is best: a score is noisy, and the highest of many is mostly lucky.
 * `none`: every score is taken as it is, as in the paper.
 */
export const surrogate = z.enum(['gaussian-process', 'none']);

/** All constants of the search (docs/methods/metapruning.md, "Search"); the defaults are the paper's. */
export const evolutionSettingsSchema = z.strictObject({
  population: count.default(50),
  archive: count.default(50),
  parents: count.default(10),
  mutation: whole.default(25),
  /** chance of a gene to change */
  mutationProbability: share.default(0.1),
  crossover: whole.default(25),
  generations: count.default(20),
  /** range of levels of the random candidates (the paper's ResNet-50: 12 to 23) */
  lowLevel: whole.default(0),
  highLevel: whole.default(30),
  offspring: offspring.default('rejected'),
  surrogate: surrogate.default('none'),
  /** random draws for one candidate before the last of them is repaired instead */
  tries: count.default(1000),
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
  /** where a candidate lies, for a surrogate: default, its genes */
  readonly point?: (genes: readonly number[]) => readonly number[];
  /** for every gene, one level of each width that it can have; with them a small space is tried whole */
  readonly choices?: readonly (readonly number[])[];
  /** candidates that the first population holds beside random ones; any that is above the window is left out */
  readonly initial?: readonly (readonly number[])[];
}

/** With fewer inside, what lies just below the window is worth trying too. */
const leastWhole = 8;

/** Most combinations of widths that are gone through to see which of them are inside of the window. */
const mostCombinations = 20_000;

/**
 * Everything inside of the window where that is no more than `most`, in a fixed order; null where it is more, next to
 * nothing, or where there are too many combinations to go through.
 */
export function wholeSpace(problem: EvolutionProblem, most: number): number[][] | null {
  const { choices } = problem;
  if (!choices) return null;
  const combinations = choices.reduce((product, { length }) => product * length, 1);
  if (combinations > mostCombinations) return null;
  const inside: number[][] = [];
  for (let n = 0; n < combinations; n++) {
    let rest = n;
    const genes = choices.map((levels) => {
      const level = levels[rest % levels.length];
      rest = Math.floor(rest / levels.length);
      return level;
    });
    if (problem.side(genes) !== 0) continue;
    if (inside.length === most) return null;
    inside.push(genes);
  }
  return inside.length >= leastWhole ? inside : null;
}

type Extent = Pick<EvolutionSettings, 'population' | 'generations' | 'offspring'>;

/** What a search tries whole, instead of breeding; null where it breeds. */
export function triedWhole(
  problem: EvolutionProblem,
  { population, generations, offspring }: Extent,
): number[][] | null {
  return offspring === 'repaired' ? wholeSpace(problem, population * generations) : null;
}

/** How many candidates a search scores, at most. */
export function evaluations(problem: EvolutionProblem, settings: Extent): number {
  const most = settings.population * settings.generations;
  const whole = triedWhole(problem, settings);
  return whole ? Math.min(most, whole.length + (problem.initial?.length ?? 0)) : most;
}
