import type { Random } from '../../graph/random.ts';
import type { Agent } from './agent.ts';
import type { Constraints } from './constraints.ts';
import type { ConstrainedSettings } from './settings.ts';
import type { Space } from './space.ts';
import type { Trials } from './trials.ts';
import type { Architecture, KeptChannels } from '../../terms/candidates.ts';

/** Draws from the learned policy that are looked at, without a score. */
const draws = 200;

/**
 * Finalists, those that promise most first: by what is expected of their widths, and by how little is known of them, since
 * the highest of many noisy scores is mostly luck. They come from what was tried and from many draws of the learned policy,
 * all brought to the budgets, which must be functions of the widths. Null where too few were scored to expect anything.
 * @param budget of the draws, as a share of the goal's
 */
export function promising(
  space: Space,
  constraints: Constraints,
  trials: Trials,
  agent: Agent,
  { finalists, tuneSteps }: Pick<ConstrainedSettings, 'finalists' | 'tuneSteps'>,
  random: Random,
  budget: number,
): KeptChannels[] | null {
  const model = trials.expected(space.sizes, tuneSteps.at(-1)!);
  if (!model) return null;
  const looked: Architecture[] = trials.measured.map(({ architecture }) => architecture);
  for (let i = 0; i < draws; i++) looked.push(space.kept(agent.sample(random, budget)).architecture);
  const found = new Map<string, Architecture>();
  // few policies draw many different widths
  for (const architecture of new Map(looked.map((one) => [one.join(), one])).values()) {
    const fitted = settled(constraints, architecture);
    if (fitted) found.set(fitted.join(), fitted);
  }
  const pool = [...found.values()].map((architecture) => {
    const { mean, deviation } = model(architecture);
    return { architecture, promise: mean + deviation };
  });
  pool.sort((a, b) => b.promise - a.promise);
  return pool.slice(0, finalists).map(({ architecture }) => space.atWidths(architecture).kept);
}

/** At the budgets, so that bringing it there again changes nothing; null where there is no end to that. */
function settled(constraints: Constraints, architecture: Architecture): Architecture | null {
  let now: Architecture = constraints.fit(architecture, true);
  for (let tries = 0; tries < 8; tries++) {
    const next = constraints.fit(now, true);
    if (next.join() === now.join()) return now;
    now = next;
  }
  return null;
}
