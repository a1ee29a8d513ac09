import { hasStatistics } from '../graph/op-facts.ts';
import { Random, type RandomState } from '../graph/random.ts';
import type { Graph, Weights } from '../graph/types.ts';
import { recalibrate } from '../runtime/training/recalibrate.ts';
import { evaluate } from '../runtime/scoring/score.ts';
import { FixedBatches } from './images.ts';
import type { MethodImages } from './types.ts';
import type { Score } from '../terms/scores.ts';
import type { RecalibrationMode } from '../runtime/training/recalibrate.ts';

/** Images a scoring run of the network takes at once. */
const SCORE_BATCH = 250;

/** How candidates are scored; every method that does has these among its settings. */
export interface ScoreSettings {
  /** mini-batches of batch-norm recalibration, and their size */
  readonly recalibrationBatches: number;
  readonly recalibrationBatchSize: number;
  /** average of the batches' statistics, or running ones */
  readonly recalibrationMode: RecalibrationMode;
  /** images of the validation split, at most */
  readonly validationImages: number;
}

/**
 * Scores candidates: batch-norm recalibration on training images, then top-1 on the validation split
 * (docs/methods/metapruning.md, "Score"), the same images for every candidate. A network without batch norm has nothing
 * to recalibrate.
 */
export class CandidateScorer {
  private readonly recalibration: FixedBatches;
  private readonly validation: FixedBatches;

  constructor(
    private readonly images: MethodImages,
    private readonly settings: ScoreSettings,
    root: RandomState,
  ) {
    const { set, preprocess } = images;
    const { recalibrationBatches, recalibrationBatchSize } = settings;
    const random = new Random(root);
    this.recalibration = FixedBatches.draw(
      set.train,
      preprocess,
      random.fork('recalibration images'),
      recalibrationBatches * recalibrationBatchSize,
      recalibrationBatchSize,
    );
    this.validation = FixedBatches.draw(
      set.validation,
      preprocess,
      new Random(root).fork('validation images'),
      settings.validationImages,
      SCORE_BATCH,
      // without labels they are what a network is scored by
      set.unlabelled && images.teacher,
    );
  }

  /**
   * The network with recalibrated statistics, and its score.
   * @param losses note the loss of each image
   * @throws Interrupted once the signal is aborted
   */
  async score(
    graph: Graph,
    weights: Weights,
    signal?: AbortSignal,
    losses = false,
  ): Promise<{ weights: Weights; score: Score }> {
    const { backend, trust } = this.images;
    const recalibrated = new Map(weights);
    if (graph.nodes.some((node) => hasStatistics(node.op))) {
      const mode = this.settings.recalibrationMode;
      const statistics = await recalibrate(backend, graph, weights, {
        batches: this.recalibration,
        mode,
        signal,
      });
      for (const [id, values] of statistics) recalibrated.set(id, values);
    }
    const network = { graph, weights: recalibrated };
    const score = await evaluate(network, this.validation, {
      backend,
      trust,
      threads: backend.threads,
      signal,
      losses,
    });
    return { weights: recalibrated, score };
  }
}
