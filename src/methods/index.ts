import { InputError } from '../graph/errors.ts';
import { agent } from './agent/method.ts';
import { baselines } from './baselines/method.ts';
import { constrained } from './constrained/method.ts';
import { greedySlimming } from './greedy-slimming/method.ts';
import { knapsack } from './knapsack/method.ts';
import { metapruning, rewardedMeta } from './rewarded-meta/method.ts';
import type { Method } from './types.ts';

/** Every pruning method by its name, the search methods first. */
export const methods: ReadonlyMap<string, Method> = new Map(
  [rewardedMeta, metapruning, agent, constrained, greedySlimming, knapsack, ...baselines].map(
    (method): [string, Method] => [method.name, method],
  ),
);

/** @throws InputError listing the names there are */
export function methodNamed(name: string): Method {
  const method = methods.get(name);
  if (!method)
    throw new InputError(`there is no method "${name}"; there are: ${[...methods.keys()].join(', ')}`);
  return method;
}
