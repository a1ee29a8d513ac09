import type { Architecture, KeptChannels } from '../../terms/candidates.ts';
import type { Agent } from './agent.ts';
import type { NetworkEnvironment } from './network-environment.ts';
import type { AgentMethodSettings } from './settings.ts';
import type { AgentRunState } from './state.ts';

/** A network that the end is chosen from. */
export interface Option {
  readonly origin: string;
  readonly architecture: Architecture;
  readonly kept: KeptChannels;
}

/**
 * What the end is chosen from, each network once: the last choice, with the channels that weights were aligned to, and
 * those of earlier rounds; where nothing was chosen, at a cheaper point, the policy's own and some of its draws. Behind
 * them the uniform one. Nothing where the last choice is it.
 */
export function finalists(run: {
  readonly agent: Agent;
  readonly environment: Pick<NetworkEnvironment, 'sweep' | 'kept'>;
  readonly settings: Pick<AgentMethodSettings, 'finalists'>;
  readonly uniform: Architecture;
  readonly chosen: AgentRunState['chosen'];
  readonly earlier: AgentRunState['earlier'];
}): readonly Option[] {
  const { agent, environment, settings, chosen } = run;
  const most = settings.finalists;
  if (chosen && most === 1) return [];
  const found = new Map<string, Option>();
  const enter = (origin: string, architecture: Architecture, kept = environment.kept(architecture)) => {
    const key = architecture.join();
    if (!found.has(key)) found.set(key, { origin, architecture, kept });
  };
  if (chosen) {
    enter(chosen.origin, chosen.architecture, chosen.kept);
    for (const { origin, architecture } of run.earlier.slice(0, most - 1)) enter(origin, architecture);
  } else {
    const { sweep } = environment;
    enter('greedy', sweep.architecture(agent.rollout('greedy').decided));
    for (let i = 1; i < most; i++) enter('policy', sweep.architecture(agent.rollout('sampled').decided));
  }
  if (most > 1) enter('uniform', run.uniform);
  return [...found.values()];
}
