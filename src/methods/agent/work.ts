import { fullArchitecture } from '../../graph/architecture.ts';
import { costsOf, fitToBudgets } from '../budgets.ts';
import { learningSeconds, rowMacs } from '../rl/work.ts';
import type { Work, WorkContext } from '../types.ts';
import { BOUNDS } from './agent.ts';
import { sweepOf } from './rules.ts';
import type { AgentMethodSettings } from './settings.ts';

/** A training step that is aligned also goes over all weights once more. */
const alignmentCost = 1.1;
/** Passes of a mini-batch through a network of the actor's size in one update of actor and critics (sac.ts). */
const policyPasses = 16;
/** The same in one update of the representation: forward, and backward to weights and inputs. */
const decoderPasses = 3;
/** What Adam's step over the recurrent model's weights costs, in epochs' ways through it. */
const adamEpochs = 64;

/**
 * The weights' training, the scoring of every episode and choice, and the agent's own learning.
 * @throws InputError where the budgets can't be met, or nothing can be removed
 */
export function agentWork(settings: AgentMethodSettings, context: WorkContext): Work {
  const { graph, dependencies, budgets } = context;
  const costs = costsOf(graph, dependencies, budgets);
  const sweep = sweepOf(context, costs, settings);
  const full = fullArchitecture(dependencies);
  const share = costs.cost(fitToBudgets(context, costs, full)).macs / Math.max(costs.cost(full).macs, 1);
  const { train = 0, validation = 0 } = context.images ?? {};
  const { warmUp, fill, joint, align, episodes, recalibrationBatches, recalibrationBatchSize } = settings;
  // the policy's own is scored at every choice, and the best of this round and the last choice where all are compared
  const choices = joint * (settings.select === 'best' ? 3 : 1);
  // and the chosen one once more at the end
  const scored = (fill + joint) * episodes + choices + 1;
  return {
    // the whole network until it is cut
    trained: settings.alignCut
      ? [
          { images: (warmUp + alignmentCost * joint) * train, share: 1 },
          { images: align * train, share },
        ]
      : [{ images: (warmUp + alignmentCost * (joint + align)) * train, share: 1 }],
    recalibrated: [
      { images: scored * Math.min(recalibrationBatches * recalibrationBatchSize, train), share },
    ],
    scored: [{ images: scored * Math.min(settings.validationImages, validation), share }],
    opened: scored,
    seconds: joint * epochOfLearning(settings, sweep.features + BOUNDS),
  };
}

/** Seconds of the agent's updates in one joint epoch. */
function epochOfLearning(settings: AgentMethodSettings, features: number): number {
  const { hidden, embedding, agentBatch, agentUpdates, decoderUpdates, representation, joint, window } =
    settings;
  const row = rowMacs([features + embedding + 1, hidden, hidden, 1]);
  const policy = agentUpdates * policyPasses * agentBatch * row;
  // a gated recurrent unit has three gates that see both the embedding and the state before; epochs so far: half of all
  const gru = rowMacs([2 * embedding, 3 * embedding]);
  const epochs = decoderPasses * Math.min(joint / 2, window) + adamEpochs;
  const decoder = decoderUpdates * (decoderPasses * agentBatch * row + epochs * gru);
  return learningSeconds(policy + (representation ? decoder : 0));
}
