import { InputError } from '../../graph/errors.ts';
import type { Random } from '../../graph/random.ts';
import type { Costs } from '../budgets.ts';
import { importanceOf } from '../importance/importance.ts';
import type { Criterion } from '../importance/importance.ts';
import { globalWidths, LEAST_SHARE } from '../importance/widths.ts';
import { Allocation } from '../knapsack/allocate.ts';
import { lostByImportance } from '../knapsack/lost.ts';
import type { Lost } from '../knapsack/lost.ts';
import { CELLS } from '../knapsack/solve.ts';
import { cutsOf } from '../sensitivity/levels.ts';
import type { Cut } from '../sensitivity/levels.ts';
import type { MethodContext } from '../types.ts';
import type { Architecture } from '../../terms/candidates.ts';
import type { GeneMap } from './levels.ts';
import { choicesOf, widthOf } from './levels.ts';
import { repair } from './evolution/proposals.ts';
import type { EvolutionProblem } from './evolution/search-space.ts';

/** A network that a search begins with. */
export interface Seed {
  /** the rule that gave it */
  readonly name: string;
  readonly genes: readonly number[];
}

/** Rules whose one ranking of all channels gives other widths than uniform, for nothing but the weights. */
const RULES: readonly Criterion[] = ['l1', 'bn-scale'];

/** A table of what each group minds may take this share of a search's scores. */
const TABLE_SHARE = 0.1;
/** The parts of a group that a table tries: as many as are affordable. */
const PARTS = [8, 4];

/**
 * The networks of a table of what each group alone minds, for the knapsack; null where it would take more than a tenth of
 * so many scores.
 */
export function affordableTable(
  { dependencies, roundTo }: Pick<MethodContext, 'dependencies' | 'roundTo'>,
  scores: number,
): Cut[] | null {
  const tables = PARTS.map((parts) => cutsOf(dependencies, parts, roundTo, true));
  // and the whole network, which all are compared with
  return tables.find(({ length }) => 1 + length <= TABLE_SHARE * scores) ?? null;
}

/**
 * Candidates that plain rules give, so that a search begins where they end: for each the levels nearest to its widths,
 * brought into the window. A rule that has nothing to go by (no batch norms' scales) gives none. The knapsack, and
 * slices taken greedily, go by what was measured, or by the importance of what goes.
 * @param measured what each group loses by its width; absent: the L1 norms tell
 */
export function ruleSeeds(
  context: MethodContext,
  costs: Costs,
  geneMap: GeneMap,
  problem: EvolutionProblem,
  random: Random,
  measured?: Lost,
): Seed[] {
  const { graph, dependencies, weights } = context;
  const ranked = (rule: Criterion) => importanceOf(graph, dependencies, weights, rule).importance;
  const allocation = new Allocation(context, costs, measured ?? lostByImportance(ranked('l1')), CELLS);
  const rules: readonly (readonly [name: string, widths: () => Architecture])[] = [
    ...RULES.map((rule) => [rule, () => globalWidths(context, costs, ranked(rule), LEAST_SHARE)] as const),
    ['knapsack', () => allocation.solve()],
    ['greedy-slimming', () => allocation.slimmed()],
  ];
  return rules.flatMap(([name, widths]) => {
    try {
      const genes = repair(problem, nearest(geneMap, widths()), random);
      return genes ? [{ name, genes }] : [];
    } catch (error) {
      if (error instanceof InputError) return [];
      throw error;
    }
  });
}

/** For every gene the level whose width is nearest; the narrower of two. */
function nearest(geneMap: GeneMap, architecture: Architecture): number[] {
  return choicesOf(geneMap).map((levels, gene) => {
    const group = geneMap.groups[gene];
    const off = (level: number) =>
      Math.abs(widthOf(geneMap.sizes[group], level, geneMap.roundTo) - architecture[group]);
    return levels.reduce((best, level) => (off(level) < off(best) ? level : best));
  });
}
