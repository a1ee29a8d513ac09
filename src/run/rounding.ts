import { bounds } from '../graph/architecture.ts';
import type { Dependencies, Graph } from '../graph/types.ts';
import { costBy, isStatic } from '../methods/budgets.ts';
import type { Rounding } from './plan.ts';
import { limitOf } from './feasibility.ts';
import type { Target } from './targets.ts';

/** Blocks that engines compute channels in, the quickest first. */
const BLOCKS = [8, 4, 2];
/** Share of the groups that must keep a choice of widths. */
const CHOICE = 0.75;

/**
 * What widths are multiples of: as asked, or, for `auto`, the largest of 8, 4 and 2 that leaves three quarters of the
 * groups at least two widths and lets the narrowest network cost half of every budget or less; else 1. Engines compute
 * channels in blocks, so that a network of odd widths can be slower than the original (TP #38, nni #5248).
 */
export function widthMultiple(
  rounding: Rounding,
  graph: Graph,
  dependencies: Dependencies,
  targets: readonly Target[],
): number {
  if (rounding !== 'auto') return rounding;
  const open = dependencies.groups.filter(({ frozen, size }) => frozen === undefined && size > 1);
  const suits = (multiple: number): boolean => {
    if (open.filter(({ size }) => size >= 2 * multiple).length < CHOICE * open.length) return false;
    const { least, most } = bounds(graph, dependencies, multiple);
    return targets.every((target) => {
      if (!isStatic(target.metric)) return true;
      return costBy(least, target.metric) <= limitOf(target, costBy(most, target.metric)) / 2;
    });
  };
  return BLOCKS.find(suits) ?? 1;
}
