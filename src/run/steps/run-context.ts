import { fullArchitecture } from '../../graph/architecture.ts';
import { costModel } from '../../graph/cost.ts';
import type { Random } from '../../graph/random.ts';
import { prune } from '../../graph/surgery.ts';
import type { Dependencies, Model } from '../../graph/types.ts';
import type { LoadedModel } from '../../formats/types.ts';
import type { Evaluate, Method, MethodContext } from '../../methods/types.ts';
import type { Snapshot } from '../../runtime/types.ts';
import { methodBudgets, tightened } from '../plan/feasibility.ts';
import type { Plan } from '../plan/plan.ts';
import type { ArmState } from '../store/state.ts';
import type { RunPorts, Trainer } from './ports.ts';
import type { Session } from './session.ts';
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

/** What a run gives a method: its budgets as the method takes them, and all that it works with. */
export function methodContext(
  { session, model, dependencies, trainer, roundTo, evaluate }: RunContext,
  method: Method,
  own: { readonly random: Random; readonly settings: unknown; readonly resume?: Snapshot },
): MethodContext {
  const { budgets, tightened: share = 1, proxy } = session.state;
  const full = costModel(model.graph, dependencies)(fullArchitecture(dependencies));
  return {
    graph: model.graph,
    weights: model.weights,
    dependencies,
    budgets: method.measures ? tightened(budgets, share) : methodBudgets(budgets, proxy, full),
    images: trainer?.images,
    roundTo,
    evaluate,
    ...own,
  };
}
