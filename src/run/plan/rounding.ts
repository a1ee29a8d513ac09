import type { Dependencies, Graph } from '../../graph/types.ts';
import type { Method } from '../../methods/types.ts';
import { multipleFor } from '../../protocol/reach.ts';
import { armsOf, tableOf } from './feasibility.ts';
import type { Plan } from './plan.ts';
import type { Rounding } from '../../terms/choices.ts';
import type { Target } from '../../terms/goals.ts';

/**
 * What widths are multiples of: as asked, or, for `auto`, the largest of 8, 4 and 2 that leaves three quarters of the
 * groups at least two widths and lets the narrowest network cost half of every budget or less, with every method's own
 * narrowest within it; else 1. Runtimes compute channels in blocks, so that a network of odd widths can be slower than
 * the original (TP #38, nni #5248).
 */
export function widthMultiple(
  rounding: Rounding,
  graph: Graph,
  dependencies: Dependencies,
  targets: readonly Target[],
  methods: readonly Pick<Method, 'name' | 'narrowest'>[] = [],
): number {
  if (rounding !== 'auto') return rounding;
  const table = tableOf(graph, dependencies, methods);
  return multipleFor(
    table,
    targets,
    rounding,
    methods.map(({ name }) => name),
  );
}

/** The same of a plan: for its cheapest point too, where it names one. */
export function multipleOf(plan: Plan, graph: Graph, dependencies: Dependencies): number {
  const { points = 1, explore, targets } = plan;
  const least =
    points > 1 && explore !== undefined
      ? [{ metric: targets[0].metric, value: explore, relative: true }]
      : [];
  return widthMultiple(plan.roundTo, graph, dependencies, [...targets, ...least], armsOf(plan));
}
