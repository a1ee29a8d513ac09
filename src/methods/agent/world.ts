import type { Snapshot } from '../../runtime/types.ts';
import type { Sweep } from '../rl/sweep.ts';
import type { MethodContext, MethodImages } from '../types.ts';
import { NetworkEnvironment } from './network-environment.ts';
import type { AgentMethodSettings } from './settings.ts';
import type { AgentRunState } from './state.ts';
import { WeightTraining } from './weights.ts';

/** What choices are cut from and scored in. */
export interface World {
  readonly training: Pick<WeightTraining, 'epoch' | 'snapshot' | 'distance' | 'dispose'>;
  readonly environment: Pick<NetworkEnvironment, 'sweep' | 'reward' | 'score' | 'kept' | 'cut' | 'moved'>;
}

/** Makes one for a run, from where its checkpoint left the training. */
export type WorldOf = (...given: Parameters<typeof networkWorld>) => World;

/** The network in training. */
export function networkWorld(
  context: MethodContext,
  images: MethodImages,
  settings: AgentMethodSettings,
  sweep: Sweep,
  { root, chosen }: AgentRunState,
  from: Snapshot | undefined,
): World {
  const training = new WeightTraining(context, images, settings, root, from, chosen?.kept);
  const environment = new NetworkEnvironment(context, images, training, sweep, settings, root);
  return { training, environment };
}
