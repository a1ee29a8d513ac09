import type { Method } from '../../methods/types.ts';
import type { Plan } from '../plan/plan.ts';
import type { ArmState } from '../store/state.ts';
import type { WeightsFrom } from '../../terms/choices.ts';

/**
 * What an arm is trained from after cutting. With `auto` it is what a config can hold, so that the network can be rebuilt
 * from it: the source's weights, or fresh ones where the source's are worth nothing. Only where a method trains its
 * weights together with its choice are these what it is about, and stay.
 * @param own what the method says of its weights
 * @param untrained whether the source does no better than guessing
 * @param trains whether fresh weights would be trained
 * @param made whether the method's own weights are at hand
 */
export function weightsFor(
  own: Method['weights'],
  retrain: Plan['retrain'],
  { untrained, trains, made }: { untrained: boolean; trains: boolean; made: boolean },
): WeightsFrom {
  const rest = made ? 'generated' : 'source';
  if (retrain === 'source') return 'source';
  if (retrain === 'scratch') return trains ? 'scratch' : rest;
  if (retrain !== 'auto' || own !== 'search') return rest;
  if (!untrained) return 'source';
  return trains ? 'scratch' : rest;
}

/**
 * The same of an arm that has weights, also in a run of an older version, which didn't note it.
 * @param own what the arm's method says of its weights; undefined where they are gone, as for an extra arm
 */
export function weightsOf(arm: ArmState, retrain: Plan['retrain'], own: Method['weights']): WeightsFrom {
  return arm.weights ?? weightsFor(own, retrain, { untrained: false, trains: true, made: own !== undefined });
}

/** What is said of a result whose weights no config holds. */
export const notRebuilt = (method: string): string =>
  `its weights come from the training of the method ${method} itself, which the config doesn't hold: keep the pruned model's file, espalier apply can't rebuild it`;
