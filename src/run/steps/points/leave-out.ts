import { InputError } from '../../../graph/errors.ts';
import type { RunEvent } from '../../../terms/run-events.ts';
import { isStatic } from '../../../terms/goals.ts';
import { broken } from '../../plan/feasibility.ts';
import type { ArmState } from '../../store/state.ts';
import { GoalMissed, runArm } from '../arms.ts';
import { budgetsOf, dearerPoints } from '../run-context.ts';
import type { RunContext } from '../run-context.ts';

/**
 * Takes an arm to its end. A cheaper point that can't be reached is left out, so that the rest is not lost with it; so is
 * one that a dearer point's network is within already, which would be searched and trained twice.
 */
export async function* runArmOrLeave(
  context: RunContext,
  arm: ArmState,
  main: ArmState,
): AsyncGenerator<RunEvent, void, void> {
  const { session } = context;
  try {
    refuseDouble(context, arm);
    yield* runArm(context, arm, main);
  } catch (error) {
    const unreachable = error instanceof InputError || error instanceof GoalMissed;
    if (arm.share === undefined || !unreachable) throw error;
    session.state.arms = session.state.arms.filter((one) => one !== arm);
    session.weights.delete(arm.name);
    const message = `the point ${arm.name} is left out: ${error.message}`;
    yield await session.record({ type: 'warning', message });
    await session.save();
  }
}

/**
 * What is best of all within a dearer budget, and within a cheaper one too, is best there as well: no search is needed.
 * Where a budget is measured, two points' networks are compared once they are found (steps/arms.ts).
 * @throws InputError where a dearer point of the same method has come to such a network
 */
function refuseDouble(context: RunContext, arm: ArmState): void {
  const budgets = budgetsOf(context, arm);
  if (arm.step !== 'method' || !budgets.every(({ metric }) => isStatic(metric))) return;
  const within = dearerPoints(context, arm).find(
    ({ candidate }) => candidate && broken(budgets, candidate.cost).length === 0,
  );
  if (within) throw new InputError(`the network of ${within.name} is within its budget already`);
}
