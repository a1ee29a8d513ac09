import type { Dependencies } from '../../graph/types.ts';
import type { Architecture } from '../../terms/candidates.ts';

/** Number of width levels: ratios 0.10, 0.13, ..., 1.00 (docs/methods/metapruning.md, "Levels"). */
export const LEVELS = 31;
/** The level of full width. */
export const FULL = LEVELS - 1;

/** One level (0 to 30) a gene: the network encoding vector. */
export type Genes = readonly number[];

/** Width ratio of a level: 0.10 + 0.03 level. */
export function ratioOf(level: number): number {
  return (10 + 3 * level) / 100;
}

/**
 * Channels kept of `base` at a level: floor(base * ratio) as in the paper, at least 1. With `roundTo` above 1 they
 * are rounded to the nearest multiple of it (at least one multiple, at most `base`), so that no width has more levels
 * than its share of them.
 */
export function widthOf(base: number, level: number, roundTo = 1): number {
  if (level >= FULL) return base;
  // in whole numbers: base * 0.1 * ... would round 0.55 * 100 down to 54
  const width = Math.max(Math.floor((base * (10 + 3 * level)) / 100), 1);
  if (roundTo <= 1) return width;
  return Math.min(Math.max(Math.round(width / roundTo) * roundTo, roundTo), base);
}

/**
 * Which groups have a gene. A channel group is exactly what the paper ties by hand (one gene a residual stage, the
 * stem, a block's middle): every prunable group has one gene, a frozen one has none and stays full.
 */
export interface GeneMap {
  /** group index of every gene */
  readonly groups: readonly number[];
  /** gene of every group, -1 where it has none */
  readonly geneOf: readonly number[];
  /** channels of every group */
  readonly sizes: readonly number[];
  readonly roundTo: number;
}

export function geneMapOf(dependencies: Dependencies, roundTo = 1): GeneMap {
  const groups = dependencies.groups.filter((g) => g.frozen === undefined).map((g) => g.index);
  const geneOf = dependencies.groups.map((g) => groups.indexOf(g.index));
  return { groups, geneOf, sizes: dependencies.groups.map((g) => g.size), roundTo };
}

/** Channels of every group at these genes. */
export function widthsOf(geneMap: GeneMap, genes: Genes): Architecture {
  return geneMap.sizes.map((size, group) => {
    const gene = geneMap.geneOf[group];
    return gene < 0 ? size : widthOf(size, genes[gene], geneMap.roundTo);
  });
}

/** For every gene, one level of each of its widths, narrowest first. */
export function choicesOf(geneMap: GeneMap): number[][] {
  return geneMap.groups.map((group) => {
    const levels = Array.from({ length: LEVELS }, (_, level) => level);
    const widths = levels.map((level) => widthOf(geneMap.sizes[group], level, geneMap.roundTo));
    return levels.filter((level) => widths.indexOf(widths[level]) === level);
  });
}

/** Ratio of every group (1 where it has no gene): what a PruningNet takes. */
export function ratiosOf(geneMap: GeneMap, genes: Genes): number[] {
  return geneMap.geneOf.map((gene) => (gene < 0 ? 1 : ratioOf(genes[gene])));
}

/** All genes at one level. */
export function uniformGenes(geneMap: GeneMap, level: number): number[] {
  return geneMap.groups.map(() => level);
}
