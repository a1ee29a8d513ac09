import { computed } from '@preact/signals';
import { percent } from '../format.ts';
import { run } from '../state.ts';
import type { Scene } from './plot/scene.ts';
import { costKey, held } from '../candidates/state.ts';
import { targetsOf } from '../candidates/targets.ts';
import type { Target } from '../candidates/targets.ts';
import { budgetLabel } from '../candidates/words.ts';

/** The run's targets on the axis of costs. */
export const targets = computed<readonly Target[]>(() =>
  run.value ? targetsOf(run.value, costKey.value) : [],
);

/** Whether it is this target that is held. */
export function isHeld({ limit }: Target): boolean {
  const now = held.value;
  return now !== null && now.cost === costKey.value && now.limit === limit;
}

/** Where a target is now, in the cost's unit. */
export const placeOf = (target: Target): number => (isHeld(target) ? held.value!.at : target.limit);

export const targetLines = computed<Scene['targets']>(() =>
  targets.value.map((target) => {
    const at = placeOf(target);
    const { limit, original, goal } = target;
    const share = at === limit ? target.percent : (100 * at) / original;
    const label = at === limit && goal ? budgetLabel(limit, original) : percent(share, share < 10 ? 1 : 0);
    return { label, goal, rests: limit, at, held: isHeld(target) };
  }),
);
