import { createHash } from 'node:crypto';
import type { ImageSet } from '../../data/types.ts';
import type { LoadedModel } from '../../formats/types.ts';
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
  const recorded = earlier.find((event) => event.type === 'data');
  const same = recorded === undefined || recorded.digest === undefined || recorded.digest === set.digest;
  state.images ??= same ? now : recorded.digest;
  if (!same || state.images !== now)
    throw new InputError(
      `the images in ${set.path} have changed since the run began; put them back as they were to go on with it, or start a new run`,
    );
}

/**
 * Notes the files with class names beside the model, or compares them: the order of the classes comes of them, and they
 * go where the result goes.
 * @throws InputError where they have changed
 */
export function sameNames(state: State, { companions = [] }: LoadedModel, file: string): void {
  const now = companions.map(({ name, bytes }) => ({
    name,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }));
  // runs of older versions noted nothing
  const before = (state.names ??= now);
  const hashIn = (files: typeof now, one: string) => files.find(({ name }) => name === one)?.sha256;
  const changes = [...new Set([...before, ...now].map(({ name }) => name))].flatMap((name) => {
    const [then, here] = [hashIn(before, name), hashIn(now, name)];
    if (then === here) return [];
    if (then === undefined) return [`${name} names them now`];
    return [`${name} ${here === undefined ? 'names them no longer' : 'has another content'}`];
  });
  if (changes.length)
    throw new InputError(
      `the class names beside ${file} have changed since the run began (${changes.join(', ')}); put them back as they were to go on with it, or start a new run`,
    );
}
