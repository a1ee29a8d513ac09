import { InputError } from '../../graph/errors.ts';
import type { Random } from '../../graph/random.ts';
import type { Costs } from '../budgets.ts';
import { importanceOf } from '../importance/importance.ts';
import type { Criterion } from '../importance/importance.ts';
import { globalWidths, LEAST_SHARE } from '../importance/widths.ts';
import type { MethodContext } from '../types.ts';
import type { Architecture } from '../../terms/candidates.ts';
import type { GeneMap } from './levels.ts';
import { choicesOf, widthOf } from './levels.ts';
import { repair } from './proposals.ts';
import type { EvolutionProblem } from './search-space.ts';

/** Rules whose one ranking of all channels gives other widths than uniform, for nothing but the weights. */
const RULES: readonly Criterion[] = ['l1', 'bn-scale'];

/**
 * Candidates that plain rules give, so that a search begins where they end: for each rule the levels nearest to its
 * widths, brought into the window. A rule that has nothing to go by (no batch norms' scales) gives none.
 */
export function ruleGenes(
  context: MethodContext,
  costs: Costs,
  geneMap: GeneMap,
  problem: EvolutionProblem,
  random: Random,
): number[][] {
  const { graph, dependencies, weights } = context;
  return RULES.flatMap((rule) => {
    try {
      const { importance } = importanceOf(graph, dependencies, weights, rule);
      const genes = nearest(geneMap, globalWidths(context, costs, importance, LEAST_SHARE));
      const inside = repair(problem, genes, random);
      return inside ? [inside] : [];
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
