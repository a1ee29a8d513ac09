import { InputError } from '../../graph/errors.ts';
import type { Dependencies, Graph } from '../../graph/types.ts';
import { trainedControls } from '../../protocol/controls.ts';
import { reachOf, reachSentence } from './feasibility.ts';
import type { Method } from '../../methods/types.ts';
import type { Arms } from './feasibility.ts';
import type { Plan } from './plan.ts';
import { pointArm } from '../../terms/candidates.ts';
import { isStatic } from '../../terms/goals.ts';
import type { Budget } from '../../terms/goals.ts';

/** The cheapest point where the user names none, as a share of the goal. */
const DOWN_TO = 0.25;

/** How many points there are where a range is given, or no goal, but no number. */
export const POINTS = 5;

/**
 * How many points a run is to have; undefined where nothing of the kind is asked for.
 * @throws InputError where there is a range, but the goal alone to be in it
 */
export function pointsAsked({
  points,
  explore,
  accuracyDrop,
}: Pick<Plan, 'points' | 'explore' | 'accuracyDrop'>): number | undefined {
  if (points === 1 && accuracyDrop !== undefined)
    throw new InputError(
      `accuracy-drop=${accuracyDrop} is looked for among several networks, and --points 1 is one alone; leave one of them out`,
    );
  if (points === 1 && explore !== undefined)
    throw new InputError(
      `--explore ${explore}%: is the cheapest of several points, and --points 1 is the goal alone; leave one of them out`,
    );
  return points ?? (explore === undefined && accuracyDrop === undefined ? undefined : POINTS);
}

/** A point of the trade-off beside the goal's own. */
export interface Point {
  /** of the original, in the first budget's metric */
  readonly percent: number;
  /** of every budget's limit */
  readonly share: number;
}

/**
 * The points of a run beside its goal's own, from the goal downwards, each cheaper than the last by the same factor.
 * @throws InputError where the cheapest can't be reached, or isn't below the goal
 */
export function pointsOf(
  { points = 1, explore }: Pick<Plan, 'points' | 'explore'>,
  budgets: readonly Budget[],
  network: {
    readonly graph: Graph;
    readonly dependencies: Dependencies;
    readonly roundTo: number;
    readonly arms: Arms;
  },
): readonly Point[] {
  if (points < 2) return [];
  const least = cheapestShare({ explore }, budgets, network);
  const [{ limit, original }] = budgets;
  return Array.from({ length: points - 1 }, (_, k) => {
    const share = least ** ((k + 1) / (points - 1));
    return { share, percent: Number(((100 * share * limit) / original).toPrecision(3)) };
  });
}

/**
 * The cheapest network of a run's range, as a share of its goal.
 * @throws InputError where it can't be reached, or isn't below the goal
 */
export function cheapestShare(
  { explore }: Pick<Plan, 'explore'>,
  budgets: readonly Budget[],
  network: Parameters<typeof pointsOf>[2],
): number {
  const [{ limit, original, metric }] = budgets;
  const least =
    explore === undefined
      ? Math.max(DOWN_TO, leastShare(budgets, network))
      : explore / 100 / (limit / original);
  if (least >= 1) {
    const goal = `${Number(((100 * limit) / original).toPrecision(4))} %`;
    throw new InputError(
      explore === undefined
        ? `there is nothing between the goal and the narrowest network, so there is one point alone: leave out --points`
        : `--explore ${explore}%: is not below the goal, ${goal} of the ${metric}; give less`,
    );
  }
  if (explore !== undefined) refuseOutOfReach(budgets, least, network);
  return least;
}

/** Smallest share of all limits that every arm can come down to. */
function leastShare(budgets: readonly Budget[], network: Parameters<typeof pointsOf>[2]): number {
  return Math.max(...reached(budgets, 1, network).map(({ said, limit }) => (said.least ?? 0) / limit));
}

function refuseOutOfReach(
  budgets: readonly Budget[],
  share: number,
  network: Parameters<typeof pointsOf>[2],
): void {
  for (const { target, said } of reached(budgets, share, network))
    if (said.verdict === 'unreachable')
      throw new InputError(`the cheapest point (--explore): ${reachSentence(target, said, network.roundTo)}`);
}

function reached(
  budgets: readonly Budget[],
  share: number,
  { graph, dependencies, roundTo, arms }: Parameters<typeof pointsOf>[2],
) {
  const fixed = budgets.filter(({ metric }) => isStatic(metric));
  const targets = fixed.map(({ metric, limit, original }) => ({
    metric,
    value: Number(((100 * share * limit) / original).toPrecision(4)),
    relative: true,
  }));
  const { targets: said } = reachOf(graph, dependencies, targets, roundTo, arms);
  return targets.map((target, i) => ({ target, said: said[i], limit: fixed[i].limit }));
}

/** Whether one search of a method serves all points: it can, and no budget has to be measured. */
export function oneSearch(
  method: Pick<Method, 'serves'>,
  settings: unknown,
  budgets: readonly Pick<Budget, 'metric'>[],
): boolean {
  return Boolean(method.serves?.(settings)) && budgets.every(({ metric }) => isStatic(metric));
}

/** An arm that a run begins with. */
export interface NewArm {
  readonly name: string;
  readonly share?: number;
}

/** All arms of a run, in the order in which a user wants them: the goal, its curve, then what it is compared with. */
export function newArms({ method, controls }: Plan, points: readonly Point[]): readonly NewArm[] {
  return [method, ...controls].flatMap((name) => [
    { name },
    ...(trainedControls.includes(name)
      ? []
      : points.map(({ percent, share }) => ({ name: pointArm(name, percent), share }))),
  ]);
}
