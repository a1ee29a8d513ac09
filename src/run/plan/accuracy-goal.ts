import { InputError } from '../../graph/errors.ts';
import type { Target } from '../../terms/goals.ts';

/** The dearest network that is tried where the user names no budget. */
const DEAREST: Target = { metric: 'macs', value: 80, relative: true };

/** Two costs that are nearer than this, as a factor, are one. */
const NEAR = 1.05;

/**
 * The budgets of a plan: as they were given, or where an accuracy alone is asked for, those of the dearest network tried.
 * @throws InputError where there is neither
 */
export function targetsOf(targets: readonly Target[], accuracyDrop: number | undefined): readonly Target[] {
  if (targets.length) return targets;
  if (accuracyDrop !== undefined) return [DEAREST];
  throw new InputError(
    'there is no target: say what the result may cost at most (--target macs=50%), or how much accuracy it may lose (--target accuracy-drop=1)',
  );
}

/** A network that was trained on the way to the cheapest that is accurate enough. */
export interface Tried {
  /** its budget, as a share of the dearest network's */
  readonly share: number;
  /** whether it is accurate enough */
  readonly within: boolean;
}

/**
 * The budget to try next, as a share of the dearest network's: half way, by factors, between the cheapest that is
 * accurate enough and the dearest below it that is not. The last try goes to an end of the range that nothing has told
 * of: a range of which all is accurate enough, or nothing so far.
 * @param least the cheapest share there is
 * @param tries of networks, in all
 * @returns null where no try is left, or the two are next to one another
 */
export function nextShare(tried: readonly Tried[], least: number, tries: number): number | null {
  if (tried.length >= tries) return null;
  const good = Math.min(...tried.flatMap(({ share, within }) => (within ? share : [])));
  const bad = Math.max(...tried.flatMap(({ share, within }) => (!within && share < good ? share : [])));
  if (good <= least || bad >= 1) return null;
  const last = tried.length === tries - 1;
  if (last && tried.length > 0 && good === Infinity) return 1;
  if (last && tried.length > 0 && bad === -Infinity) return least;
  const [above, below] = [Math.min(good, 1), Math.max(bad, least)];
  if (above / below < NEAR) return good === Infinity ? 1 : bad === -Infinity ? least : null;
  return Math.sqrt(above * below);
}
