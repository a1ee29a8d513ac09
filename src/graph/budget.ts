import { InputError } from './errors.ts';
import type { Dependencies } from './types.ts';
import type { Architecture } from '../terms/candidates.ts';

export interface FitOptions {
  /** widths are multiples of this, or a group's whole size; default 1 */
  readonly roundTo?: number;
  /** also widen an architecture that costs less than the limit; default true. A frozen group never changes */
  readonly grow?: boolean;
}

/**
 * Brings an architecture to a limit: scales all widths alike (bisection on the factor), then adds single steps (a
 * channel, or roundTo channels), narrowest share first, while they fit. The result never costs more than the limit, and
 * is below it by less than one step of some group, or is the widest that there is (with `grow: false`: is no wider than
 * it was). No group strays more than a tenth and one step from its share. Pure and deterministic.
 *
 * @param cost of an architecture, in the limit's unit; should not fall when a group gets wider. For several limits at
 * once, give the largest ratio of cost to limit, and 1.
 * @throws InputError where even the narrowest architecture costs more than the limit
 */
export function fitToBudget(
  architecture: Architecture,
  cost: (architecture: Architecture) => number,
  limit: number,
  dependencies: Dependencies,
  options: FitOptions = {},
): Architecture {
  const { groups } = dependencies;
  const roundTo = options.roundTo ?? 1;
  const grow = options.grow ?? true;
  const least = leastArchitecture(dependencies, roundTo);
  const lowest = cost(least);
  if (!(lowest <= limit))
    throw new InputError(
      `the budget of ${limit} can't be reached: the narrowest network${roundTo > 1 ? ` in multiples of ${roundTo}` : ''} costs ${lowest}`,
    );
  const start = groups.map((g, i) =>
    g.frozen === undefined ? Math.min(g.size, Math.max(1, architecture[i])) : g.size,
  );
  const ceiling = groups.map((g, i) => (grow ? g.size : roundWidth(start[i], g.size, roundTo)));
  const share = (factor: number, i: number) => Math.max(1, start[i] * factor);
  const scaled = (factor: number): number[] =>
    groups.map((g, i) =>
      g.frozen === undefined ? Math.min(ceiling[i], roundWidth(share(factor, i), g.size, roundTo)) : g.size,
    );

  let low = 0;
  let high = grow ? Math.max(1, ...groups.map((g, i) => g.size / start[i])) : 1;
  const widest = scaled(high);
  if (cost(widest) <= limit) return widest;
  for (let i = 0; i < 50 && !same(scaled(low), scaled(high)); i++) {
    const middle = (low + high) / 2;
    if (cost(scaled(middle)) <= limit) low = middle;
    else high = middle;
  }
  const result = scaled(low);
  const step = (i: number) => roundWidth(result[i] + 1, groups[i].size, roundTo);
  const most = groups.map((_, i) => share(high, i) * 1.1 + roundTo);
  const open = groups.map((g) => g.frozen === undefined);
  for (;;) {
    let next = -1;
    let least = Infinity;
    for (let i = 0; i < groups.length; i++) {
      if (!open[i] || result[i] >= ceiling[i] || step(i) > most[i]) continue;
      const ratio = result[i] / share(high, i);
      if (ratio < least) {
        least = ratio;
        next = i;
      }
    }
    if (next < 0) return result;
    const before = result[next];
    result[next] = step(next);
    if (cost(result) > limit) {
      result[next] = before;
      open[next] = false;
    }
  }
}

/**
 * The nearest allowed width that is not smaller: a multiple of roundTo, or the group's whole size.
 * Never below 1, whatever is asked for.
 */
export function roundWidth(width: number, size: number, roundTo = 1): number {
  return Math.min(size, Math.max(1, Math.ceil(width / roundTo)) * roundTo);
}

/** The narrowest reachable architecture: one channel (or roundTo channels) in every group that isn't frozen. */
export function leastArchitecture(dependencies: Dependencies, roundTo = 1): Architecture {
  return dependencies.groups.map((g) => (g.frozen === undefined ? roundWidth(1, g.size, roundTo) : g.size));
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.every((w, i) => w === b[i]);
}
