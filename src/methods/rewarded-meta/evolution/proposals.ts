import type { Random } from '../../../graph/random.ts';
import type { EvolutionProblem, EvolutionSettings } from './search-space.ts';

/** Says whether a proposal was taken. */
type Accept = (genes: number[]) => boolean;

/**
 * Mutations until enough are accepted, in at most 10 times as many tries: a random parent, each of whose genes moves
 * with the mutation's probability to one of the other levels, all alike (docs/methods/metapruning.md, "Search").
 */
export function proposeMutation(
  parents: readonly (readonly number[])[],
  settings: Pick<EvolutionSettings, 'mutation' | 'mutationProbability'>,
  levels: number,
  random: Random,
  accept: (genes: number[], parent: readonly number[]) => boolean,
): void {
  if (parents.length === 0) return;
  const tries = 10 * settings.mutation;
  for (let i = 0, accepted = 0; i < tries && accepted < settings.mutation; i++) {
    const parent = random.pick(parents);
    const genes = parent.map((old) =>
      random.uniform() < settings.mutationProbability ? (old + random.integer(1, levels - 1)) % levels : old,
    );
    if (accept(genes, parent)) accepted++;
  }
}

/**
 * Uniform crossovers until enough are accepted, in at most 10 times as many tries (the paper's 250 for 25): every
 * gene from either of two distinct parents (step 6).
 */
export function proposeCrossover(
  parents: readonly (readonly number[])[],
  settings: Pick<EvolutionSettings, 'crossover'>,
  random: Random,
  accept: Accept,
): void {
  if (parents.length < 2) return;
  const tries = 10 * settings.crossover;
  for (let i = 0, accepted = 0; i < tries && accepted < settings.crossover; i++) {
    const first = random.integer(0, parents.length - 1);
    const second = (first + random.integer(1, parents.length - 1)) % parents.length;
    const genes = parents[first].map((gene, g) => (random.uniform() < 0.5 ? gene : parents[second][g]));
    if (accept(genes)) accepted++;
  }
}

/**
 * A child brought into the window, its new genes kept where that can be: with `from`, one that has another network's key,
 * moving one gene more where nothing had changed.
 * @returns null where that can't be done
 */
export function settleChild(
  problem: Pick<EvolutionProblem, 'genes' | 'levels' | 'side' | 'key'>,
  child: readonly number[],
  random: Random,
  from?: readonly number[],
): number[] | null {
  const genes = [...child];
  for (let tries = 0; from && problem.key(genes) === problem.key(from); tries++) {
    if (tries === mostMoves) return null;
    const gene = random.integer(0, problem.genes - 1);
    genes[gene] = random.integer(0, problem.levels - 1);
  }
  if (problem.side(genes) === 0) return genes;
  const moved = new Set(from ? genes.flatMap((level, g) => (level !== from[g] ? [g] : [])) : []);
  const kept = repair(problem, genes, random, moved);
  return kept && problem.side(kept) === 0 ? kept : repair(problem, genes, random);
}

/** Tries to give a gene another width: most genes of small networks have several levels of one. */
const mostMoves = 100;

/**
 * A random candidate by rejection: uniform levels until one is inside of the window and new (step 1). After `tries`
 * draws, as for a budget so tight that uniform levels practically never meet it, the last one is repaired.
 *
 * @returns null where not even the smallest candidate fits under the upper end, or the repaired one is not new
 */
export function proposeRandom(
  problem: Pick<EvolutionProblem, 'genes' | 'levels' | 'side'>,
  settings: Pick<EvolutionSettings, 'lowLevel' | 'highLevel' | 'tries'>,
  random: Random,
  known: (genes: readonly number[]) => boolean = () => false,
): number[] | null {
  let genes: number[] = [];
  for (let i = 0; i < settings.tries; i++) {
    genes = Array.from({ length: problem.genes }, () =>
      random.integer(settings.lowLevel, settings.highLevel),
    );
    if (problem.side(genes) === 0 && !known(genes)) return genes;
  }
  const repaired = repair(problem, genes, random);
  return repaired && !known(repaired) ? repaired : null;
}

/**
 * Brings a candidate into the window by single steps: while it is above, a random gene goes down one level; while it
 * is below, a random gene that can goes up one, unless that leads above again. So the result is inside, or, where no
 * such step leads inside (levels coarser than the window), just below it: never above.
 *
 * @param still genes that stay as they are
 * @returns null where all genes that move at level 0 are still above
 */
export function repair(
  problem: Pick<EvolutionProblem, 'genes' | 'levels' | 'side'>,
  start: readonly number[],
  random: Random,
  still: ReadonlySet<number> = new Set(),
): number[] | null {
  const genes = [...start];
  while (problem.side(genes) === 1) {
    const lowerable = genes.flatMap((level, g) => (level > 0 && !still.has(g) ? [g] : []));
    if (lowerable.length === 0) return null;
    genes[random.pick(lowerable)]--;
  }
  const open = genes.flatMap((level, g) => (level < problem.levels - 1 && !still.has(g) ? [g] : []));
  while (problem.side(genes) === -1 && open.length > 0) {
    const at = random.integer(0, open.length - 1);
    const g = open[at];
    genes[g]++;
    const above = problem.side(genes) === 1;
    if (above) genes[g]--;
    if (above || genes[g] === problem.levels - 1) open.splice(at, 1);
  }
  return genes;
}
