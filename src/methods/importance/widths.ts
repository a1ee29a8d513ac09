import { fullArchitecture } from '../../graph/architecture.ts';
import type { Costs } from '../budgets.ts';
import { fitToBudgets } from '../budgets.ts';
import type { MethodContext } from '../types.ts';
import type { Importance } from './importance.ts';
import type { Architecture, KeptChannels } from '../../terms/candidates.ts';

/** The same share of every group, as wide as the budgets allow. */
export function uniformWidths(context: MethodContext, costs: Costs): Architecture {
  return fitToBudgets(context, costs, fullArchitecture(context.dependencies));
}

/** What every group keeps of its channels at least, unless it is set otherwise. */
export const LEAST_SHARE = 0.1;

/**
 * Widths by one ranking of all channels of all groups: those of least importance go first, whatever their group, until
 * the budgets hold; but every group keeps `leastShare` of its channels, so that no layer collapses. Then brought to the
 * budgets like every baseline.
 */
export function globalWidths(
  context: MethodContext,
  costs: Costs,
  importance: Importance,
  leastShare: number,
): Architecture {
  const { groups } = context.dependencies;
  const ranked: { group: number; value: number; rank: number }[] = [];
  for (const { index, size, frozen } of groups) {
    if (frozen !== undefined) continue;
    const floor = Math.max(1, Math.ceil(size * leastShare));
    const order = byImportance(importance[index]);
    // the strongest `floor` channels are not among those that may go
    order.slice(floor).forEach((c, i) => ranked.push({ group: index, value: importance[index][c], rank: i }));
  }
  ranked.sort((a, b) => a.value - b.value || b.rank - a.rank || a.group - b.group);
  const without = (removed: number): Architecture => {
    const widths = groups.map((g) => g.size);
    for (let i = 0; i < removed; i++) widths[ranked[i].group]--;
    return widths;
  };
  let low = 0;
  let high = ranked.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (costs.used(without(middle)) <= 1) high = middle;
    else low = middle + 1;
  }
  return fitToBudgets(context, costs, without(low));
}

/** Channels, most important first; equals in their own order. */
export function byImportance(values: Float64Array): number[] {
  return Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);
}

/** For these widths, each group's most important channels, ascending. */
export function keepBest(importance: Importance, architecture: Architecture): KeptChannels {
  return architecture.map((width, g) =>
    byImportance(importance[g])
      .slice(0, width)
      .sort((a, b) => a - b),
  );
}
