import { InputError } from '../../graph/errors.ts';
import { imagesOf } from '../images.ts';
import type { Method, MethodContext, MethodEvent, MethodImages, Outcome } from '../types.ts';
import { AgentRun } from './agent-run.ts';
import { agentSettings, parseAgentSettings, type AgentMethodSettings } from './settings.ts';
import { agentWork } from './work.ts';
import { networkWorld, type WorldOf } from './world.ts';

/** Joint training and pruning with a learnable agent (Ganjdanesh, Gao, Huang: CVPR 2024, arXiv 2403.19490). */
export const agent: Method<AgentMethodSettings> = {
  name: 'agent',
  summary:
    'a learnable agent that prunes the network while it is trained, and aligns the weights to its choice',
  needsImages: true,
  weights: 'joint',
  settings: agentSettings,
  raced: ({ raced }) => raced,
  serves: ({ onePolicy }) => onePolicy,
  work: agentWork,
  async *run(context) {
    const images = imagesOf(context, 'agent');
    if (images.set.validation.size === 0)
      throw new InputError('the method agent needs validation images to score on');
    return yield* search(context, images, networkWorld);
  },
};

/** A whole run of the method. `worldOf`: the network in training, or a table of accuracies (bench/search.ts). */
export async function* search(
  context: MethodContext,
  images: MethodImages,
  worldOf: WorldOf,
): AsyncGenerator<MethodEvent, Outcome, void> {
  const run = new AgentRun(context, images, parseAgentSettings(context.settings), worldOf);
  try {
    return yield* run.stages();
  } finally {
    await run.dispose();
  }
}
