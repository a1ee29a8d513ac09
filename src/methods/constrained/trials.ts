import { createHash } from 'node:crypto';
import * as z from 'zod';
import { Random } from '../../graph/random.ts';
import type { RandomState } from '../../graph/random.ts';
import { prune } from '../../graph/surgery.ts';
import type { Weights } from '../../graph/types.ts';
import { Network } from '../../runtime/training/network.ts';
import { epochBatches } from '../images.ts';
import { CandidateScorer } from '../scoring.ts';
import type { MethodContext, MethodImages } from '../types.ts';
import type { Constraints } from './constraints.ts';
import type { ConstrainedSettings } from './settings.ts';
import type { Architecture, Candidate, KeptChannels } from '../../terms/candidates.ts';

const trialSchema = z.strictObject({
  id: z.number().int().min(0),
  origin: z.string(),
  architecture: z.array(z.number().int().min(1)),
  /** percent; null where its costs could not be measured */
  accuracy: z.number().nullable(),
  /** percent of the original, one a budget */
  costs: z.array(z.number().nullable()),
  failed: z.string().optional(),
});
/** One network that was tried. */
export type Trial = z.infer<typeof trialSchema>;

export const keptSchema = z.array(z.array(z.number().int().min(0)));

export const trialsSchema = z.strictObject({
  trials: z.array(trialSchema),
  keys: z.array(z.string()),
  /** the best so far, best first, with their channels */
  best: z.array(z.strictObject({ id: z.number().int().min(0), kept: keptSchema })),
});
export type TrialsState = z.infer<typeof trialsSchema>;

/**
 * Everything that was tried: each network once, whatever way the policy came to it. Candidates are ranked by Deb's rule:
 * all that meet the budgets by their accuracy, before all others by how far they are from meeting them.
 */
export class Trials {
  private readonly trials: Trial[] = [];
  private readonly byKey = new Map<string, Trial>();
  private best: { id: number; kept: KeptChannels }[] = [];
  private readonly scorer: CandidateScorer;

  constructor(
    private readonly context: MethodContext,
    private readonly images: MethodImages,
    private readonly constraints: Constraints,
    private readonly settings: ConstrainedSettings,
    private readonly root: RandomState,
    from?: TrialsState,
  ) {
    this.scorer = new CandidateScorer(images, settings, root);
    from?.trials.forEach((trial, i) => {
      this.trials.push(trial);
      this.byKey.set(from.keys[i], trial);
    });
    this.best = from ? [...from.best] : [];
  }

  get state(): TrialsState {
    return {
      trials: structuredClone(this.trials),
      keys: [...this.byKey.keys()],
      best: this.best.map(({ id, kept }) => ({ id, kept: kept.map((c) => [...c]) })),
    };
  }

  /** The best so far with their channels, best first. */
  get leaders(): readonly { readonly trial: Trial; readonly kept: KeptChannels }[] {
    return this.best.map(({ id, kept }) => ({ trial: this.trials[id], kept }));
  }

  /** Scores a network, or remembers what it came to; `fresh`: it was not tried before. */
  async run(
    choice: { readonly architecture: Architecture; readonly kept: KeptChannels },
    origin: string,
    steps: number,
  ): Promise<{ trial: Trial; fresh: boolean }> {
    const { settings } = this;
    // a ratio's channels follow from its widths
    const what =
      settings.granularity === 'ratio'
        ? choice.architecture.join()
        : createHash('sha256').update(JSON.stringify(choice.kept)).digest('base64');
    const key = `${what}/${steps}`;
    const known = this.byKey.get(key);
    if (known) return { trial: known, fresh: false };
    const { costs, failed } = await this.constraints.measure(choice);
    const trial: Trial = {
      id: this.trials.length,
      origin: failed === undefined ? origin : 'failed',
      architecture: [...choice.architecture],
      // what can't be measured can't be the result: its accuracy is not worth the time
      accuracy: failed === undefined ? await this.accuracy(choice.kept, steps) : null,
      costs: [...costs],
      ...(failed === undefined ? {} : { failed }),
    };
    this.trials.push(trial);
    this.byKey.set(key, trial);
    if (failed === undefined) {
      this.best.push({ id: trial.id, kept: choice.kept });
      this.best.sort((a, b) => this.rank(this.trials[b.id]) - this.rank(this.trials[a.id]) || a.id - b.id);
      this.best.length = Math.min(this.best.length, settings.finalists);
    }
    return { trial, fresh: true };
  }

  /** Accuracy where the budgets hold, else minus the excess in percent; the worst where nothing is known. */
  rank({ accuracy, costs }: Trial): number {
    if (accuracy === null) return -Number.MAX_VALUE;
    const excess = this.constraints.excess(costs);
    return excess <= 1e-9 ? accuracy : -excess;
  }

  candidate(trial: Trial, kept: KeptChannels): Candidate {
    const { id, origin, architecture, accuracy } = trial;
    return {
      id,
      origin,
      architecture,
      kept,
      cost: this.constraints.cost(architecture),
      accuracies: accuracy === null ? {} : { recalibrated: accuracy },
      ...(accuracy === null ? {} : { reward: this.rank(trial) }),
    };
  }

  private async accuracy(kept: KeptChannels, steps: number): Promise<number> {
    const { graph, weights, dependencies } = this.context;
    const narrow = prune(graph, weights, dependencies, kept);
    const trained = steps > 0 ? await this.tuned(narrow.graph, narrow.weights, steps) : narrow.weights;
    const { score } = await this.scorer.score(narrow.graph, trained);
    return score.accuracy;
  }

  /** A few steps of training, always of the same images and with a new optimiser, so that episodes are independent. */
  private async tuned(
    graph: MethodContext['graph'],
    weights: Weights,
    steps: number,
  ): Promise<ReadonlyMap<string, Float32Array>> {
    const { tuneBatchSize, tuneRate } = this.settings;
    const network = new Network(this.images.backend, graph, weights);
    const settings = {
      optimizer: 'adam' as const,
      momentum: 0.9,
      nesterov: false,
      weightDecay: 0,
      labelSmoothing: 0,
    };
    const images = epochBatches(this.images, new Random(this.root).fork('tuning').state, {
      batchSize: tuneBatchSize,
    });
    try {
      for (let epoch = 0, step = 0; step < steps; epoch++)
        for await (const batch of images(epoch, 0)) {
          network.trainStep(batch, { rate: tuneRate, settings });
          if (++step >= steps) break;
        }
      return network.weights();
    } finally {
      network.dispose();
    }
  }
}
