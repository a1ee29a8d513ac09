import { Breather } from '../../runtime/breathe.ts';
import type { Agent, Manner } from './agent.ts';
import type { Environment } from './environment.ts';
import type { Architecture } from '../../terms/candidates.ts';

/** One finished and remembered episode. */
export interface Played {
  readonly architecture: Architecture;
  readonly reward: number;
}

/**
 * One episode: decided by the agent, scored by the environment, kept for learning.
 * @param uniform what the uniform network of a budget has at the same weights; absent: nothing is known of it
 */
export async function play(
  agent: Agent,
  environment: Environment,
  manner: Manner,
  uniform?: (budget: number) => number,
): Promise<Played> {
  const budget = agent.budget();
  const episode = agent.rollout(manner, budget);
  const architecture = environment.sweep.architecture(episode.decided);
  const reward = await environment.reward(architecture);
  agent.remember(episode, reward, uniform?.(budget));
  return { architecture, reward };
}

/** Means over one epoch's updates. */
export interface Learned {
  /** mean squared error of reconstructed rewards, in their own variance; absent without updates */
  readonly reconstruction?: number;
  readonly critic?: number;
  readonly entropy?: number;
}

/** The updates of one epoch: the representation's, then the policy's. Tells now and then how many are done. */
export async function* learn(
  agent: Agent,
  updates: {
    readonly decoderUpdates: number;
    readonly agentUpdates: number;
    readonly representation: boolean;
  },
): AsyncGenerator<{ done: number; total: number }, Learned, void> {
  const breather = new Breather();
  const decoder = updates.representation ? updates.decoderUpdates : 0;
  const total = decoder + updates.agentUpdates;
  let said = performance.now();
  const sums = { reconstruction: 0, critic: 0, entropy: 0 };
  for (let done = 0; done < total; done++) {
    await breather.breathe();
    if (done < decoder) sums.reconstruction += agent.learnRepresentation() / decoder;
    else {
      const { critic, entropy } = agent.learnPolicy();
      sums.critic += critic / updates.agentUpdates;
      sums.entropy += entropy / updates.agentUpdates;
    }
    if (performance.now() - said < 250) continue;
    said = performance.now();
    yield { done: done + 1, total };
  }
  return {
    ...(decoder ? { reconstruction: sums.reconstruction } : {}),
    ...(updates.agentUpdates ? { critic: sums.critic, entropy: sums.entropy } : {}),
  };
}

/** What the policy itself would do now. */
export function greedy(agent: Agent, environment: Environment): Architecture {
  return environment.sweep.architecture(agent.rollout('greedy').decided);
}
