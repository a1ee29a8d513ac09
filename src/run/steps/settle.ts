import { hasStatistics } from '../../graph/op-facts.ts';
import type { Model, Weights } from '../../graph/types.ts';
import type { Trainer } from './ports.ts';
import type { Score } from '../../terms/scores.ts';

/** Most images that batch norms are measured on. */
export const RECALIBRATION_IMAGES = 6400;
/** Of the images that a training goes through, one in so many is looked at again. */
const SHARE = 4;
/** Fewer tell too little, and cost next to nothing. */
const LEAST_IMAGES = 256;
/** A mean loss that is lower by less than this share is a split's noise, no reason to change what was trained. */
const NOISE = 0.01;

/** A trained network as it is kept. */
export interface Settled {
  readonly weights: Weights;
  /** on the validation split */
  readonly score: Score;
  /** whether its batch norms were measured afresh */
  readonly recalibrated: boolean;
  /** what was found, in words; absent where there is no batch norm */
  readonly said?: string;
}

/** How many images a network's batch norms are measured on after a training: few beside those that it went through. */
export function settlingImages(train: number, epochs: number): number {
  if (epochs === 0) return 0;
  return Math.min(RECALIBRATION_IMAGES, Math.max(LEAST_IMAGES, Math.ceil((epochs * train) / SHARE)), train);
}

/**
 * Makes the statistics of a trained network's batch norms right. Moving averages lag behind what was trained: with
 * Keras' momentum of 0.99 by hundreds of steps, so that a short training would end far below what it learned. They are
 * measured afresh, and that is kept where it scores better on the validation split, by the loss of all outputs.
 */
export async function settle(
  trainer: Trainer,
  network: Model,
  epochs: number,
  signal?: AbortSignal,
): Promise<Settled> {
  const score = await trainer.score(network, 'validation', signal);
  const asTrained = { weights: network.weights, score, recalibrated: false };
  if (epochs === 0 || !network.graph.nodes.some(({ op }) => hasStatistics(op))) return asTrained;
  const weights = await resettle(trainer, network, epochs, signal);
  const after = await trainer.score({ ...network, weights }, 'validation', signal);
  const [was, is] = [lossOf(score), lossOf(after)];
  const figures = `a loss of ${is.toFixed(4)} instead of ${was.toFixed(4)} on validation`;
  if (!(is < (1 - NOISE) * was))
    return { ...asTrained, said: `batch norms stay as they are: measured afresh they give ${figures}` };
  return {
    weights,
    score: after,
    recalibrated: true,
    said: `batch norms measured afresh after training: ${figures} (${after.accuracy.toFixed(1)} instead of ${score.accuracy.toFixed(1)} %)`,
  };
}

/** The same where it is known to have been better: for a config that says so. */
export async function resettle(
  trainer: Trainer,
  network: Model,
  epochs: number,
  signal?: AbortSignal,
): Promise<Weights> {
  const most = settlingImages(trainer.images.set.train.size, epochs);
  return await trainer.recalibrate(network, signal, most);
}

/** The loss that networks are compared by: of the labelled output and, where they were measured, of the others. */
export function lossOf({ loss, outputs = [] }: Score): number {
  return outputs.reduce((sum, { value }) => sum + value, loss);
}
