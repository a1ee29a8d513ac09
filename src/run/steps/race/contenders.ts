import { architectureOf } from '../../../graph/architecture.ts';
import { costModel } from '../../../graph/cost.ts';
import { InputError } from '../../../graph/errors.ts';
import { baselines } from '../../../methods/baselines/method.ts';
import type { Method } from '../../../methods/types.ts';
import { broken } from '../../plan/feasibility.ts';
import type { ArmState } from '../../store/state.ts';
import { pointArm, pointOfArm } from '../../../terms/candidates.ts';
import type { Candidate, KeptChannels } from '../../../terms/candidates.ts';
import { armRandom, budgetsOf, methodContext } from '../run-context.ts';
import type { RunContext } from '../run-context.ts';

/** A network that a plain rule gives, to race with what a method found. */
interface Rival {
  readonly method: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** what it is called as a candidate's origin */
  readonly origin: string;
}

/** Of every run: each way to rank channels once, with uniform widths and, where that differs, by one ranking of all. */
const usual: readonly Rival[] = [
  ...['uniform', 'l1', 'geometric-median', 'bn-scale', 'taylor'].map((method) => ({
    method,
    origin: method,
  })),
  ...['l1', 'bn-scale', 'taylor'].map((method) => ({
    method,
    settings: { widths: 'global' },
    origin: `${method}, global widths`,
  })),
];

/** Those, and whatever else the run's controls cut by: so that its method has tried each of them itself. */
function rivalsOf(controls: readonly string[]): readonly Rival[] {
  const others = baselines
    .map(({ name }) => name)
    .filter((name) => controls.includes(name) && !usual.some(({ method }) => method === name));
  return [...usual, ...others.map((method) => ({ method, origin: method }))];
}

/** The networks that plain rules give within the run's budgets: each once, and none of `known`. */
export async function baselineNetworks(
  context: RunContext,
  arm: ArmState,
  known: readonly Candidate[],
): Promise<readonly Omit<Candidate, 'id'>[]> {
  const { plan, model, dependencies, session } = context;
  const budgets = budgetsOf(context, arm);
  const costs = costModel(model.graph, dependencies);
  const seen = new Set(known.map(({ kept }) => JSON.stringify(kept)));
  const found: Omit<Candidate, 'id'>[] = [];
  for (const { method: name, settings = {}, origin } of rivalsOf(plan.controls)) {
    session.checkStop();
    const method = await context.ports.method(name);
    const kept = await keptBy(context, arm, method, settings);
    if (!kept) continue;
    const key = JSON.stringify(kept);
    if (seen.has(key)) continue;
    seen.add(key);
    const architecture = [...architectureOf(dependencies, kept)];
    const cost = costs(architecture);
    if (broken(budgets, cost).length) continue;
    found.push({ origin, architecture, kept: kept.map((channels) => [...channels]), cost, accuracies: {} });
  }
  return found;
}

/** What the control arm of this name would keep; null where the network has nothing to go by (no batch norms' scales). */
async function keptBy(
  context: RunContext,
  arm: ArmState,
  method: Method,
  settings: Readonly<Record<string, unknown>>,
): Promise<KeptChannels | null> {
  const point = pointOfArm(arm.name);
  const control = point ? pointArm(method.name, point.percent) : method.name;
  const random = armRandom(context, control, 0);
  const events = method.run(methodContext(context, arm, method, { random, settings }));
  try {
    for (;;) {
      const next = await events.next();
      if (next.done) return next.value.chosen.kept;
    }
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}
