import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import { Random, type RandomState } from '../../graph/random.ts';
import { prune, zeroRemoved } from '../../graph/surgery.ts';
import type { Graph, Weights } from '../../graph/types.ts';
import { Network } from '../../runtime/training/network.ts';
import { train, type TrainEvent, type Trainable } from '../../runtime/training/trainer.ts';
import type { Snapshot } from '../../runtime/types.ts';
import { epochBatches } from '../images.ts';
import type { MethodContext, MethodImages } from '../types.ts';
import { Alignment } from './alignment.ts';
import { weightTraining, type AgentMethodSettings } from './settings.ts';
import type { KeptChannels } from '../../terms/candidates.ts';

const trainingSchema = z.object({
  network: z.unknown(),
  position: z.object({ batch: z.number().int().min(0) }),
  /** the network is the chosen sub-network alone */
  cut: z.boolean().optional(),
});

/** What an epoch of weights does about a sub-network. */
export interface Towards {
  readonly kept: KeptChannels;
  /** before the first step: the rest is set to zero, or cut off for good; absent: it is only drawn there */
  readonly rest?: 'zeroed' | 'cut';
}

/**
 * Largest norm of a step's gradients where there are no labels: of outputs that are numbers, a sub-network may be as far
 * off as it likes, and training at an agent's rate would diverge.
 */
const TAUGHT_CLIP = 5;

/** The network's own training, epoch by epoch, each aligned to a sub-network or to none. Dispose it. */
export class WeightTraining {
  private network: Network;
  /** the network was cut to the chosen sub-network */
  private cut: boolean;
  private readonly events: AsyncGenerator<TrainEvent, unknown, void>;
  private alignment: Alignment | undefined;
  private before: (() => void) | undefined;
  private take: () => Snapshot | undefined;
  /** whether a checkpoint left the next epoch half done */
  private half: boolean;

  constructor(
    private readonly context: MethodContext,
    private readonly images: MethodImages,
    private readonly settings: AgentMethodSettings,
    root: RandomState,
    from: Snapshot | undefined,
    /** what was chosen before the checkpoint */
    chosen: KeptChannels | undefined,
  ) {
    const state = from && trainingSchema.safeParse(from.json);
    if (state && !state.success) throw new InputError('the checkpoint is not one of a training');
    const { graph, weights, dependencies } = context;
    this.cut = state?.data.cut ?? false;
    const start = this.cut && chosen ? prune(graph, weights, dependencies, chosen) : { graph, weights };
    this.network = new Network(images.backend, start.graph, start.weights);
    // at once, since the agent may act before the training goes on
    if (state) this.network.restore({ json: state.data.network, arrays: from.arrays });
    this.half = (state?.data.position.batch ?? 0) > 0;
    this.take = () => from;
    const given = weightTraining(settings);
    const options = graph.taught ? { ...given, clipNorm: given.clipNorm ?? TAUGHT_CLIP } : given;
    this.events = train(this.aligned(), {
      batches: epochBatches(images, root, options),
      stepsPerEpoch: Math.ceil(images.set.train.size / options.batchSize),
      settings: options,
      seed: new Random(root).fork('dropout').uint32(),
      stage: 'weights',
      from,
    });
  }

  private aligned(): Trainable {
    return {
      trainStep: (batch, options) => {
        this.before?.();
        this.before = undefined;
        const { alignment } = this;
        return this.network.trainStep(batch, {
          ...options,
          penalty: alignment && ((id, weight) => alignment.gradient(id, weight)),
        });
      },
      snapshot: () => this.network.snapshot(),
      // it was restored when it was made, and may have been cut since
      restore: () => {},
    };
  }

  /** From where the training goes on; undefined before it began. */
  snapshot(): Snapshot | undefined {
    const taken = this.take();
    return taken && this.cut ? { ...taken, json: { ...(taken.json as object), cut: true } } : taken;
  }

  /** The network's weights as they are. */
  weights(): Weights {
    return this.network.weights();
  }

  /**
   * A sub-network as it is now; of a network that was cut, the one that it was cut to.
   * @param weights as `weights` gave them
   */
  subnetwork(kept: KeptChannels, weights: Weights): { graph: Graph; weights: Weights } {
    const { graph, dependencies } = this.context;
    return this.cut ? { graph: this.network.graph, weights } : prune(graph, weights, dependencies, kept);
  }

  /** One epoch, or the rest of one. Events end with the checkpoint behind it. */
  async *epoch(towards: Towards | undefined): AsyncGenerator<TrainEvent, void, void> {
    this.alignment?.dispose();
    this.alignment = undefined;
    if (towards?.rest === 'cut' && !this.half) this.cutTo(towards.kept);
    if (towards && !this.cut) this.align(towards);
    this.half = false;
    let ended = false;
    for (;;) {
      const next = await this.events.next();
      if (next.done) return;
      const event = next.value;
      if (event.type === 'checkpoint') this.take = event.take;
      ended ||= event.type === 'loss';
      yield event;
      if (ended && event.type === 'checkpoint') return;
    }
  }

  private align({ kept, rest }: Towards): void {
    const { graph, dependencies } = this.context;
    this.alignment = new Alignment(this.images.backend, graph, dependencies, kept, this.settings.alignment);
    if (rest === 'zeroed' && !this.half)
      this.before = () =>
        this.network.setWeights(zeroRemoved(graph, this.network.weights(), dependencies, kept));
  }

  /** The sub-network goes on alone. Its momentum starts afresh: that of a whole network belongs to another function. */
  private cutTo(kept: KeptChannels): void {
    if (this.cut) return;
    const narrow = this.subnetwork(kept, this.weights());
    this.network.dispose();
    this.network = new Network(this.images.backend, narrow.graph, narrow.weights);
    this.cut = true;
  }

  /** Sum of the norms of what the sub-network of the last epoch lacks; undefined where there was none. */
  get distance(): number | undefined {
    if (this.cut) return 0;
    return this.alignment?.distance((id) => this.network.variable(id));
  }

  async dispose(): Promise<void> {
    await this.events.return?.(undefined);
    this.alignment?.dispose();
    this.network.dispose();
  }
}
