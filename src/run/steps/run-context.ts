import { fullArchitecture } from '../../graph/architecture.ts';
import { costModel } from '../../graph/cost.ts';
import { Random } from '../../graph/random.ts';
import { thaw } from '../../graph/frozen.ts';
import { prune } from '../../graph/surgery.ts';
import type { Dependencies, Model } from '../../graph/types.ts';
import type { LoadedModel } from '../../formats/types.ts';
import type { Curve, Evaluate, Method, MethodContext } from '../../methods/types.ts';
import type { Snapshot } from '../../runtime/types.ts';
import { methodBudgets, tightened } from '../plan/feasibility.ts';
import type { Plan } from '../plan/plan.ts';
import type { Point } from '../plan/points.ts';
import type { ArmState } from '../store/state.ts';
import type { RunPorts, Trainer } from './ports.ts';
import type { Session } from './session.ts';
import { pointOfArm } from '../../terms/candidates.ts';
import type { Candidate } from '../../terms/candidates.ts';
import type { Budget } from '../../terms/goals.ts';
import type { Numerics } from '../../terms/numerics.ts';
import type { TrainSettings } from '../../terms/training.ts';

/** What every arm of a run shares. */
export interface RunContext {
  readonly plan: Plan;
  readonly model: LoadedModel;
  readonly dependencies: Dependencies;
  /** what widths are multiples of */
  readonly roundTo: number;
  /** the trade-off's cheaper points */
  readonly points: readonly Point[];
  readonly ports: RunPorts;
  readonly session: Session;
  readonly trainer: Trainer | null;
  readonly fineTuning: TrainSettings | null;
  /** what this session computes by; null without images */
  readonly numerics: Numerics | null;
  /** whether the original does no better than guessing */
  readonly untrained: boolean;
  /** settings of a method, complete */
  settings(method: Method, main: boolean): unknown;
  /** the measured budgets (latency, script) that a network breaks, by how much */
  missed(network: Model, budgets: readonly Budget[]): Promise<number>;
  /** what methods measure their candidates by */
  readonly evaluate: Evaluate;
}

/** The arm's narrow network with its weights as they are now. */
export function networkOf(context: RunContext, arm: ArmState): Model {
  const narrow = cutFrom(context, arm.candidate!);
  return { graph: narrow.graph, weights: context.session.weights.get(arm.name) ?? narrow.weights };
}

/** A candidate with the source's weights. */
export function cutFrom({ model, dependencies }: RunContext, { kept }: Candidate): Model {
  return prune(model.graph, model.weights, dependencies, kept);
}

/** A network as these settings train it: with the layers that its file has frozen, or without. */
export function thawed({ graph, weights }: Model, { frozen }: TrainSettings): Model {
  return { graph: frozen === 'trained' ? thaw(graph) : graph, weights };
}

/** What an arm must keep: the run's budgets, or a point's share of those that the run began with. */
export function budgetsOf({ session }: RunContext, { share }: ArmState): readonly Budget[] {
  const { budgets, range = budgets } = session.state;
  if (share === undefined) return budgets;
  return range.map((budget) => ({ ...budget, limit: share * budget.limit }));
}

/** MACs of an arm's network, over the original's. */
export function macsShare({ model, dependencies }: RunContext, arm: ArmState): number {
  const full = costModel(model.graph, dependencies)(fullArchitecture(dependencies)).macs;
  return arm.candidate!.cost.macs / full;
}

/**
 * The points of the same method that are dearer than this one, the goal's own first; none for an arm that is no point,
 * and none where an accuracy is sought: there dearer and cheaper ones take turns.
 */
export function dearerPoints({ session, plan }: RunContext, arm: ArmState): readonly ArmState[] {
  const method = pointOfArm(arm.name)?.arm;
  if (method === undefined || plan.accuracyDrop !== undefined) return [];
  const { arms } = session.state;
  return arms
    .slice(0, arms.indexOf(arm))
    .filter(({ name }) => name === method || pointOfArm(name)?.arm === method);
}

/** MACs that stand in for an arm's measured budgets; absent where there are none. */
export function proxyOf({ session }: RunContext, { share, proxy }: ArmState): number | undefined {
  const { proxy: whole } = session.state;
  if (share === undefined || whole === undefined) return whole;
  return proxy ?? Math.floor(share * whole);
}

/** The share of its measured budgets that an arm's method aims at. */
export function tightenedOf({ session }: RunContext, arm: ArmState): number {
  return (arm.share === undefined ? session.state.tightened : arm.tightened) ?? 1;
}

/** The points that the run's own method serves with one search, for one of its arms; undefined where it does not. */
function curveOf({ session, points, plan }: RunContext, { name, share = 1 }: ArmState): Curve | undefined {
  const own = name === plan.method || pointOfArm(name)?.arm === plan.method;
  if (!session.state.oneSearch || !own) return undefined;
  const learned = share < 1 ? (session.learned ?? undefined) : undefined;
  return { points: points.map((point) => point.share), share, learned };
}

/** What a run gives a method for an arm: its budgets as the method takes them, and all that it works with. */
export function methodContext(
  context: RunContext,
  arm: ArmState,
  method: Method,
  own: { readonly random: Random; readonly settings: unknown; readonly resume?: Snapshot },
): MethodContext {
  const { model, dependencies, trainer, roundTo, evaluate } = context;
  const budgets = budgetsOf(context, arm);
  const full = costModel(model.graph, dependencies)(fullArchitecture(dependencies));
  return {
    graph: model.graph,
    weights: model.weights,
    dependencies,
    budgets: method.measures
      ? tightened(budgets, tightenedOf(context, arm))
      : methodBudgets(budgets, proxyOf(context, arm), full),
    images: trainer?.images,
    roundTo,
    curve: curveOf(context, arm),
    evaluate,
    ...own,
  };
}

/** The generator of an arm's random numbers, of this try. */
export function armRandom({ plan }: RunContext, name: string, tries: number): Random {
  return new Random(plan.seed).fork(`arm:${name}:${tries}`);
}
