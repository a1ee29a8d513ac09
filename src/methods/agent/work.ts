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
  const { finalists } = settings;
  const curve = settings.onePolicy ? context.curve : undefined;
  // a cheaper point begins with the choice of a network
  const point = curve !== undefined && curve.share < 1;
  // at the end: the last choices and the uniform network, and what was chosen once more
  const ends = (finalists > 1 ? Math.min(finalists, point ? finalists : joint) + 1 : point ? 1 : 0) + 1;
  // the policy's own is scored at every choice, and where all are compared the best of the round, the last one and the uniform
  const choices = joint * (settings.select === 'best' ? 3 : 1);
  const uniform =
    settings.rewardScale === 'uniform' || settings.select === 'best'
      ? joint * (1 + (curve?.points.length ?? 0))
      : 0;
  const scored = (point ? 0 : (fill + joint) * episodes + choices + uniform) + ends;
  const before = point ? 0 : 1;
  return {
    // the whole network until it is cut
    trained: settings.alignCut
      ? [
          { images: before * (warmUp + alignmentCost * joint) * train, share: 1 },
          { images: align * train, share },
        ]
      : [{ images: (before * (warmUp + alignmentCost * joint) + alignmentCost * align) * train, share: 1 }],
    recalibrated: [
      { images: scored * Math.min(recalibrationBatches * recalibrationBatchSize, train), share },
    ],
    scored: [{ images: scored * Math.min(settings.validationImages, validation), share }],
    opened: scored,
    seconds: before * joint * epochOfLearning(settings, sweep.features + BOUNDS + (curve ? 1 : 0)),
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
