import { createHash } from 'node:crypto';
import type { ImageSet } from '../../data/types.ts';
import { InputError } from '../../graph/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { parsePlan } from '../plan/plan.ts';
import type { State } from './state.ts';
import type { RunEvent } from '../../terms/run-events.ts';

// A run that goes on with other inputs than it began with would give a mixture that nobody could make again. What it
// began with is kept in its state; the model's hash stands in the plan.

/** Notes the plan, or compares it. @throws InputError where run.json was changed after the run had begun */
export function samePlan(state: State, plan: Plan, folder: string): void {
  // as it comes back from its file, whatever order it was made in
  const plain = parsePlan(JSON.parse(JSON.stringify(plan)), 'run.json');
  const now = createHash('sha256').update(JSON.stringify(plain)).digest('hex');
  state.plan ??= now;
  if (state.plan !== now)
    throw new InputError(
      `the plan in ${folder} (run.json) was changed after the run had begun; put it back as it was, or start a new run`,
    );
}

/**
 * Notes the images, or compares them: contents, classes and splits.
 * @param earlier events of earlier sessions
 * @throws InputError where they have changed
 */
export function sameImages(state: State, set: ImageSet, earlier: readonly RunEvent[]): void {
  const now = set.stamp ?? set.digest;
  const told = earlier.find((event) => event.type === 'data');
  const same = told === undefined || told.digest === undefined || told.digest === set.digest;
  state.images ??= same ? now : told.digest;
  if (!same || state.images !== now)
    throw new InputError(
      `the images in ${set.path} have changed since the run began; put them back as they were to go on with it, or start a new run`,
    );
}
