import type { RandomState } from '../../graph/random.ts';
import { prune } from '../../graph/surgery.ts';
import { keepBest } from '../importance/widths.ts';
import type { Importance } from '../importance/importance.ts';
import { CandidateScorer } from '../scoring.ts';
import type { ScoreSettings } from '../scoring.ts';
import type { MethodContext, MethodImages } from '../types.ts';
import type { Architecture, KeptChannels } from '../../terms/candidates.ts';
import type { Measured } from './measured.ts';

/** Scores widths by the source's own weights: the most important channels stay, batch norms are recalibrated. */
export class Cutter {
  private readonly scorer: CandidateScorer;

  constructor(
    private readonly context: Pick<MethodContext, 'graph' | 'weights' | 'dependencies'>,
    images: MethodImages,
    settings: ScoreSettings,
    root: RandomState,
    private readonly importance: Importance,
  ) {
    this.scorer = new CandidateScorer(images, settings, root);
  }

  /** The channels that stay at these widths. */
  kept(architecture: Architecture): KeptChannels {
    return keepBest(this.importance, architecture);
  }

  /** On the validation images. @throws Interrupted once the signal is aborted */
  async score(architecture: Architecture, signal?: AbortSignal): Promise<Measured> {
    const { graph, weights, dependencies } = this.context;
    const narrow = prune(graph, weights, dependencies, this.kept(architecture));
    const { score } = await this.scorer.score(narrow.graph, narrow.weights, signal);
    return { loss: score.loss, accuracy: score.accuracy };
  }
}
