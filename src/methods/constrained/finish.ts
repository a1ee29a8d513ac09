import type { Constraints } from './constraints.ts';
import type { ConstrainedSettings } from './settings.ts';
import type { Space } from './space.ts';
import type { Architecture, KeptChannels } from '../../terms/candidates.ts';

export interface Choice {
  readonly architecture: Architecture;
  readonly kept: KeptChannels;
}

/** Bisections on the width of a network by a budget that has to be measured: measurements are noisy. */
const STEPS = 6;

/**
 * A choice of channels brought to the budgets: where all are functions of the widths, exactly, so that no group can get
 * a step wider; where some are measured, by bisection on one factor of all widths, as wide as the measurements allow.
 * The most important channels come in first, and the least important go first.
 *
 * @returns null where no narrower network was measured within the budgets
 */
export async function fill(
  choice: Choice,
  space: Space,
  constraints: Constraints,
  settings: Pick<ConstrainedSettings, 'latencyMargin'>,
): Promise<Choice | null> {
  if (!constraints.measuredAtAll)
    return space.atWidths(constraints.fit(choice.architecture, true), choice.kept);
  const at = (factor: number): Choice =>
    space.atWidths(constraints.fit(space.scaled(choice.architecture, factor), false), choice.kept);
  const holds = (one: Choice) => constraints.holds(one, 1, settings.latencyMargin);
  const itself = at(1);
  const fits = await holds(itself);
  let found = fits ? itself : null;
  let [low, high] = fits ? [1, 1.5] : [0, 1];
  for (let i = 0; i < STEPS; i++) {
    const middle = (low + high) / 2;
    const tried = at(middle);
    if (await holds(tried)) {
      low = middle;
      found = tried;
    } else high = middle;
  }
  if (found) return found;
  const least = at(0);
  return (await holds(least)) ? least : null;
}

/** A choice whose measured budgets hold in every one of several measurements, a little narrower where they don't. */
export async function confirmed(
  choice: Choice,
  space: Space,
  constraints: Constraints,
  settings: Pick<ConstrainedSettings, 'latencyMargin' | 'confirmations'>,
): Promise<Choice | null> {
  if (!constraints.measuredAtAll) return choice;
  for (let factor = 1; factor > 0.6; factor -= 0.04) {
    const one =
      factor === 1 ? choice : space.atWidths(space.scaled(choice.architecture, factor), choice.kept);
    if (await constraints.holds(one, settings.confirmations, settings.latencyMargin)) return one;
  }
  return null;
}
