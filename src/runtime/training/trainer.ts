import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import { Breather } from '../breathe.ts';
import type { Network } from './network.ts';
import { rateAt } from './schedule.ts';
import type { Weights } from '../../graph/types.ts';
import type { Batch, Snapshot } from '../types.ts';
import type { ArmEvent } from '../../terms/run-events.ts';
import { score } from '../../terms/scores.ts';
import type { Score } from '../../terms/scores.ts';
import type { Stage } from '../../terms/stages.ts';
import type { TrainSettings } from '../../terms/training.ts';

/** What can be trained: a network, or anything else that takes a step and can be saved. */
export type Trainable = Pick<Network, 'trainStep' | 'snapshot' | 'restore'>;

export interface TrainOptions {
  /**
   * Mini-batches of an epoch (from 0), beginning at mini-batch `from` (not 0 after a resume). The same epoch must
   * give the same batches each time it is asked for.
   */
  readonly batches: (epoch: number, from: number) => AsyncIterable<Batch>;
  readonly stepsPerEpoch: number;
  readonly settings: TrainSettings;
  /** for dropout */
  readonly seed?: number;
  /** named in every event; default "train" */
  readonly stage?: Stage;
  /** measured after each epoch; needed for early stopping, and to keep the best epoch */
  readonly validate?: () => Promise<Score>;
  /** the weights as they are, where the settings say that the best epoch's are kept */
  readonly weights?: () => Weights;
  /** a checkpoint of this training, as `take` gave it */
  readonly from?: Snapshot;
  readonly signal?: AbortSignal;
  /** least seconds between checkpoints offered within an epoch (one that isn't taken costs nothing); default 0.5 */
  readonly checkpointSeconds?: number;
}

/** What a training tells, as a run tells it, but for whose it is. `done` and `total` are images. */
export type TrainEvent =
  | (ArmEvent<'progress'> & { readonly imagesPerSecond: number; readonly secondsLeft: number })
  | ArmEvent<'loss'>
  | { readonly type: 'checkpoint'; readonly take: () => Snapshot };

export interface TrainResult {
  readonly epochs: number;
  readonly steps: number;
  /** mean training loss of the last epoch */
  readonly loss: number;
  /** of the last epoch, where there is a `validate` */
  readonly validation?: Score;
  readonly stoppedEarly: boolean;
  /** where the best epoch's weights are kept: them, and which epoch it was */
  readonly best?: Best;
}

/** The epoch with the lowest validation loss so far. */
interface Best {
  /** from 1 */
  readonly epoch: number;
  readonly weights: Weights;
}

const positionSchema = z.object({
  epoch: z.number().int().nonnegative(),
  /** mini-batches of this epoch already done */
  batch: z.number().int().nonnegative(),
  step: z.number().int().nonnegative(),
  images: z.number().int().nonnegative(),
  epochImages: z.number().int().nonnegative(),
  epochLoss: z.number(),
  lastLoss: z.number().nullable(),
  bestLoss: z.number().nullable(),
  /** the epoch whose weights are kept, from 1; absent where none are */
  bestEpoch: z.number().int().positive().optional(),
  sinceBest: z.number().int().nonnegative(),
  done: z.boolean(),
  validation: score.pick({ accuracy: true, loss: true, images: true }).nullable(),
});
type Position = z.infer<typeof positionSchema>;
const checkpointSchema = z.object({
  kind: z.literal('training'),
  position: positionSchema,
  network: z.unknown(),
});

/**
 * Making a graph of the step takes as long as it saves in some twenty steps (measured on small and medium networks).
 * Whether one is made goes by the whole training, so that it is the same after a resume.
 */
const STEPS_FOR_A_GRAPH = 40;

const START: Position = {
  epoch: 0,
  batch: 0,
  step: 0,
  images: 0,
  epochImages: 0,
  epochLoss: 0,
  lastLoss: null,
  bestLoss: null,
  sinceBest: 0,
  done: false,
  validation: null,
};

/**
 * Trains a network in place, event by event. Stopped at any checkpoint and gone on from it (`from`, on a network of
 * the same graph), it gives the same weights, bit for bit, as uninterrupted.
 * @throws Interrupted once the signal is aborted (within one step); Error where the loss is no longer a number
 */
export async function* train(
  network: Trainable,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, TrainResult, void> {
  const { settings, stepsPerEpoch, stage = 'train' } = options;
  if (stepsPerEpoch < 1) throw new InputError('there is no mini-batch to train on');
  const position: Position = options.from ? restore(network, options.from) : { ...START };
  let best = options.from ? bestOf(position, options.from) : undefined;
  const totalSteps = settings.epochs * stepsPerEpoch;
  const breather = new Breather(options.signal);
  const speed = new Speed();
  let checkpointAt = performance.now();
  const checkpoint = (): TrainEvent => {
    checkpointAt = performance.now();
    return { type: 'checkpoint', take: () => save(network, position, best) };
  };

  while (position.epoch < settings.epochs && !position.done) {
    await breather.breathe();
    for await (const batch of options.batches(position.epoch, position.batch)) {
      // a stop loses nothing
      if (options.signal?.aborted) yield checkpoint();
      await breather.breathe();
      speed.start();
      const rate = rateAt(settings.schedule, position.step, totalSteps);
      const asGraph = totalSteps >= STEPS_FOR_A_GRAPH && batch.n === settings.batchSize;
      const loss = network.trainStep(batch, { rate, settings, seed: options.seed, asGraph });
      speed.stop(batch.n);
      if (!Number.isFinite(loss))
        throw new InputError(
          `training diverged: its loss is ${loss} at step ${position.step + 1}, at the learning rate ${Number(rate.toPrecision(3))}; a lower one may help (\`espalier train --learning-rate\`), unless an operation of the network has no finite gradient, as a square root has none at 0`,
        );
      position.step++;
      position.batch++;
      position.images += batch.n;
      position.epochImages += batch.n;
      position.epochLoss += loss * batch.n;
      if (performance.now() - checkpointAt > (options.checkpointSeconds ?? 0.5) * 1000) yield checkpoint();
      if (speed.due()) yield progress(stage, position, totalSteps, speed);
    }
    if (position.batch !== stepsPerEpoch)
      throw new InputError(
        `epoch ${position.epoch + 1} had ${position.batch} mini-batches instead of ${stepsPerEpoch}`,
      );
    await breather.breathe();
    const validation = await options.validate?.();
    const ended = endEpoch(position, settings, stage, validation);
    if (settings.keepBest && options.weights && validation && position.sinceBest === 0) {
      position.bestEpoch = position.epoch;
      best = { epoch: position.epoch, weights: options.weights() };
    }
    yield ended;
    yield progress(stage, position, totalSteps, speed);
    yield checkpoint();
  }
  return {
    epochs: position.epoch,
    steps: position.step,
    loss: position.lastLoss ?? NaN,
    validation: position.validation ?? undefined,
    stoppedEarly: position.epoch < settings.epochs,
    best,
  };
}

function endEpoch(position: Position, settings: TrainSettings, stage: Stage, validation?: Score): TrainEvent {
  const loss = position.epochLoss / position.epochImages;
  position.epoch++;
  position.batch = 0;
  position.epochImages = 0;
  position.epochLoss = 0;
  position.lastLoss = loss;
  if (validation) {
    const { accuracy, loss: validationLoss, images } = validation;
    position.validation = { accuracy, loss: validationLoss, images };
    // a loss that is no number is none to do better than: a checkpoint could not tell it from none at all
    if (validationLoss < (position.bestLoss ?? Infinity)) {
      position.bestLoss = validationLoss;
      position.sinceBest = 0;
    } else position.sinceBest++;
    position.done = settings.patience > 0 && position.sinceBest >= settings.patience;
  }
  return {
    type: 'loss',
    stage,
    epoch: position.epoch,
    loss,
    ...(validation ? { accuracy: validation.accuracy, validationLoss: validation.loss } : {}),
    ...(validation?.measure ? { measure: validation.measure } : {}),
  };
}

function progress(stage: Stage, position: Position, totalSteps: number, speed: Speed): TrainEvent {
  const perStep = position.images / Math.max(position.step, 1);
  const total = Math.round(totalSteps * perStep);
  const secondsLeft = speed.rate > 0 ? (total - position.images) / speed.rate : Infinity;
  const done = Math.min(position.images, total);
  return { type: 'progress', stage, done, total, unit: 'images', imagesPerSecond: speed.rate, secondsLeft };
}

/** Images a second, over the recent past and with reading them, and when to say so. */
class Speed {
  private began: number | null = null;
  private images = 0;
  private said = performance.now();
  rate = 0;

  start(): void {
    this.began ??= performance.now();
  }

  stop(images: number): void {
    this.images += images;
    const elapsed = (performance.now() - this.began!) / 1000;
    if (elapsed > 0) this.rate = this.images / elapsed;
    if (elapsed > 10) {
      this.began = performance.now();
      this.images = 0;
    }
  }

  due(): boolean {
    const now = performance.now();
    if (now - this.said < 250) return false;
    this.said = now;
    return true;
  }
}

const BEST = 'best/';

function save(network: Trainable, position: Position, best: Best | undefined): Snapshot {
  const { json, arrays } = network.snapshot();
  const kept = [...(best?.weights ?? [])].map(([id, values]) => [BEST + id, values] as const);
  return {
    json: { kind: 'training', position: { ...position }, network: json },
    arrays: new Map([...arrays, ...kept]),
  };
}

function restore(network: Trainable, from: Snapshot): Position {
  const state = checkpointSchema.safeParse(from.json);
  if (!state.success) throw new InputError('the checkpoint is not one of a training');
  const own = [...from.arrays].filter(([name]) => !name.startsWith(BEST));
  network.restore({ json: state.data.network, arrays: new Map(own) });
  return state.data.position;
}

function bestOf({ bestEpoch }: Position, { arrays }: Snapshot): Best | undefined {
  if (bestEpoch === undefined) return undefined;
  const kept = [...arrays].filter(([name]) => name.startsWith(BEST));
  return {
    epoch: bestEpoch,
    weights: new Map(kept.map(([name, values]) => [name.slice(BEST.length), values])),
  };
}
