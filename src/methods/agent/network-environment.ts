import type { RandomState } from '../../graph/random.ts';
import type { Weights } from '../../graph/types.ts';
import { importanceOf, type Importance } from '../importance/importance.ts';
import { keepBest } from '../importance/widths.ts';
import { CandidateScorer } from '../scoring.ts';
import type { Sweep } from '../rl/sweep.ts';
import type { MethodContext, MethodImages } from '../types.ts';
import type { Environment } from './environment.ts';
import type { AgentMethodSettings } from './settings.ts';
import type { WeightTraining } from './weights.ts';
import type { Architecture, KeptChannels } from '../../terms/candidates.ts';

/** What a sub-network comes to on the validation images, the same for all: accuracy in percent, mean loss. */
export interface Scored {
  readonly accuracy: number;
  readonly loss: number;
}

/**
 * A network in training as the agent's environment. A reward is the accuracy of the sub-network, really cut out of a
 * copy of the weights as they are, after batch-norm recalibration: the network's own weights and statistics are never
 * touched. Call `moved` after weights have changed.
 */
export class NetworkEnvironment implements Environment {
  private readonly scorer: CandidateScorer;
  private weights: Weights | undefined;
  private importance: Importance | undefined;
  private readonly known = new Map<string, Promise<Scored>>();

  constructor(
    private readonly context: MethodContext,
    images: MethodImages,
    private readonly training: Pick<WeightTraining, 'weights' | 'subnetwork'>,
    readonly sweep: Sweep,
    private readonly settings: AgentMethodSettings,
    root: RandomState,
  ) {
    this.scorer = new CandidateScorer(images, settings, root);
  }

  /** Forgets what was known of the weights. */
  moved(): void {
    this.weights = undefined;
    this.importance = undefined;
    this.known.clear();
  }

  private current(): Weights {
    return (this.weights ??= this.training.weights());
  }

  /**
   * The channels that an architecture keeps: the most important by the weights as they are (docs/methods/agent.md,
   * "Episode").
   */
  kept(architecture: Architecture): KeptChannels {
    const { graph, dependencies } = this.context;
    this.importance ??= importanceOf(
      graph,
      dependencies,
      this.current(),
      this.settings.importance,
    ).importance;
    return keepBest(this.importance, architecture);
  }

  async reward(architecture: Architecture): Promise<number> {
    return (await this.score(this.kept(architecture))).accuracy / 100;
  }

  /** The same sub-network is scored only once between two calls of `moved`. */
  score(kept: KeptChannels): Promise<Scored> {
    const key = kept.map((channels) => channels.join()).join(';');
    let known = this.known.get(key);
    if (!known)
      this.known.set(key, (known = this.cut(kept).then(({ accuracy, loss }) => ({ accuracy, loss }))));
    return known;
  }

  /** The sub-network's recalibrated weights, and what they come to. */
  async cut(kept: KeptChannels): Promise<Scored & { readonly weights: Weights }> {
    const narrow = this.training.subnetwork(kept, this.current());
    const { weights, score } = await this.scorer.score(narrow.graph, narrow.weights);
    return { weights, accuracy: score.accuracy, loss: score.loss };
  }
}
