import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import { Random, type RandomState } from '../../graph/random.ts';
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
});

/** The network's own training, epoch by epoch, each aligned to a sub-network or to none. Dispose it. */
export class WeightTraining {
  readonly network: Network;
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
  ) {
    this.network = new Network(images.backend, context.graph, context.weights);
    const state = from && trainingSchema.safeParse(from.json);
    if (state && !state.success) throw new InputError('the checkpoint is not one of a training');
    // at once, since the agent may act before the training goes on
    if (state) this.network.restore({ json: state.data.network, arrays: from.arrays });
    this.half = (state?.data.position.batch ?? 0) > 0;
    this.take = () => from;
    const options = weightTraining(settings);
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
    const { network } = this;
    return {
      trainStep: (batch, options) => {
        this.before?.();
        this.before = undefined;
        const { alignment } = this;
        return network.trainStep(batch, {
          ...options,
          penalty: alignment && ((id, weight) => alignment.gradient(id, weight)),
        });
      },
      snapshot: () => network.snapshot(),
      restore: (snapshot) => network.restore(snapshot),
    };
  }

  /** From where the training goes on; undefined before it began. */
  snapshot(): Snapshot | undefined {
    return this.take();
  }

  /**
   * One epoch, or the rest of one. Events end with the checkpoint behind it.
   * @param kept the sub-network to align to
   * @param start done once, before the epoch's first step
   */
  async *epoch(kept: KeptChannels | undefined, start?: () => void): AsyncGenerator<TrainEvent, void, void> {
    const { graph, dependencies } = this.context;
    this.alignment?.dispose();
    this.alignment =
      kept && new Alignment(this.images.backend, graph, dependencies, kept, this.settings.alignment);
    this.before = this.half ? undefined : start;
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

  /** Sum of the norms of what the sub-network of the last epoch lacks; undefined where there was none. */
  get distance(): number | undefined {
    return this.alignment?.distance((id) => this.network.variable(id));
  }

  async dispose(): Promise<void> {
    await this.events.return?.(undefined);
    this.alignment?.dispose();
    this.network.dispose();
  }
}
