import { Random } from '../../graph/random.ts';
import type { RandomState } from '../../graph/random.ts';
import { prune } from '../../graph/surgery.ts';
import type { Graph, Weights } from '../../graph/types.ts';
import { Network } from '../../runtime/training/network.ts';
import { epochBatches } from '../images.ts';
import { CandidateScorer } from '../scoring.ts';
import type { MethodContext, MethodImages } from '../types.ts';
import type { ConstrainedSettings } from './settings.ts';
import type { KeptChannels } from '../../terms/candidates.ts';

/** What a choice of channels is worth, in percent, behind so many training steps. */
export type Judge = (kept: KeptChannels, steps: number) => Promise<number>;

/** Judges by the network's own accuracy: cut, trained where steps are asked for, recalibrated and scored. */
export function networkJudge(
  { graph, weights, dependencies }: MethodContext,
  images: MethodImages,
  settings: ConstrainedSettings,
  root: RandomState,
): Judge {
  const scorer = new CandidateScorer(images, settings, root);
  return async (kept, steps) => {
    const narrow = prune(graph, weights, dependencies, kept);
    const trained =
      steps > 0 ? await tuned(narrow.graph, narrow.weights, steps, images, settings, root) : narrow.weights;
    const { score } = await scorer.score(narrow.graph, trained);
    return score.accuracy;
  };
}

/** A few steps of training, always of the same images and with a new optimiser, so that episodes are independent. */
async function tuned(
  graph: Graph,
  weights: Weights,
  steps: number,
  images: MethodImages,
  { tuneBatchSize, tuneRate }: ConstrainedSettings,
  root: RandomState,
): Promise<Weights> {
  const network = new Network(images.backend, graph, weights);
  const settings = {
    optimizer: 'adam' as const,
    momentum: 0.9,
    nesterov: false,
    weightDecay: 0,
    labelSmoothing: 0,
  };
  const drawn = epochBatches(images, new Random(root).fork('tuning').state, { batchSize: tuneBatchSize });
  try {
    for (let epoch = 0, step = 0; step < steps; epoch++)
      for await (const batch of drawn(epoch, 0)) {
        network.trainStep(batch, { rate: tuneRate, settings });
        if (++step >= steps) break;
      }
    return network.weights();
  } finally {
    network.dispose();
  }
}
